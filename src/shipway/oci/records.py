"""Records in a registry: small artifacts that refer to the bundle they speak of, signed where the team has a key."""

import asyncio
from dataclasses import dataclass

from shipway.model.bundle import Digest, digest
from shipway.model.record import Kept, Record
from shipway.oci.artifact import EMPTY, Artifact, Blob, Descriptor
from shipway.oci.bundles import bundle_tag
from shipway.oci.errors import BundleGone, NotInRegistry
from shipway.oci.manifest import Manifest, read_descriptor
from shipway.oci.registry import Registry
from shipway.oci.sigstore import ANNOTATIONS, SIGSTORE, Reason, Rejected, Signer, unverified
from shipway.oci.team_key import TeamKey

RECORD = "application/vnd.shipway.record.v1+json"
KIND, ENVIRONMENT = "dev.shipway.record", "dev.shipway.environment"  # annotations, for people


@dataclass(frozen=True, slots=True)
class Reading:
    """The records of a bundle, in no order; with a key also why each other one counts for nothing."""

    kept: list[Kept]
    ignored: list[Reason]

    @property
    def note(self) -> str:
        """For people; empty where every record counts."""
        if not self.ignored:
            return ""
        if len(self.ignored) == 1:
            return "1 record does not carry the team's signature and counts for nothing"
        return (
            f"{len(self.ignored)} records do not carry the team's signature and count for nothing"
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that is recorded about the bundles of one repository."""

    registry: Registry
    repository: str
    key: TeamKey | None = None

    async def read(self, bundle: Digest) -> list[Kept]:
        """In no order. Empty for a bundle that is not there."""
        return (await self.look(bundle)).kept

    async def look(self, bundle: Digest) -> Reading:
        """As `read`, and what was passed over. Whatever somebody else put there, it is no error."""
        subject = await self._subject(bundle)
        if subject is None:
            return Reading([], [])
        listed = await self.registry.referrers(self.repository, subject.digest)
        found = await asyncio.gather(
            *(self._read(each, subject.digest) for each in listed if _may_be_record(each))
        )
        kept = {each.digest: each for each in found if isinstance(each, Kept)}
        ignored: list[Reason] = [
            each for each in found if isinstance(each, Reason) and each is not Reason.FOREIGN
        ]
        return Reading(
            [each for each in kept.values() if each.record.bundle == bundle],
            ignored if self.key else [],
        )

    async def write(self, record: Record) -> Kept:
        """BundleGone where nothing can refer to it. NoPrivateKey where a signature is wanted."""
        signer = self.key.must_sign() if self.key else None
        subject = await self._subject(record.bundle)
        if subject is None:
            raise BundleGone(f"{self.registry.address.host}/{self.repository}", record.bundle)
        await self.registry.upload(self.repository, pack(record, subject, self.repository, signer))
        return Kept(digest(record.to_json()), record)

    async def _subject(self, bundle: Digest) -> Descriptor | None:
        try:
            found = await self.registry.manifest(self.repository, bundle_tag(bundle))
        except NotInRegistry:
            return None
        return found.descriptor

    async def _read(self, listed: Descriptor, subject: Digest) -> Kept | Reason | None:
        """None for what is gone since it was listed, and for a record of a kind that a later version knows."""
        try:
            layer = _layer(await self.registry.manifest(self.repository, listed.digest))
            raw = await self.registry.blob(self.repository, layer.digest)
            content = self._open(layer.media_type, raw, subject)
        except NotInRegistry:
            return None
        except Rejected as rejected:
            return rejected.reason
        record = Record.from_json(content)
        return Kept(digest(content), record) if record else None

    def _open(self, media_type: str, raw: bytes, subject: Digest) -> bytes:
        """The record's JSON. Rejected where it does not count."""
        if media_type == SIGSTORE:
            return self.key.verifier.record(raw, subject) if self.key else unverified(raw, subject)
        if self.key:
            raise Rejected(Reason.UNSIGNED)
        return raw


def pack(
    record: Record, subject: Descriptor, repository: str, signer: Signer | None = None
) -> Artifact:
    """Signed, it is what cosign calls an attestation of the bundle."""
    raw = record.to_json()
    if signer:
        layer = Blob.of(SIGSTORE, signer.sign(subject.digest, repository, raw))
    else:
        layer = Blob.of(RECORD, raw)
    named = {KIND: record.kind, ENVIRONMENT: record.environment}
    return Artifact(
        config=Blob.of(EMPTY, b"{}"),
        layers=(layer,),
        artifact_type=layer.descriptor.media_type,
        subject=subject,
        annotations={
            **{name: value for name, value in named.items() if value},
            **(ANNOTATIONS if signer else {}),
        },
    )


def _may_be_record(listed: Descriptor) -> bool:
    """Somebody else's attestations lie in the same list; where it names what they say, they are not fetched."""
    if listed.artifact_type != SIGSTORE:
        return listed.artifact_type == RECORD
    return all(listed.annotations.get(name, value) == value for name, value in ANNOTATIONS.items())


def _layer(manifest: Manifest) -> Descriptor:
    """The one that a record has. Rejected where this is none of ours."""
    try:
        (found,) = manifest.content["layers"]
        layer = read_descriptor(found)
        if layer.media_type in {RECORD, SIGSTORE}:
            return layer
    except (ValueError, TypeError, LookupError):
        pass
    raise Rejected(Reason.MALFORMED)
