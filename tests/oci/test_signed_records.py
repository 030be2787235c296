"""Records in a registry that anybody may have written to: with a key, only the team's count."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path, PurePath

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from drydock.registry.app import create
from shipway.model.bundle import Bundle, ChartRef, ImageRef
from shipway.model.record import Record
from shipway.oci import bundles
from shipway.oci.artifact import EMPTY, Artifact, Blob, Descriptor
from shipway.oci.bundles import Released, bundle_tag
from shipway.oci.records import RECORD, Ledger, Reading, pack
from shipway.oci.registry import Registry
from shipway.oci.sigstore import SIGSTORE, Reason, Signer
from shipway.oci.team_key import NoPrivateKey, OtherPrivateKey, TeamKey
from tests.oci.conftest import HASTE, image, serve
from tests.oci.test_fallback import Old

REPOSITORY = "team/shop"
TEAM = Signer(ec.generate_private_key(ec.SECP256R1()))
STRANGER = Signer(ec.generate_private_key(ec.SECP256R1()))
READING = TeamKey(PurePath("keys/release.pub"), TEAM.verifier)
KEY = READING.with_private(TEAM, "release.key")


def bundle(tag: str) -> Bundle:
    digest = f"sha256:{'00' * 32}"
    chart = ChartRef("charts/shop", "1.0.0", digest)
    return Bundle(ImageRef(REPOSITORY, digest), chart, {}, "", tag)


ONE, TWO = bundle("v1"), bundle("v2")


def proven(released: Bundle, environment: str = "staging") -> Record:
    at = "2026-11-21T09:30:00+00:00"
    return Record("proven", released.id, at, "ann", "run-1", environment, revision=4)


PROVEN = proven(ONE)


NEW, OLD = "with the referrers API", "without it"
BOTH = pytest.mark.parametrize("shelf", [NEW, OLD], indirect=True)


@pytest.fixture
async def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Registry]:
    """Two bundles and no records."""
    app = create(tmp_path / "shelf", immutable_tags=False, allowed_hosts={"127.0.0.1"})
    served = Old(app) if getattr(request, "param", NEW) == OLD else app
    async with serve(served) as address, Registry(address, patience=HASTE) as registry:
        subject = await registry.upload(REPOSITORY, image("the image"))
        for each in (ONE, TWO):
            await bundles.push(registry, Released(each, {}), subject)
        yield registry


async def subject_of(registry: Registry, released: Bundle) -> Descriptor:
    return (await registry.manifest(REPOSITORY, bundle_tag(released.id))).descriptor


async def put(registry: Registry, record: Record, signer: Signer | None = None) -> None:
    """As somebody does who may write to the registry."""
    subject = await subject_of(registry, ONE)
    await registry.upload(REPOSITORY, pack(record, subject, REPOSITORY, signer))


async def put_layer(registry: Registry, kind: str, content: bytes) -> None:
    artifact = Artifact(
        Blob.of(EMPTY, b"{}"),
        (Blob.of(kind, content),),
        artifact_type=kind,
        subject=await subject_of(registry, ONE),
    )
    await registry.upload(REPOSITORY, artifact)


@BOTH
async def test_a_signed_record_is_read_back(shelf: Registry) -> None:
    kept = await Ledger(shelf, REPOSITORY, KEY).write(PROVEN)
    assert await Ledger(shelf, REPOSITORY, READING).read(ONE.id) == [kept]
    assert kept.record == PROVEN
    assert await Ledger(shelf, REPOSITORY, READING).read(TWO.id) == []


async def test_cosign_finds_it_as_an_attestation_of_the_bundle(shelf: Registry) -> None:
    await Ledger(shelf, REPOSITORY, KEY).write(PROVEN)
    subject = await subject_of(shelf, ONE)
    (listed,) = await shelf.referrers(REPOSITORY, subject.digest)
    manifest = (await shelf.manifest(REPOSITORY, listed.digest)).content
    assert {name: manifest[name] for name in ("artifactType", "subject", "annotations")} == {
        "artifactType": SIGSTORE,
        "subject": {**subject.to_json(), "artifactType": bundles.BUNDLE},
        "annotations": {
            "dev.shipway.environment": "staging",
            "dev.shipway.record": "proven",
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": "https://shipway.dev/record/v1",
        },
    }
    (layer,) = manifest["layers"]
    assert layer["mediaType"] == SIGSTORE
    raw = await shelf.blob(REPOSITORY, layer["digest"])
    assert raw == TEAM.sign(subject.digest, REPOSITORY, PROVEN.to_json())


@BOTH
async def test_writing_it_again_leaves_one(shelf: Registry) -> None:
    ledger = Ledger(shelf, REPOSITORY, KEY)
    assert await ledger.write(PROVEN) == await ledger.write(PROVEN)
    subject = await subject_of(shelf, ONE)
    assert len(await shelf.referrers(REPOSITORY, subject.digest)) == 1


@BOTH
async def test_unsigned_forged_and_replayed_records_count_for_nothing(shelf: Registry) -> None:
    await put(shelf, PROVEN)
    await put(shelf, replace(PROVEN, environment="prod"), STRANGER)
    other = TEAM.sign((await subject_of(shelf, TWO)).digest, REPOSITORY, PROVEN.to_json())
    await put_layer(shelf, SIGSTORE, other)
    signed = json.loads(
        TEAM.sign((await subject_of(shelf, ONE)).digest, REPOSITORY, PROVEN.to_json())
    )
    signed["dsseEnvelope"]["payload"] = json.loads(other)["dsseEnvelope"]["payload"]
    await put_layer(shelf, SIGSTORE, json.dumps(signed).encode())
    await put_layer(shelf, SIGSTORE, b"junk")
    reading = await Ledger(shelf, REPOSITORY, KEY).look(ONE.id)
    assert reading.kept == []
    assert sorted(each.name for each in reading.ignored) == [
        "CHANGED",
        "MALFORMED",
        "OTHER_BUNDLE",
        "OTHER_KEY",
        "UNSIGNED",
    ]
    assert reading.note == "5 records do not carry the team's signature and count for nothing"


async def test_a_record_that_the_team_signed_for_a_bundle_speaks_of_no_other(
    shelf: Registry,
) -> None:
    """Signed for this manifest, and about another bundle all the same: no run of ours does that."""
    await put(shelf, proven(TWO), TEAM)
    for each in (ONE, TWO):
        assert await Ledger(shelf, REPOSITORY, KEY).read(each.id) == []


async def test_one_record_wrapped_twice_is_one(shelf: Registry) -> None:
    """A signed record can be put there again by anybody: that makes no second one of it."""
    kept = await Ledger(shelf, REPOSITORY, KEY).write(PROVEN)
    signed = TEAM.sign((await subject_of(shelf, ONE)).digest, REPOSITORY, PROVEN.to_json())
    await put_layer(shelf, SIGSTORE, signed)
    subject = await subject_of(shelf, ONE)
    assert len(await shelf.referrers(REPOSITORY, subject.digest)) == 2
    assert await Ledger(shelf, REPOSITORY, KEY).read(ONE.id) == [kept]


async def test_what_others_say_about_the_bundle_is_no_record_and_not_spoken_of(
    shelf: Registry,
) -> None:
    await put_layer(shelf, "application/spdx+json", b"{}")
    await put_layer(shelf, SIGSTORE, provenance())
    kept = await Ledger(shelf, REPOSITORY, KEY).write(PROVEN)
    reading = await Ledger(shelf, REPOSITORY, KEY).look(ONE.id)
    assert (reading.kept, reading.note) == ([kept], "")


def provenance() -> bytes:
    signed = STRANGER.sign(f"sha256:{'00' * 32}", REPOSITORY, b"{}")
    found = json.loads(signed)
    found["dsseEnvelope"]["payloadType"] = "application/vnd.example+json"
    return json.dumps(found).encode()


async def test_without_a_key_plain_and_signed_records_are_read(shelf: Registry) -> None:
    plain = Ledger(shelf, REPOSITORY)
    kept = await plain.write(PROVEN)
    await put(shelf, PROVEN, STRANGER)
    prod = replace(PROVEN, environment="prod")
    await put(shelf, prod, STRANGER)
    await put_layer(shelf, SIGSTORE, b"junk")
    await put_layer(shelf, RECORD, b'{"kind":[]}')
    await put_layer(shelf, RECORD, b"[" * 100_000)
    reading = await plain.look(ONE.id)
    assert sorted(each.record.environment for each in reading.kept) == ["prod", "staging"]
    assert kept in reading.kept
    assert reading.note == ""


async def test_an_artifact_of_our_type_and_another_form_is_passed_over(shelf: Registry) -> None:
    subject = await subject_of(shelf, ONE)
    config, layer = Blob.of(EMPTY, b"{}"), Blob.of(RECORD, PROVEN.to_json())
    for layers in ((), (layer, layer), (Blob.of("text/plain", b""),)):
        artifact = Artifact(config, layers, artifact_type=RECORD, subject=subject)
        await shelf.upload(REPOSITORY, artifact)
    assert await Ledger(shelf, REPOSITORY).read(ONE.id) == []
    reading = await Ledger(shelf, REPOSITORY, KEY).look(ONE.id)
    assert reading.ignored == [Reason.MALFORMED] * 3


@pytest.mark.parametrize("shelf", [OLD], indirect=True)
async def test_a_record_that_is_listed_and_gone_is_passed_over(shelf: Registry) -> None:
    """Where a tag is the list, who deletes a manifest may leave its name in it."""
    kept = await Ledger(shelf, REPOSITORY, KEY).write(PROVEN)
    subject = await subject_of(shelf, ONE)
    gone = pack(proven(ONE, "prod"), subject, REPOSITORY, TEAM)
    await shelf.upload(REPOSITORY, gone)
    assert len(await Ledger(shelf, REPOSITORY, KEY).read(ONE.id)) == 2
    await shelf._manifests(REPOSITORY).delete(gone.digest)
    assert len(await shelf.referrers(REPOSITORY, subject.digest)) == 2
    assert await Ledger(shelf, REPOSITORY, KEY).read(ONE.id) == [kept]


async def test_without_the_private_key_nothing_is_written(shelf: Registry) -> None:
    with pytest.raises(NoPrivateKey) as refused:
        await Ledger(shelf, REPOSITORY, READING).write(PROVEN)
    assert (refused.value.exit_code, refused.value.problem, refused.value.remedy) == (
        2,
        "records are signed with the private key of keys/release.pub, which is not set",
        "export SHIPWAY_SIGNING_KEY_FILE=release.key; or give SHIPWAY_SIGNING_KEY its text",
    )
    subject = await subject_of(shelf, ONE)
    assert await shelf.referrers(REPOSITORY, subject.digest) == []


def test_one_record_that_does_not_count_is_said_in_the_singular() -> None:
    assert Reading([], [Reason.UNSIGNED]).note == (
        "1 record does not carry the team's signature and counts for nothing"
    )


def test_a_private_key_of_somebody_else_is_refused() -> None:
    with pytest.raises(OtherPrivateKey) as refused:
        READING.with_private(STRANGER, "SHIPWAY_SIGNING_KEY")
    assert (refused.value.exit_code, refused.value.problem, refused.value.remedy) == (
        2,
        "SHIPWAY_SIGNING_KEY is not the private key of keys/release.pub",
        "compare the output of openssl pkey -in release.key -pubout with keys/release.pub",
    )
