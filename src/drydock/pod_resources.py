"""What a pod asks for and may use, over all its containers."""

from collections.abc import Iterable, Mapping
from typing import Literal

from drydock import quantities
from drydock.resources import Object

Amounts = Mapping[str, str]
"""Quantities by the name of the resource."""


def total(spec: Object, which: Literal["requests", "limits"]) -> dict[str, str]:
    """Its containers and sidecars together, or its greediest init container, and the overhead."""
    inits, overhead = spec.get("initContainers") or (), spec.get("overhead") or {}
    if len(spec["containers"]) == 1 and not inits and not overhead:  # most pods
        return dict(_amounts(spec["containers"][0], which))
    sidecars = [each for each in inits if each.get("restartPolicy") == "Always"]
    needed = added(_amounts(each, which) for each in (*spec["containers"], *sidecars))
    for each in inits:
        for name, amount in _amounts(each, which).items():
            if quantities.parse(amount) > quantities.parse(needed.get(name, "0")):
                needed[name] = amount
    return added(
        (needed, {k: v for k, v in overhead.items() if which == "requests" or k in needed})
    )


def added(parts: Iterable[Amounts]) -> dict[str, str]:
    by_name: dict[str, list[str]] = {}
    for part in parts:
        for name, amount in part.items():
            by_name.setdefault(name, []).append(amount)
    return {name: quantities.total(amounts) for name, amounts in by_name.items()}


def _amounts(container: Object, which: str) -> Amounts:
    found: Amounts = (container.get("resources") or {}).get(which) or {}
    return found
