"""What a run that died left behind in an environment, and what makes it whole again."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shipway.model.revision import FAILURE, UNDERWAY, Revision, current

BEGUN = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")
"""Statuses at which a helm that was killed leaves a revision. No other helm touches the release from then on."""

YOUNG = timedelta(minutes=5)
"""A helm that is not ours may be at work for as long as that: its own default timeout."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process of a turn before this one, which went on changing the release."""

    program: str
    pid: int

    def __str__(self) -> str:
        return f"{self.program} (process {self.pid}) of a run that died was still at work: ended"


@dataclass(frozen=True, slots=True)
class Failed:
    """A revision that nobody will finish."""

    revision: Revision
    story: str  # by whom it was left

    @property
    def description(self) -> str:
        """For helm's history, where FAILURE marks what is never returned to."""
        said = self.revision.description.removesuffix(UNDERWAY)
        kept = (
            f"{said}; " if self.revision.status not in BEGUN or said.startswith("Rollback") else ""
        )
        return f"{kept}{FAILURE}{self._left}"

    @property
    def _left(self) -> str:
        how = (
            self.revision.status
            if self.revision.status in BEGUN
            else "before its pods were seen to serve"
        )
        return f"left {how} by {self.story}"

    def __str__(self) -> str:
        return f"revision {self.revision.number} was {self._left}: marked failed"


@dataclass(frozen=True, slots=True)
class Served:
    """A revision whose rollout came to a good end when nobody watched it any more."""

    revision: Revision
    story: str

    def __str__(self) -> str:
        return (
            f"revision {self.revision.number} was left before its pods were seen to serve "
            f"by {self.story}: they do serve"
        )


@dataclass(frozen=True, slots=True)
class Removed:
    """A test pod whose verdict nobody waits for."""

    pod: str

    def __str__(self) -> str:
        return f"test pod {self.pod} was left running by a run that died: removed"


Healing = Ended | Failed | Served | Removed


@dataclass(frozen=True, slots=True)
class AtWork:
    """A helm that is not ours, and that may be alive."""

    revision: Revision
    seconds: float  # since it began


def heal(
    history: Sequence[Revision], tell: Callable[[Revision], str], now: datetime, *, serves: bool
) -> list[Failed | Served] | AtWork:
    """For whoever holds the lease: no run of ours is at work.

    `tell` says who left a revision of ours. `now` is the cluster's time, `serves` what its pods do.
    """
    last = current(history)
    found: list[Failed | Served] = []
    for revision in sorted(history, key=lambda each: each.number):
        if revision.status in BEGUN:
            age = now - revision.created if revision.created else YOUNG
            if not revision.run and revision is last and age < YOUNG:
                return AtWork(revision, max(age.total_seconds(), 0.0))
            found.append(Failed(revision, tell(revision)))
        elif revision.unproven and revision.status == "deployed":
            left = Served if serves and revision is last else Failed
            found.append(left(revision, tell(revision)))
    return found


def left(history: Sequence[Revision]) -> bool:
    """Whether there is anything in it for `heal`."""
    return any(
        each.status in BEGUN or (each.unproven and each.status == "deployed") for each in history
    )


PASSES = re.compile(
    r"connection re(?:fused|set)|broken pipe|\bEOF\b|i/o timeout|TLS handshake timeout"
    r"|client connection lost|Client\.Timeout exceeded|currently unable to handle the request"
    r"|an error on the server|Internal error occurred|InternalError|unexpected status.* 5\d\d"
    r"|[Tt]oo [Mm]any [Rr]equests|etcdserver|unable to return a response|no route to host"
    r"|another operation \(install/upgrade/rollback\) is in progress"
)


def passes(said: Sequence[str]) -> bool:
    """Whether helm's last lines tell of a trouble that goes by itself, and not of a refusal."""
    return any(PASSES.search(line) for line in said if line.startswith("Error:"))
