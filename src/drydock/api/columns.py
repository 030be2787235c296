"""How the columns of `kubectl get` are written down, and what several kinds show alike.

Source of all columns: the printers of the Kubernetes API server.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drydock.api.ages import since
from drydock.resources import Object
from drydock.selectors import spelled

Cells = list[Any]


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str = "string"
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Printer:
    columns: tuple[Column, ...]
    cells: Callable[[Object, datetime], Cells]


def columns(names: str, wide: str = "") -> tuple[Column, ...]:
    """Comma-separated; a number's name ends in #."""
    return tuple(
        Column(name.rstrip("#"), "integer" if name.endswith("#") else "string", wide=is_wide)
        for text, is_wide in ((names, False), (wide, True))
        for name in text.split(",")
        if name
    )


def age(obj: Object, now: datetime) -> str:
    return since(obj["metadata"].get("creationTimestamp"), now)


def dig(obj: Any, *path: str, default: Any = "") -> Any:
    for step in path:
        obj = obj.get(step) if isinstance(obj, Mapping) else None
    return default if obj is None else obj


def label_text(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or "<none>"


def selector_text(selector: Mapping[str, Any]) -> str:
    return spelled(selector) or "<none>"


def some(values: Sequence[str], unset: str) -> str:
    """At most three of them."""
    more = f" + {len(values) - 3} more..." if len(values) > 3 else ""
    return ",".join(values[:3]) + more if values else unset


def container_cells(pod_spec: Mapping[str, Any]) -> Cells:
    containers = pod_spec.get("containers", ())
    names = ",".join(container["name"] for container in containers)
    return [names, ",".join(container.get("image", "") for container in containers)]
