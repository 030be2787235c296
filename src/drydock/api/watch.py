"""Watches: the changes of one kind as a stream of JSON lines."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from drydock.api import status
from drydock.api.request import Form
from drydock.api.selectors import Predicate
from drydock.api.tables import partial, table
from drydock.resources import Object, Resource
from drydock.store import Change, Gone, Store

BOOKMARK_PERIOD = 60.0
LONGEST = 3600.0

EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
_INITIAL_EVENTS_END = {"k8s.io/initial-events-end": "true"}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a kind a request is about."""

    resource: Resource
    namespace: str | None
    matches: Predicate | None = None

    def __contains__(self, obj: Object) -> bool:
        if self.namespace and obj["metadata"].get("namespace") != self.namespace:
            return False
        return self.matches is None or self.matches(obj)


@dataclass(frozen=True, slots=True)
class Watch:
    """`since` is None for a watch that begins with what there is; `seconds` is how long it may last."""

    selection: Selection
    since: int | None
    send_initial_events: bool = False
    bookmarks: bool = False
    seconds: float = LONGEST
    form: Form = "Object"
    include_object: str = "Metadata"
    bookmark_period: float = BOOKMARK_PERIOD


def event(change: Change, selection: Selection) -> EventType | None:
    """What a change is to a watcher: an object that comes to match is new, one that ceases to is gone."""
    now = change.object in selection
    if change.type != "MODIFIED":
        return change.type if now else None
    before = change.before is not None and change.before in selection
    if now:
        return "MODIFIED" if before else "ADDED"
    return "DELETED" if before else None


async def lines(store: Store, watch: Watch) -> AsyncIterator[bytes]:
    """JSON lines, one object each, until the time is up, the window is lost or the store closes."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + watch.seconds
    encode = _encoder(watch)
    version = watch.since
    if version is None:
        version = store.version
        if initial := b"".join(_initial(store, watch, encode)):
            yield initial
    bookmark_due = clock() + watch.bookmark_period
    while not store.closed and clock() < deadline:
        try:
            changes = store.after(version)
        except Gone:
            yield _line("ERROR", _too_old(version, store.oldest))
            return
        if news := b"".join(_news(changes, watch.selection, encode)):
            yield news
        version = changes[-1].version if changes else version
        if clock() >= bookmark_due:
            bookmark_due = clock() + watch.bookmark_period
            if watch.bookmarks:
                yield _bookmark(watch, version)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(deadline, bookmark_due) - clock()):
                await store.wait(version, (watch.selection.resource,))


def _initial(
    store: Store, watch: Watch, encode: Callable[[EventType, Object], bytes]
) -> Iterator[bytes]:
    for obj in store.list(watch.selection.resource, watch.selection.namespace):
        if obj in watch.selection:
            yield encode("ADDED", obj)
    if watch.send_initial_events:
        yield _bookmark(watch, store.version, _INITIAL_EVENTS_END)


def _news(
    changes: Sequence[Change],
    selection: Selection,
    encode: Callable[[EventType, Object], bytes],
) -> Iterator[bytes]:
    for change in changes:
        if change.resource == selection.resource and (type_ := event(change, selection)):
            yield encode(type_, _seen(change, type_))


def _seen(change: Change, type_: EventType) -> Object:
    """An object that ceased to match is shown as it last did, at the version of that change."""
    if type_ == "DELETED" and change.type == "MODIFIED" and change.before:
        metadata = {**change.before["metadata"], "resourceVersion": str(change.version)}
        return {**change.before, "metadata": metadata}
    return change.object


def _too_old(since: int, oldest: int) -> Mapping[str, Any]:
    return status.expired(f"too old resource version: {since} ({oldest})").body


def _line(type_: EventType, obj: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode({"type": type_, "object": obj}) + b"\n"


def _encoder(watch: Watch) -> Callable[[EventType, Object], bytes]:
    match watch.form:
        case "Object":
            return _line
        case "PartialObjectMetadata":
            return lambda type_, obj: _line(type_, partial(obj))
        case "Table":
            return _TableEncoder(watch)


@dataclass(slots=True)
class _TableEncoder:
    """Only the first row of a stream brings the column definitions."""

    watch: Watch
    columns: bool = True

    def __call__(self, type_: EventType, obj: Object) -> bytes:
        body = table(
            self.watch.selection.resource,
            [obj],
            metadata={"resourceVersion": obj["metadata"]["resourceVersion"]},
            include_object=self.watch.include_object,
        )
        if not self.columns:
            body = {**body, "columnDefinitions": None}
        self.columns = False
        return _line(type_, body)


def _bookmark(watch: Watch, version: int, annotations: Mapping[str, str] | None = None) -> bytes:
    resource = watch.selection.resource
    metadata: dict[str, Any] = {"resourceVersion": str(version), "creationTimestamp": None}
    if annotations:
        metadata["annotations"] = annotations
    body: dict[str, Any] = {
        "kind": resource.kind,
        "apiVersion": resource.api_version,
        "metadata": metadata,
    }
    if watch.form != "Object":
        body = partial(body)
    if watch.form == "Table":
        body = {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": {"resourceVersion": str(version)},
            "columnDefinitions": None,
            "rows": [{"cells": [], "object": body}],
        }
    return _line("BOOKMARK", body)
