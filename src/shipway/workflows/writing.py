"""A document as YAML for people to read: in our order, with its comments, without folded lines."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import yaml


@dataclass(frozen=True, slots=True)
class Noted:
    """A word with a comment behind it."""

    word: str
    note: str


Scalar: TypeAlias = str | int | Noted
Node: TypeAlias = "Scalar | Sequence[Node] | Mapping[str, Node]"
Document: TypeAlias = Mapping[str, Node]

STEP = "  "


def text(document: Document) -> str:
    """One blank line between the parts of a document, and between its jobs."""
    parts = ["\n".join(_entry(key, node, spaced=True)) for key, node in document.items()]
    return "\n\n".join(parts) + "\n"


def _entry(key: str, node: Node, *, spaced: bool = False) -> Iterator[str]:
    match node:
        case Mapping() if node:
            yield f"{key}:"
            for number, (inner, value) in enumerate(node.items()):
                if spaced and number and isinstance(value, Mapping):
                    yield ""
                yield from _indented(_entry(inner, value))
        case Sequence() if any(isinstance(each, Mapping) for each in node):
            yield f"{key}:"
            for each in node:
                yield from _indented(_item(each))
        case _:
            yield f"{key}: {_inline(node)}"


def _item(node: Node) -> Iterator[str]:
    assert isinstance(node, Mapping)
    lines = [line for key, value in node.items() for line in _entry(key, value)]
    yield f"- {lines[0]}"
    yield from _indented(lines[1:])


def _inline(node: Node, frame: str = "{}") -> str:
    match node:
        case Noted():
            return f"{_inline(node.word)} # {node.note}"
        case bool():
            return str(node).lower()
        case int():
            return str(node)
        case str():
            stands = _reads_back(node, frame)
            return node if stands else json.dumps(node, ensure_ascii=False)
        case Mapping():
            assert not node
            return "{}"
        case _:
            return f"[{', '.join(_inline(each, '[{}]') for each in node)}]"


def _reads_back(word: str, frame: str) -> bool:
    """Would a reader of YAML see this very text, as a value or inside a list?"""
    try:
        found = yaml.safe_load(f"k: {frame.format(word)}")["k"]
    except yaml.YAMLError:
        return False
    return bool(found == (word if frame == "{}" else [word]))


def _indented(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"{STEP}{line}" if line else ""
