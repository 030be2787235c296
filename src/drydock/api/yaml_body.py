"""A body in YAML, as the JSON that it stands for."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

_MOST_NODES = 200_000


def decode(body: bytes) -> Any:
    """Raises ValueError for what is no YAML, or stands for no JSON."""
    try:
        loaded = yaml.load(body, Loader=_Yaml)  # noqa: S506  # _Yaml is a safe loader
    except (yaml.YAMLError, OverflowError) as error:
        raise ValueError(str(error)) from error
    return _Json().of(loaded)


def twice(body: bytes) -> Iterator[tuple[int, str]]:
    """Line and name of each key that its mapping has already. Of a body that decodes."""
    return _twice(yaml.compose(body, Loader=_Yaml), set())


def _twice(node: yaml.Node | None, seen: set[int]) -> Iterator[tuple[int, str]]:
    if id(node) in seen:  # an alias
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if key.value in keys and key.tag != "tag:yaml.org,2002:merge":
                yield key.start_mark.line + 1, key.value
            keys.add(str(key.value))
            yield from _twice(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item, seen)


class _Json:
    """Counts as it goes: an alias costs nothing where it is written, and may stand for thousands of nodes."""

    def __init__(self) -> None:
        self._nodes = 0
        self._around: set[int] = set()

    def of(self, value: Any) -> Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise ValueError("document contains excessive aliasing")
        match value:
            case None | bool() | int() | str():
                return value
            case float() if math.isfinite(value):
                return value
            case list() | dict():
                return self._container(value)
        raise ValueError(f"{value!r} has no form in JSON")

    def _container(self, value: list[Any] | dict[Any, Any]) -> Any:
        if id(value) in self._around:
            raise ValueError("an anchor's value contains itself")
        self._around.add(id(value))
        try:
            if isinstance(value, Mapping):
                return {_key(key): self.of(inner) for key, inner in value.items()}
            return [self.of(item) for item in value]
        finally:
            self._around.discard(id(value))


def _key(key: Any) -> str:
    match key:
        case str():
            return key
        case bool():
            return str(key).lower()
        case int() | float():
            return str(key)
    raise ValueError(f"{key!r} cannot name a field")


class _Yaml(yaml.CSafeLoader):
    """Leaves dates alone: in JSON they are strings."""


_Yaml.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
