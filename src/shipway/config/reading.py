"""Reading a tree key by key: hands out values, notes everything that is wrong, never stops at the first problem."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import PurePath, PurePosixPath
from types import TracebackType
from typing import Generic, Literal, Self, TypeVar

from shipway.config.problem import Problem
from shipway.config.tree import Entry, Map, Node, Scalar, is_nothing

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One kind of value. `stand_in` keeps the reading going after a wrong value; any problem means nobody sees it."""

    expected: str
    read: Callable[[Node], T | None]
    stand_in: T


@dataclass(frozen=True, slots=True)
class Place:
    """A path that the file names; whether it exists is for `load` to find out."""

    path: PurePath
    what: Literal["file", "folder"]
    line: int
    key: str


@dataclass(slots=True)
class Notes:
    """What a reading found out beside the values."""

    problems: list[Problem] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def wrong(self, line: int, key: str, says: str) -> None:
        self.problems.append(Problem(line, key, says))

    def section(self, node: Node, key: str, line: int, noun: str) -> "Section":
        if isinstance(node, Map):
            return Section(self, key, line, {entry.key: entry for entry in node.entries}, noun)
        self.wrong(node.line, key, _unlike("a mapping of keys to values", node))
        return Section(self, key, line, None, noun)

    def value(self, node: Node, key: str, kind: Kind[T]) -> T:
        found = kind.read(node)
        if found is None:
            self.wrong(
                node.line, key, _unlike(kind.expected, node) + _quotes_would_help(kind, node)
            )
            return kind.stand_in
        return found


@dataclass(slots=True)
class Section:
    """One mapping of the file. Leaving its `with` block notes the keys that nobody asked for, and those that are missing."""

    notes: Notes
    key: str
    line: int
    entries: Mapping[str, Entry] | None  # None: it is missing or no mapping, which is noted already
    noun: str = "key"
    asked: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name, entry in (self.entries or {}).items():
            if self.asked and name not in self.asked:  # nothing asked: no name is known
                self._unknown(name, entry.line)
        for name in self.missing:
            self.notes.wrong(self.line, self.at(name), "required, but missing")

    def _unknown(self, name: str, line: int) -> None:
        known = list(dict.fromkeys(self.asked))
        close = get_close_matches(name, known, n=1)
        meant = (
            f"did you mean {close[0]}?"
            if close
            else f"the {self.noun}s here are {', '.join(known)}"
        )
        self.notes.wrong(line, self.at(name), f"unknown {self.noun}, {meant}")
        self.missing = [each for each in self.missing if each not in close]  # one slip, one problem

    def __iter__(self) -> Iterator[Entry]:
        """For a mapping whose keys are names: each of them counts as asked for."""
        entries = (self.entries or {}).values()
        self.asked.extend(entry.key for entry in entries)
        return iter(entries)

    def at(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name

    def value(self, name: str, kind: Kind[T]) -> T:
        entry = self._required(name)
        return (
            kind.stand_in if entry is None else self.notes.value(entry.value, self.at(name), kind)
        )

    def optional(self, name: str, kind: Kind[T], default: D) -> T | D:
        entry = self._entry(name)
        if entry is None or is_nothing(entry.value):
            return default
        return self.notes.value(entry.value, self.at(name), kind)

    def place(self, name: str, what: Literal["file", "folder"], inner: str = "") -> PurePath:
        """A path below the file's folder. `inner` is what must be there too for it to be of use."""
        path = self.value(name, PATH)
        if path is not NOWHERE:
            self.expect(name, path / inner, what)
        return path

    def expect(self, name: str, path: PurePath, what: Literal["file", "folder"]) -> None:
        entry = self._entry(name)
        if entry is not None:
            self.notes.places.append(Place(path, what, entry.value.line, self.at(name)))

    def section(self, name: str, noun: str = "key") -> "Section":
        entry = self._required(name)
        if entry is None:
            return Section(self.notes, self.at(name), self.line, None)
        return self.notes.section(entry.value, self.at(name), entry.line, noun)

    def optional_section(self, name: str) -> "Section | None":
        return self.section(name) if self._entry(name) else None

    def wrong(self, name: str, says: str) -> None:
        entry = self._entry(name)
        self.notes.wrong(self.line if entry is None else entry.line, self.at(name), says)

    def _entry(self, name: str) -> Entry | None:
        self.asked.append(name)
        return (self.entries or {}).get(name)

    def _required(self, name: str) -> Entry | None:
        entry = self._entry(name)
        if entry is None and self.entries is not None:
            self.missing.append(name)
        return entry


def _unlike(expected: str, node: Node) -> str:
    return (
        f"is empty, should be {expected}"
        if is_nothing(node)
        else f"should be {expected}, not {node}"
    )


def _quotes_would_help(kind: Kind[T], node: Node) -> str:
    if not isinstance(node, Scalar) or node.spelling not in {"number", "boolean", "other"}:
        return ""
    return "; put it in quotes" if kind.read(replace(node, spelling="text")) is not None else ""


def _path(node: Node) -> PurePath | None:
    if not isinstance(node, Scalar) or node.spelling != "text" or not node.text:
        return None
    path = PurePosixPath(node.text)
    return None if path.is_absolute() or ".." in path.parts else path


NOWHERE: PurePath = PurePosixPath()
"""Stands in for a path that is missing or wrong; recognised by identity, as `.` is a path too."""

PATH: Kind[PurePath] = Kind("a path inside the folder of this file", _path, NOWHERE)
