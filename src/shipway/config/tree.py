"""A parsed YAML file as plain values that remember their lines."""

from dataclasses import dataclass
from typing import Literal

Spelling = Literal["text", "number", "boolean", "nothing", "other"]
"""How YAML read a scalar: `120` is a number, `no` a boolean, `~` nothing, a date is other."""


@dataclass(frozen=True, slots=True)
class Scalar:
    text: str
    spelling: Spelling
    line: int

    def __str__(self) -> str:
        return f'"{self.text}"' if self.spelling == "text" else self.text


@dataclass(frozen=True, slots=True)
class List:
    items: tuple["Node", ...]
    line: int

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    line: int
    value: "Node"


@dataclass(frozen=True, slots=True)
class Map:
    entries: tuple[Entry, ...]
    line: int

    def __str__(self) -> str:
        return "a mapping"


Node = Scalar | List | Map


def is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.spelling == "nothing"
