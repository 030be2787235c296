"""Keys that stand twice in one object of a body: the last one counts, and the client should know."""

import json
from collections.abc import Iterator
from typing import Any


def duplicate_fields(body: bytes) -> tuple[str, ...]:
    """Of a body that decodes: `duplicate field "spec.replicas"` for JSON, the line for YAML, nothing for protobuf."""
    if body.lstrip()[:1] == b"{":
        return tuple(f'duplicate field "{path}"' for path in _in_json(body))
    if body.startswith(b"k8s\0"):
        return ()
    # clients seldom send YAML, and its import would delay every start
    from drydock.api import yaml_body  # noqa: PLC0415

    lines = [f'\n  line {at}: key "{key}" already set in map' for at, key in yaml_body.twice(body)]
    return (f"yaml: unmarshal errors:{''.join(lines)}",) if lines else ()


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all its keys."""


def _in_json(body: bytes) -> list[str]:
    found = False

    def merge(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        merged = dict(pairs)
        found = found or len(merged) < len(pairs)
        return merged

    json.loads(body, object_pairs_hook=merge)
    # the paths cost more, and are asked for hardly ever
    return list(_paths(json.loads(body, object_pairs_hook=_Pairs), "")) if found else []


def _paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for key, inner in value:
            at = f"{path}.{key}".lstrip(".")
            if key in seen:
                yield at
            seen.add(key)
            yield from _paths(inner, at)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(item, f"{path}[{index}]")
