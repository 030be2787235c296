"""What happens in a run, as values. Terminal, JSON lines and the journal are renderers of this one stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Ending = Literal["done", "unchanged", "failed", "cancelled", "skipped"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    run: str
    verb: str
    target: str
    stages: tuple[str, ...]
    why: str = ""  # this target, where nobody named one


@dataclass(frozen=True, slots=True)
class StageStarted:
    stage: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output, ours or a command's."""

    stage: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A line that everybody should see: what was healed, for whom we wait, what was rolled back."""

    stage: str
    text: str


@dataclass(frozen=True, slots=True)
class EffectBegun:
    """From here on the world outside may have changed: a blob, a tag, a lease, a revision, a record."""

    stage: str
    effect: str


@dataclass(frozen=True, slots=True)
class EffectDone:
    stage: str
    effect: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a stage stands now; the next one replaces it."""

    stage: str
    text: str


@dataclass(frozen=True, slots=True)
class StageFinished:
    stage: str
    ending: Ending
    summary: str
    seconds: float
    details: tuple[str, ...] = ()  # of a failure: the lines that prove it
    remedy: str | None = None
    traceback: str | None = None  # of a bug; the journal keeps it, a person is told where
    outputs: Mapping[str, str] = field(default_factory=dict)  # what a later job asks for by name


@dataclass(frozen=True, slots=True)
class RunFinished:
    ending: Literal["done", "failed", "cancelled"]
    seconds: float


Event = (
    RunStarted
    | StageStarted
    | Line
    | Note
    | EffectBegun
    | EffectDone
    | Progress
    | StageFinished
    | RunFinished
)
