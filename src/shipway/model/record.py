"""What is known about a bundle: who built, proved, approved, forced, failed or quarantined it, and where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, Self

import msgspec

from shipway.model.bundle import Digest, canonical

Kind = Literal["built", "approved", "forced", "proven", "failed", "quarantined"]


@dataclass(frozen=True, slots=True)
class By:
    """Who did it, and in which run."""

    who: str
    run: str


@dataclass(frozen=True, slots=True)
class Record:
    """One fact about a bundle. What does not belong to its kind is empty, and not in its JSON."""

    kind: Kind
    bundle: Digest
    at: str  # RFC 3339, UTC
    who: str
    run: str
    environment: str = ""  # of every kind but `built`
    cluster: str = ""
    revision: int = 0  # helm's
    reason: str = (
        ""  # of `failed` the cause; of `approved`, `forced` and `quarantined` what a person said
    )
    test: str = ""  # of `proven`: what the helm test showed
    probe: str = ""  # of `proven` and `failed`: how many requests the rollout cost
    lifts: tuple[Digest, ...] = ()  # of `forced`: the quarantines that it ends

    def to_json(self) -> bytes:
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return canonical({name: value for name, value in found.items() if value})

    @classmethod
    def from_json(cls, raw: bytes) -> Self | None:
        """None for what we do not understand: a later version may know more kinds."""
        try:
            found = msgspec.json.decode(raw, type=cls)
        except (ValueError, RecursionError):  # the last: brackets without end
            return None
        return replace(found, who=_plain(found.who), reason=_plain(found.reason))


def _plain(words: str) -> str:
    """Whoever may write records does not command the terminals of those who read them."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words)


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it lies in the registry. `digest` is that of its JSON: signing it anew does not make it another one."""

    digest: Digest
    record: Record


def latest(kept: Iterable[Kept], kind: Kind, environment: str = "") -> Record | None:
    """By its own time: for people to read. No decision hangs on which of two came first."""
    found = [each.record for each in kept if is_of(each, kind, environment)]
    return max(found, key=lambda record: record.at, default=None)


def is_of(kept: Kept, kind: Kind, environment: str) -> bool:
    return (kept.record.kind, kept.record.environment) == (kind, environment)


def quarantines(kept: Sequence[Kept], environment: str) -> list[Kept]:
    """Those that nobody lifted. Which one a record lifts is said by digest: clocks of two machines decide nothing."""
    lifted = {
        digest for each in kept if each.record.kind == "forced" for digest in each.record.lifts
    }
    return [
        each
        for each in kept
        if is_of(each, "quarantined", environment) and each.digest not in lifted
    ]


def trusted(kept: Sequence[Kept], environment: str) -> bool:
    """It proved itself there, and nobody quarantined it since."""
    return latest(kept, "proven", environment) is not None and not quarantines(kept, environment)
