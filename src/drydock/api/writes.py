"""Create, replace, patch and apply: decode, check fields, merge, admit, track ownership, store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from drydock import admission, gate
from drydock.admission.fields import conform
from drydock.admission.invalid import invalid, required
from drydock.api import status
from drydock.api.options import APPLY
from drydock.api.patch_body import PATCHES, patched
from drydock.api.request import Request, decoded_object
from drydock.api.sent import addressed, field_warnings, misread
from drydock.metadata import deleting
from drydock.patches.apply import ApplyConflict, apply, track
from drydock.patches.managed_fields import settled
from drydock.patches.patch_error import PatchError
from drydock.resources import LEASES, NAMESPACES, POD_DISRUPTION_BUDGETS, Object, Resource
from drydock.store import STALE, AlreadyExists, Conflict, Store
from drydock.timestamps import timestamp

_NEED_VERSION = {LEASES, POD_DISRUPTION_BUDGETS}  # no unconditional update of these


@dataclass(frozen=True, slots=True)
class Written:
    code: int
    object: Object
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Writes:
    store: Store

    def create(self, request: Request) -> Written:
        place = request.place
        sent = addressed(request, decoded_object(request.body))
        metadata = sent["metadata"]
        if metadata.get("resourceVersion"):
            raise status.bad_request("resourceVersion should not be set on objects to be created")
        if not metadata.get("name") and not metadata.get("generateName"):
            cause = required("metadata.name", "name or generateName is required")
            raise status.invalid(place.resource, "", [cause])
        warnings = field_warnings(request, sent)
        return self._create(request, _without_status(place.resource, sent), warnings, track_it=True)

    def replace(self, request: Request) -> Written:
        live = self._live(request)
        sent = addressed(request, decoded_object(request.body))
        resource = request.place.resource
        if resource in _NEED_VERSION and not sent["metadata"].get("resourceVersion"):
            cause = invalid("metadata.resourceVersion", 0, "must be specified for an update")
            raise status.invalid(resource, request.place.name, [cause], kind=resource.plural)
        return self._update(request, live, sent, field_warnings(request, sent))

    def patch(self, request: Request) -> Written:
        if request.media_type == APPLY:
            return self._apply(request)
        if request.media_type not in PATCHES:
            raise status.unsupported_media_type(*PATCHES, APPLY)
        wanted = addressed(request, patched(request, live := self._live(request)))
        return self._update(request, live, wanted, field_warnings(request, wanted))

    def _apply(self, request: Request) -> Written:
        place = request.place
        live = self.store.get(place.resource, place.namespace or "", place.name)
        if live is None and place.subresource:
            raise status.not_found(place.resource, place.name)
        sent = addressed(request, decoded_object(request.body))
        if sent["metadata"].get("managedFields"):
            raise status.bad_request("metadata.managedFields must be nil")
        _check_version(place.resource, live, sent)
        if not place.subresource:
            sent = _without_status(place.resource, sent)
        try:
            wanted = apply(
                live,
                sent,
                manager=request.query["fieldManager"],
                force=request.flag("force"),
                now=_now(),
                subresource=place.subresource,
            )
        except ApplyConflict as error:
            raise status.apply_conflict(
                error.message, ((cause.message, cause.field) for cause in error.causes)
            ) from error
        except PatchError as error:
            raise status.unknown(error.message) from error
        if live is None:
            return self._create(request, wanted, (), track_it=False)
        return self._update(request, live, wanted, (), track_it=False)

    def _create(
        self, request: Request, obj: Object, warnings: tuple[str, ...], *, track_it: bool
    ) -> Written:
        resource = request.place.resource
        name = obj["metadata"].get("name", "")
        self._check_namespace(request, name)
        if name and self.store.get(resource, request.place.namespace or "", name):
            raise status.already_exists(resource, name)
        obj = self._admitted(request, self.store.identify(resource, obj), None)
        if track_it:
            obj = track(None, obj, manager=request.manager, now=_now())
        try:
            created = self.store.create(resource, obj, dry_run=request.dry_run)
        except AlreadyExists as error:
            raise status.already_exists(resource, name) from error
        return Written(201, created, warnings)

    def _update(
        self,
        request: Request,
        live: Object,
        wanted: Object,
        warnings: tuple[str, ...],
        *,
        track_it: bool = True,
    ) -> Written:
        place = request.place
        _check_version(place.resource, live, wanted)
        subresource: Literal["", "status"] = "status" if place.subresource == "status" else ""
        if subresource:
            wanted = {**live, **{k: wanted[k] for k in ("metadata", "status") if k in wanted}}
            with _refusals(request, place.name, wanted):
                wanted = conform(place.resource, wanted)
        elif place.subresource == "finalize":
            wanted = {**live, "spec": wanted.get("spec", {})}
        else:
            wanted = _with_stored_parts(place.resource, live, wanted)
            wanted = self._admitted(request, wanted, live)
        if track_it:
            wanted = track(
                live,
                wanted,
                manager=request.manager,
                now=_now(),
                subresource=place.subresource,
            )
        else:  # an apply's other spelling of what is stored is no change
            wanted = settled(live, wanted)
        try:
            updated = self.store.update(
                place.resource, wanted, subresource=subresource, dry_run=request.dry_run
            )
        except Conflict as error:
            raise status.conflict(place.resource, place.name, str(error)) from error
        return Written(200, updated, warnings)

    def scale(self, request: Request, live: Object, replicas: int, version: str | None) -> Object:
        """Write `spec.replicas` alone, owned by the writer through the scale subresource."""
        metadata = {**live["metadata"], "resourceVersion": version}
        wanted = {**live, "metadata": metadata, "spec": {**live["spec"], "replicas": replicas}}
        return self._update(request, live, wanted, ()).object

    def _live(self, request: Request) -> Object:
        place = request.place
        if live := self.store.get(place.resource, place.namespace or "", place.name):
            return live
        raise status.not_found(place.resource, place.name)

    def _check_namespace(self, request: Request, name: str) -> None:
        resource, namespace = request.place.resource, request.place.namespace
        if not resource.namespaced:
            return
        living = self.store.get(NAMESPACES, "", namespace or "")
        if living is None:
            raise status.not_found(NAMESPACES, namespace or "")
        if deleting(living):
            raise status.namespace_terminating(resource, name, namespace or "")

    def _admitted(self, request: Request, obj: Object, before: Object | None) -> Object:
        with _refusals(request, obj["metadata"]["name"], obj):
            return gate.admit(self.store, request.place.resource, obj, before)


def _now() -> str:
    return timestamp(datetime.now(UTC))


@contextmanager
def _refusals(request: Request, name: str, sent: Object) -> Iterator[None]:
    """What admission finds wrong, as the API server answers it."""
    try:
        yield
    except admission.Invalid as error:
        raise status.invalid(request.place.resource, name, error.causes) from error
    except admission.Denied as error:
        named = status.details(error.resource, error.name)
        raise status.failure(403, "Forbidden", str(error), named) from error
    except admission.Mistyped as error:
        raise misread(request, sent, error.message) from error


def _check_version(resource: Resource, live: Object | None, wanted: Object) -> None:
    """Before anything else is found wrong with it, a stale write is told that it is stale."""
    metadata = wanted["metadata"]
    version = metadata.get("resourceVersion")
    if version and version != (live["metadata"]["resourceVersion"] if live else None):
        raise status.conflict(resource, metadata["name"], STALE)


def _without_status(resource: Resource, sent: Object) -> Object:
    if "status" not in resource.subresources:
        return sent
    return {k: v for k, v in sent.items() if k != "status"}


def _with_stored_parts(resource: Resource, live: Object, wanted: Object) -> Object:
    """The parts that only a subresource may write, as they are stored."""
    stored = dict(wanted)
    if "status" in resource.subresources:
        stored.pop("status", None)
        if "status" in live:
            stored["status"] = live["status"]
    if resource == NAMESPACES:
        stored["spec"] = live.get("spec", {})
    return stored
