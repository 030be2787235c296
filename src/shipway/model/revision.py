"""A helm revision as we see it, and what a history means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

UNDERWAY = "; rollout underway"  # ends a revision's description until its pods are seen to serve
FAILURE = "failed: "  # is in the description of every failed one, whoever marked it, helm or we


@dataclass(frozen=True, slots=True)
class Revision:
    """One entry of a release's history."""

    number: int
    status: str  # helm's word: deployed, superseded, failed, pending-upgrade, …
    chart_version: str
    updated: str  # RFC 3339
    description: str
    values: Mapping[str, Any] = field(repr=False)  # as given to helm: chart defaults are not in it
    run: str = ""  # the run of ours that made it; empty: somebody else's helm
    fence: int = 0  # of the lease under which it was made, or one before it
    returning: bool = False  # made by a rollback of ours that did not get to say so
    created: datetime | None = None  # when helm began it, by the cluster's clock

    @property
    def unproven(self) -> bool:
        """Applied, and nobody has seen its pods serve: its run goes on, or was killed."""
        return self.returning or self.description.endswith(UNDERWAY)

    @property
    def tag(self) -> str:
        return str(self._at("image", "tag"))

    @property
    def image_digest(self) -> str:
        return str(self._at("image", "digest"))

    @property
    def image(self) -> str:
        return f"{self._at('image', 'repository')}@{self.image_digest}"

    @property
    def chart_digest(self) -> str:
        return str(self._at("release", "chartDigest"))

    @property
    def bundle(self) -> str:
        return str(self._at("release", "bundle"))

    def _at(self, *path: str) -> Any:
        found: Any = self.values
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return "" if found is None else found


def current(history: Sequence[Revision]) -> Revision | None:
    """The latest one, whatever became of it."""
    return max(history, key=lambda revision: revision.number, default=None)


def same_release(one: Revision, other: Revision) -> bool:
    """Would returning from one to the other change nothing?"""
    return one.values == other.values and one.chart_version == other.chart_version


def good(revision: Revision) -> bool:
    """It served. Helm calls a failed one superseded once the next is there; its description stays."""
    served = revision.status in {"superseded", "deployed"}
    return served and not revision.unproven and FAILURE not in revision.description


def last_good(history: Sequence[Revision]) -> Revision | None:
    return current([revision for revision in history if good(revision)])


def previous_good(history: Sequence[Revision]) -> Revision | None:
    """Where a rollback goes: the latest earlier revision that served, and that differs from what is there."""
    now = current(history)
    if now is None:
        return None
    earlier = [
        revision
        for revision in history
        if revision.number < now.number and good(revision) and not same_release(revision, now)
    ]
    return current(earlier)
