"""Reads, lists and deletions."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import msgspec

from drydock.api import status
from drydock.api.request import Request, decoded_object
from drydock.api.selectors import BadSelector, matcher
from drydock.api.watch import LONGEST, Selection, Watch
from drydock.lifecycle import Propagation
from drydock.metadata import key_of
from drydock.resources import (
    NAMESPACES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    RESOURCE_QUOTAS,
    SERVICE_ACCOUNTS,
    SERVICES,
    Object,
)
from drydock.store import Conflict, NotFound, Store

_DELETE_ANSWERS_OBJECT = {
    PODS,
    SERVICES,
    SERVICE_ACCOUNTS,
    PERSISTENT_VOLUME_CLAIMS,
    RESOURCE_QUOTAS,
}
_IMMORTAL = {"default", "kube-system", "kube-public"}


@dataclass(frozen=True, slots=True)
class Page:
    """`version` is that of the whole list, however many pages it takes."""

    items: Sequence[Object]
    version: int
    token: str = ""
    remaining: int | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = {"resourceVersion": str(self.version)}
        if self.token:
            metadata["continue"] = self.token
        if self.remaining is not None:
            metadata["remainingItemCount"] = self.remaining
        return metadata


class _Token(NamedTuple):
    version: int
    namespace: str
    name: str

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


@dataclass(frozen=True, slots=True)
class Objects:
    store: Store

    def get(self, request: Request) -> Object:
        place = request.place
        self._check_version(request)
        if found := self.store.get(place.resource, place.namespace or "", place.name):
            return found
        raise status.not_found(place.resource, place.name)

    def list(self, request: Request) -> Page:
        selection = selected(request)
        self._check_version(request)
        items = [
            obj
            for obj in self.store.list(selection.resource, selection.namespace)
            if obj in selection
        ]
        return self._page(request, items, selection)

    def watch(self, request: Request) -> Watch:
        initial = request.flag("sendInitialEvents")
        if initial and request.query.get("resourceVersionMatch") != "NotOlderThan":
            raise status.invalid_options(
                "resourceVersionMatch",
                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            )
        if initial and not request.flag("allowWatchBookmarks"):
            raise status.invalid_options(
                "allowWatchBookmarks",
                "Forbidden: sendInitialEvents requires setting allowWatchBookmarks to true",
            )
        since = self._check_version(request)
        seconds = request.number("timeoutSeconds")
        return Watch(
            selected(request),
            None if initial or not since else since,
            send_initial_events=initial,
            bookmarks=request.flag("allowWatchBookmarks"),
            seconds=LONGEST if not seconds else float(seconds),
            form=request.form,
            include_object=request.query.get("includeObject", "Metadata"),
        )

    def delete(self, request: Request) -> Mapping[str, Any]:
        """The object while it lives on; a Status, or the object for some kinds, once it is gone."""
        place = request.place
        if place.resource == NAMESPACES and place.name in _IMMORTAL:
            raise status.forbidden(
                f'namespaces "{place.name}" is forbidden: this namespace may not be deleted'
            )
        options = _Options.of(request)
        try:
            deleted = options.delete(self.store, place.namespace or "", place.name)
        except NotFound as error:
            raise status.not_found(place.resource, place.name) from error
        except Conflict as error:
            raise status.conflict(place.resource, place.name, str(error)) from error
        lives_on = self.store.get(place.resource, place.namespace or "", place.name) is not None
        if (lives_on and not options.dry_run) or place.resource in _DELETE_ANSWERS_OBJECT:
            return deleted
        return status.success(place.resource, place.name, deleted["metadata"]["uid"])

    def delete_collection(self, request: Request) -> Page:
        options = _Options.of(request)
        page = self.list(request)
        deleted = [options.delete(self.store, *key_of(obj)) for obj in page.items]
        return Page(deleted, self.store.version)

    def _page(self, request: Request, items: Sequence[Object], selection: Selection) -> Page:
        """Later pages show the store as it is then: a watch from the list's version brings the rest."""
        version = self.store.version
        if text := request.query.get("continue"):
            token = _token(text)
            if token.version < self.store.oldest:
                raise status.expired(
                    "The provided continue parameter is too old to display a consistent list "
                    "result. You must start a new list without the continue parameter."
                )
            version = token.version
            items = [obj for obj in items if key_of(obj) > (token.namespace, token.name)]
        limit = request.number("limit") or 0
        if not 0 < limit < len(items):
            return Page(items, version)
        token = _Token(version, *key_of(items[limit - 1]))
        remaining = len(items) - limit if selection.matches is None else None
        return Page(items[:limit], version, str(token), remaining)

    def _check_version(self, request: Request) -> int:
        text = request.query.get("resourceVersion", "")
        if text and not text.isdecimal():
            raise status.invalid_options(
                "resourceVersion", f'Invalid value: "{text}": must be a number'
            )
        version = int(text or 0)
        if version > self.store.version:
            raise status.too_large_version(version, self.store.version)
        exact = request.query.get("resourceVersionMatch") == "Exact"
        if exact and version != self.store.version:
            raise status.expired(f"The resourceVersion for the provided list is too old: {text}")
        return version


def selected(request: Request) -> Selection:
    """The objects that a request's path and selectors are about."""
    place = request.place
    fields = request.query.get("fieldSelector", "")
    if place.name:
        fields = ",".join(filter(None, (fields, f"metadata.name={place.name}")))
    try:
        matches = matcher(place.resource, request.query.get("labelSelector", ""), fields)
    except BadSelector as error:
        raise status.bad_request(str(error)) from error
    return Selection(place.resource, place.namespace, matches)


def _token(text: str) -> _Token:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=_Token)
    except (ValueError, msgspec.MsgspecError) as error:
        raise status.bad_request(f"continue key is not valid: {error}") from error


@dataclass(frozen=True, slots=True)
class _Options:
    """DeleteOptions, from the body or the query."""

    request: Request
    grace_seconds: int | None
    propagation: Propagation
    uid: str | None
    resource_version: str | None
    dry_run: bool

    @classmethod
    def of(cls, request: Request) -> "_Options":
        body = decoded_object(request.body) if request.body.strip() else {}
        preconditions = body.get("preconditions") or {}
        propagation = body.get("propagationPolicy") or request.query.get("propagationPolicy")
        if propagation is None:
            orphan = body.get("orphanDependents") or request.flag("orphanDependents")
            propagation = "Orphan" if orphan else "Background"
        if propagation not in {"Background", "Foreground", "Orphan"}:
            raise status.invalid_options(
                "propagationPolicy",
                f'Unsupported value: "{propagation}": supported values: "Background", '
                '"Foreground", "Orphan"',
                options="DeleteOptions",
            )
        return cls(
            request,
            body.get("gracePeriodSeconds", request.number("gracePeriodSeconds")),
            cast("Propagation", propagation),
            preconditions.get("uid"),
            preconditions.get("resourceVersion"),
            request.dry_run or body.get("dryRun") == ["All"],
        )

    def delete(self, store: Store, namespace: str, name: str) -> Object:
        return store.delete(
            self.request.place.resource,
            namespace,
            name,
            propagation=self.propagation,
            grace_seconds=self.grace_seconds,
            uid=self.uid,
            resource_version=self.resource_version,
            dry_run=self.dry_run,
        )
