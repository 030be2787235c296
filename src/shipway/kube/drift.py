"""Looks whether a release's objects are what the release says, and gives helm back what others took."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError, LoadResourceError
from lightkube.core.resource import ApiInfo, NamespacedResource, ResourceDef, api_info
from lightkube.core.resource_registry import resource_registry
from lightkube.generic_resource import GenericGlobalResource, GenericNamespacedResource
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.core_v1 import Secret
from lightkube.types import PatchType

from shipway.commands.helm import Release
from shipway.kube.releases import decode
from shipway.model.drift import Difference, as_sent, differences
from shipway.model.ownership import HELM, Object, Path, reclaimed

VERBS = ["get", "patch"]
AT_ONCE = 4  # requests: a release may have a hundred objects
REFUSALS = {400, 409, 422}  # of the object; others are about who asks, or about the server
ATTEMPTS = 5  # at a write that somebody else's comes before

Kind = type[Any]  # of lightkube's generic resources, in a namespace or not


@dataclass(frozen=True, slots=True)
class Address:
    """Where an object is, whatever its kind."""

    kind: Kind
    namespace: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Look:
    """At one object of a release."""

    address: Address | None  # None: the cluster has no such kind
    live: Object | None  # None: it is not there
    differences: tuple[Difference, ...]


async def manifest(client: AsyncClient, release: Release, revision: int) -> str:
    """What helm rendered for a revision, hooks left out."""
    name = f"sh.helm.release.v1.{release.name}.v{revision}"
    found = decode(await client.get(Secret, name, namespace=release.namespace))
    return str(found["manifest"])


async def find(
    client: AsyncClient, release: Release, objects: Sequence[Object]
) -> tuple[Difference, ...]:
    """`objects` are those of the manifest. Changes nothing, but needs the right to patch them: it asks for a dry run."""
    looks = await _looks(client, release, objects)
    return tuple(each for look in looks for each in look.differences)


async def reclaim(
    client: AsyncClient, release: Release, objects: Sequence[Object]
) -> tuple[Difference, ...]:
    """What differs, after helm was made the one owner of it: its next upgrade sets it right, in one rollout.

    Without that, helm refuses to set back what somebody changed, and leaves alone what somebody added. No pod notices:
    `metadata.managedFields` alone are written, as client-go's csaupgrade does.
    """
    looks = await _looks(client, release, objects)
    for look in looks:
        paths = [each.path for each in look.differences if each.path]
        if look.address and look.live and paths:
            await _give_back(client, look.address, look.live, paths)
    return tuple(each for look in looks for each in look.differences)


async def _give_back(
    client: AsyncClient, address: Address, live: Object, paths: Iterable[Path]
) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        owners = reclaimed(live, paths)
        if owners == live["metadata"].get("managedFields"):
            return
        version = live["metadata"]["resourceVersion"]
        changes = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": version},
            {"op": "add", "path": "/metadata/managedFields", "value": owners},
        ]
        try:
            await client.patch(
                address.kind,
                address.name,
                changes,
                namespace=address.namespace,
                patch_type=PatchType.JSON,
            )
        except ApiError as refused:
            if refused.status.code not in REFUSALS or attempt == ATTEMPTS:
                raise
            found = await _get(client, address)
            if found is None:
                return
            live = found
        else:
            return


async def _looks(client: AsyncClient, release: Release, objects: Sequence[Object]) -> list[Look]:
    scaled = {
        (scaler.spec.scaleTargetRef.kind, scaler.spec.scaleTargetRef.name)
        async for scaler in client.list(HorizontalPodAutoscaler, namespace=release.namespace)
        if scaler.spec
    }
    custom = await _custom_kinds(client, objects)
    at_once = asyncio.Semaphore(AT_ONCE)

    async def look(obj: Object) -> Look:
        async with at_once:
            autoscaled = (obj["kind"], obj["metadata"]["name"]) in scaled
            kind = _standard_kind(obj) or custom.get((obj["apiVersion"], obj["kind"]))
            return await _look(client, release, obj, kind, autoscaled=autoscaled)

    return await asyncio.gather(*(look(obj) for obj in objects))


async def _look(
    client: AsyncClient, release: Release, obj: Object, kind: Kind | None, *, autoscaled: bool
) -> Look:
    name = f"{obj['kind']}/{obj['metadata']['name']}"
    if kind is None:
        unknown = f"the cluster knows no {obj['kind']} of {obj['apiVersion']}"
        return Look(None, None, (Difference(name, refused=unknown),))
    namespace = obj["metadata"].get("namespace", release.namespace)
    within = namespace if issubclass(kind, NamespacedResource) else None
    address = Address(kind, within, obj["metadata"]["name"])
    live = await _get(client, address)
    if live is None:
        return Look(address, None, (Difference(name),))
    try:
        released = await client.patch(
            kind,
            address.name,
            as_sent(obj, release.name, release.namespace),
            namespace=within,
            patch_type=PatchType.APPLY,
            field_manager=HELM,
            force=True,
            dry_run=True,
        )
    except ApiError as error:
        if error.status.code not in REFUSALS:
            raise
        # the words for a Secret may hold a part of it
        why = "it is invalid" if obj["kind"] == "Secret" else str(error.status.message)
        return Look(address, live, (Difference(name, refused=why),))
    return Look(address, live, tuple(differences(name, released, live, autoscaled=autoscaled)))


async def _get(client: AsyncClient, address: Address) -> Object | None:
    try:
        found: Object = await client.get(address.kind, address.name, namespace=address.namespace)
    except ApiError as error:
        if error.status.code == 404:
            return None
        raise
    return found


def _standard_kind(obj: Object) -> Kind | None:
    """One that Kubernetes brings along."""
    try:
        found = resource_registry.load(obj["apiVersion"], obj["kind"])
    except LoadResourceError:
        return None
    namespaced = issubclass(found, NamespacedResource)
    return _kind(api_info(found).resource, api_info(found).plural, namespaced=namespaced)


async def _custom_kinds(
    client: AsyncClient, objects: Sequence[Object]
) -> dict[tuple[str, str], Kind]:
    """By version and kind. Asks only where there are custom resources."""
    if all(_standard_kind(obj) for obj in objects):
        return {}
    found: dict[tuple[str, str], Kind] = {}
    async for each in client.list(CustomResourceDefinition):
        names, group = each.spec.names, each.spec.group
        for version in each.spec.versions:
            defined = ResourceDef(group, version.name, names.kind)
            found[defined.api_version, names.kind] = _kind(
                defined, names.plural, namespaced=each.spec.scope == "Namespaced"
            )
    return found


def _kind(defined: ResourceDef, plural: str, *, namespaced: bool) -> Kind:
    """Its objects come as JSON: lightkube's own types would leave out what they do not know."""
    info = ApiInfo(defined, plural, VERBS)
    if namespaced:

        class Namespaced(GenericNamespacedResource):
            _api_info = info

        return Namespaced

    class Global(GenericGlobalResource):
        _api_info = info

    return Global
