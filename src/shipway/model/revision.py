"""A helm revision as we see it, and what a history means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Revision:
    """One entry of a release's history."""

    number: int
    status: str  # helm's word: deployed, superseded, failed, pending-upgrade, …
    chart_version: str
    updated: str  # RFC 3339
    description: str
    values: Mapping[str, Any] = field(repr=False)  # as given to helm: chart defaults are not in it

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


def previous_good(history: Sequence[Revision]) -> Revision | None:
    """Where a rollback goes: the latest earlier revision that served, and that differs from what is there.

    A revision whose rollout or test failed is marked `failed`, so it is never returned to.
    """
    now = current(history)
    if now is None:
        return None
    earlier = [
        revision
        for revision in history
        if revision.number < now.number
        and revision.status in {"superseded", "deployed"}
        and not same_release(revision, now)
    ]
    return current(earlier)
