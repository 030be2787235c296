"""The Lease of a release, as the cluster keeps it: read, written, and taken from its holder by a person."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime

from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
from lightkube.models.coordination_v1 import LeaseSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.coordination_v1 import Lease
from msgspec.structs import replace

from shipway.commands.helm import Release
from shipway.model.lease import Holder, Seen, Unlocked

SECONDS = 15  # of silence after which a holder has lost it
PREFIX = "shipway.dev/"
BY, REASON, FROM = f"{PREFIX}unlocked-by", f"{PREFIX}unlocked-reason", f"{PREFIX}unlocked-from"
ABOUT_HOLDER = {each.name: PREFIX + each.name for each in fields(Holder)}
"""Annotations: what a person wants to know of a holder, beside its identity in the spec."""


async def read(client: AsyncClient, release: Release) -> Lease | None:
    try:
        return await client.get(Lease, name(release), namespace=release.namespace)
    except ApiError as error:
        if error.status.code == 404:
            return None
        raise


async def look(client: AsyncClient, release: Release) -> Seen:
    """Whose turn it is now."""
    return seen(await read(client, release))


async def unlock(client: AsyncClient, release: Release, who: str, reason: str) -> Holder | None:
    """Take it from whoever has it, who hears why and stops; None where it was free."""
    while True:
        lease = await read(client, release)
        holder = seen(lease).holder
        if lease is None or holder is None:
            return None
        said = {BY: who, REASON: reason, FROM: holder.identity}
        if await write(client, freed(lease, said)):
            return holder


async def write(client: AsyncClient, lease: Lease) -> Lease | None:
    """As it is now; None where somebody else was faster, or has deleted it."""
    assert lease.metadata is not None
    put = client.replace if lease.metadata.resourceVersion else client.create
    try:
        return await put(lease)
    except ApiError as error:
        if error.status.code in {404, 409}:
            return None
        raise


def name(release: Release) -> str:
    return f"shipway-{release.name}"


def seen(lease: Lease | None) -> Seen:
    if lease is None:
        return Seen(holder=None, fence=0, seconds=SECONDS)
    spec, notes = lease.spec or LeaseSpec(), _notes(lease)
    told, identity = _told(notes), spec.holderIdentity
    unlocked = _unlocked(notes)
    left = told and not identity and unlocked and told.identity == unlocked.identity
    return Seen(
        holder=_holder(identity, told) if identity else None,
        fence=spec.leaseTransitions or 0,
        seconds=spec.leaseDurationSeconds or SECONDS,
        taken=f"{spec.acquireTime:%Y-%m-%d %H:%M:%S %Z}" if spec.acquireTime else "",
        renewed=str(spec.renewTime or ""),
        unlocked=unlocked,
        left=told if left else None,
    )


def taken(
    lease: Lease | None, release: Release, holder: Holder, *, fence: int, seconds: int
) -> Lease:
    """The lease in our hand."""
    about = {note: str(getattr(holder, field)) for field, note in ABOUT_HOLDER.items()}
    there = (lease and lease.metadata) or ObjectMeta(
        name=name(release), namespace=release.namespace
    )
    now = _now()
    return Lease(
        metadata=replace(there, annotations={**(there.annotations or {}), **about}),
        spec=LeaseSpec(
            holderIdentity=holder.identity,
            leaseDurationSeconds=seconds,
            acquireTime=now,
            renewTime=now,
            leaseTransitions=fence,
        ),
    )


def renewed(lease: Lease) -> Lease:
    assert lease.spec is not None
    return replace(lease, spec=replace(lease.spec, renewTime=_now()))


def freed(lease: Lease, said: Mapping[str, str] | None = None) -> Lease:
    """In nobody's hand: how many have had it stays. With something `said` to who had it, so does who that is."""
    assert lease.metadata is not None
    assert lease.spec is not None
    notes = _notes(lease)
    about = () if said else ABOUT_HOLDER.values()
    kept = {note: text for note, text in notes.items() if note not in about}
    return replace(
        lease,
        metadata=replace(lease.metadata, annotations={**kept, **(said or {})}),
        spec=replace(lease.spec, holderIdentity="", renewTime=_now()),
    )


def _holder(identity: str, told: Holder | None) -> Holder:
    """The notes may be of somebody else: kubectl and other tools write what they like."""
    return told if told and told.identity == identity else Holder.stranger(identity)


def _told(notes: Mapping[str, str]) -> Holder | None:
    if ABOUT_HOLDER["host"] not in notes:
        return None
    pid = notes.get(ABOUT_HOLDER["pid"], "")
    words = {field: notes.get(note, "") for field, note in ABOUT_HOLDER.items() if field != "pid"}
    return Holder(**words, pid=int(pid) if pid.isdecimal() else 0)


def _unlocked(notes: Mapping[str, str]) -> Unlocked | None:
    if FROM not in notes:
        return None
    return Unlocked(notes.get(BY, "somebody"), notes.get(REASON, ""), notes[FROM])


def _notes(lease: Lease) -> Mapping[str, str]:
    return (lease.metadata and lease.metadata.annotations) or {}


def _now() -> datetime:
    """Never on the second: lightkube would leave the fraction out, and the API takes these times with six digits only."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond or 1)
