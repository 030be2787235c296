"""The events that speak of a release, in their order, and as lines to read."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from lightkube.resources.core_v1 import Event

NEVER = datetime.fromtimestamp(0, UTC)


def of(events: Iterable[Event], names: Collection[str], owners: Collection[str]) -> list[Event]:
    """Of objects with these names, and of pods of these owners that may be gone; oldest first."""
    prefixes = tuple(f"{owner}-" for owner in owners)
    found = [
        event
        for event in events
        if (name := event.involvedObject.name or "") in names or name.startswith(prefixes)
    ]
    return sorted(found, key=last_seen)


def last_seen(event: Event) -> datetime:
    """Who writes an event fills one of these."""
    series = event.series.lastObservedTime if event.series else None
    made = event.metadata.creationTimestamp
    return series or event.lastTimestamp or event.eventTime or event.firstTimestamp or made or NEVER


def text(events: Sequence[Event]) -> str:
    """`2026-11-23 04:20:08  Warning  BackOff  pod/web-1  (x5)  Back-off restarting …`."""
    return "".join(f"{_line(event)}\n" for event in events)


def _line(event: Event) -> str:
    about = f"{(event.involvedObject.kind or '').lower()}/{event.involvedObject.name}"
    count = (event.series.count if event.series else None) or event.count or 1
    often = f"(x{count})  " if count > 1 else ""
    said = " ".join((event.message or "").split())
    moment = f"{last_seen(event):%Y-%m-%d %H:%M:%S}"
    return f"{moment}  {event.type or 'Normal':<7}  {event.reason or ''}  {about}  {often}{said}"
