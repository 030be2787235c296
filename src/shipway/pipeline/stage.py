"""What a stage is to the engine: a name, what it needs, and a run that ends in an outcome."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from shipway.pipeline.events import EffectBegun, EffectDone, Event, Line, Note, Progress

Emit = Callable[[Event], None]
Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a stage ended well: one line for people, and what later stages build on."""

    summary: str
    facts: tuple[object, ...] = ()
    unchanged: bool = False  # everything was already as it should be
    outputs: Mapping[str, str] = field(default_factory=dict)  # for whoever runs us, by name


class Facts:
    """What the stages before found out, by type."""

    def __init__(self, found: Iterable[object] = ()) -> None:
        self._found = {type(fact): fact for fact in found}

    def of(self, kind: type[Fact]) -> Fact:
        fact = self._found[kind]
        assert isinstance(fact, kind)
        return fact

    def get(self, kind: type[Fact]) -> Fact | None:
        """None where no stage before found it."""
        return self.of(kind) if kind in self._found else None

    def and_(self, more: Iterable[object]) -> "Facts":
        return Facts([*self._found.values(), *more])

    def __iter__(self) -> Iterator[object]:
        return iter(self._found.values())


@dataclass(frozen=True, slots=True)
class Say:
    """A stage's voice: lines that stay, notes that everybody sees, progress that is replaced."""

    stage: str
    emit: Emit = field(repr=False)

    def line(self, text: str) -> None:
        self.emit(Line(self.stage, text))

    def note(self, text: str) -> None:
        self.emit(Note(self.stage, text))

    def progress(self, text: str) -> None:
        self.emit(Progress(self.stage, text))

    @contextmanager
    def effect(self, name: str) -> Iterator[None]:
        """Around each change of the world outside: the journal of a run that died says where it was."""
        self.emit(EffectBegun(self.stage, name))
        yield
        self.emit(EffectDone(self.stage, name))


class Stage(Protocol):
    """One thing a release must pass. A ShipwayError is its failure; cancelled, it leaves nothing running."""

    @property
    def name(self) -> str: ...

    async def run(self, so_far: Facts, say: Say) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Step:
    """A stage in the graph."""

    stage: Stage
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.stage.name
