"""What helm rendered, as objects."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from shipway.charts import yamls

Object = dict[str, Any]

_RENDERED = PurePath("rendered manifest")


def objects(rendered: str) -> list[Object]:
    """In the order they were rendered; empty documents vanish, and a List stands for its items."""
    return [
        each for document in yamls.read_all(rendered, file=_RENDERED) for each in _each(document)
    ]


def name(found: Object) -> str:
    """`Deployment/sample-app`, as kubectl writes it."""
    return f"{found.get('kind', '?')}/{found.get('metadata', {}).get('name', '?')}"


def _each(document: Any) -> Iterator[Object]:
    if not isinstance(document, dict):
        return
    if str(document.get("kind", "")).endswith("List") and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _each(item)
    else:
        yield document
