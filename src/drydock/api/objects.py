"""Reads, lists and deletions."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from drydock.admission.invalid import forbidden, invalid, not_supported
from drydock.api import status
from drydock.api.pages import Page, Pages
from drydock.api.request import Request, decoded_object
from drydock.api.selectors import BadSelector, matcher
from drydock.api.sent import DELETE_OPTIONS, typed
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
_PROPAGATIONS = ("Foreground", "Background", "Orphan", "nil")
_IMMORTAL = {"default", "kube-system", "kube-public"}


@dataclass(frozen=True, slots=True)
class Objects:
    store: Store
    pages: Pages = field(default_factory=Pages)

    def get(self, request: Request) -> Object:
        place = request.place
        self._check_version(request)
        if found := self.store.get(place.resource, place.namespace or "", place.name):
            return found
        raise status.not_found(place.resource, place.name)

    def list(self, request: Request) -> Page:
        selection = selected(request)
        self._check_version(request)
        if request.query.get("continue"):
            return self.pages.next(request)
        items = [
            obj
            for obj in self.store.list(selection.resource, selection.namespace)
            if obj in selection
        ]
        return self.pages.first(request, items, self.store.version)

    def watch(self, request: Request) -> Watch:
        initial = request.flag("sendInitialEvents")
        if initial and request.query.get("resourceVersionMatch") != "NotOlderThan":
            why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            raise status.invalid_options(forbidden("resourceVersionMatch", why))
        if initial and not request.flag("allowWatchBookmarks"):
            why = "sendInitialEvents requires setting allowWatchBookmarks to true"
            raise status.invalid_options(forbidden("allowWatchBookmarks", why))
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
        lives_on = self.store.get(place.resource, place.namespace or "", place.name) is not None
        if (lives_on and not options.dry_run) or place.resource in _DELETE_ANSWERS_OBJECT:
            return deleted
        return status.success(place.resource, place.name, deleted["metadata"]["uid"])

    def delete_collection(self, request: Request) -> Page:
        options = _Options.of(request)
        page = self.list(request)
        deleted: list[Object] = []
        for obj in page.items:
            with suppress(NotFound):  # a later page may name what is gone by now
                deleted.append(options.delete(self.store, *key_of(obj)))
        return Page(deleted, self.store.version)

    def _check_version(self, request: Request) -> int:
        text = request.query.get("resourceVersion", "")
        if text and not text.isdecimal():
            raise status.invalid_options(invalid("resourceVersion", text, "must be a number"))
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
        body = typed(DELETE_OPTIONS, decoded_object(request.body)) if request.body.strip() else {}
        preconditions = body.get("preconditions", {})
        queried = request.query.get("dryRun")
        dry_run = body.get("dryRun") or ([] if queried is None else [queried])
        if set(dry_run) - {"All"}:
            raise status.invalid_options(
                not_supported("dryRun", dry_run, ("All",)), options="DeleteOptions"
            )
        propagation = body.get("propagationPolicy") or request.query.get("propagationPolicy")
        if propagation is None:
            orphan = body.get("orphanDependents") or request.flag("orphanDependents")
            propagation = "Orphan" if orphan else "Background"
        if propagation not in {"Background", "Foreground", "Orphan"}:
            cause = not_supported("propagationPolicy", propagation, _PROPAGATIONS)
            raise status.invalid_options(cause, options="DeleteOptions")
        return cls(
            request,
            body.get("gracePeriodSeconds", request.number("gracePeriodSeconds")),
            cast("Propagation", propagation),
            preconditions.get("uid"),
            preconditions.get("resourceVersion"),
            bool(dry_run),
        )

    def delete(self, store: Store, namespace: str, name: str) -> Object:
        resource = self.request.place.resource
        try:
            return store.delete(
                resource,
                namespace,
                name,
                propagation=self.propagation,
                grace_seconds=self.grace_seconds,
                uid=self.uid,
                resource_version=self.resource_version,
                dry_run=self.dry_run,
            )
        except Conflict as error:
            raise status.conflict(resource, name, str(error)) from error
