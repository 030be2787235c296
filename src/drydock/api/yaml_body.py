"""A body in YAML, as the JSON that it stands for."""

from typing import Any

import yaml


def decode(body: bytes) -> Any:
    """Raises ValueError for what is no YAML."""
    try:
        return yaml.load(body, Loader=_Yaml)  # noqa: S506  # _Yaml is a safe loader
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


class _Yaml(yaml.CSafeLoader):
    """Leaves dates alone: in JSON they are strings."""


_Yaml.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
