"""Somebody may push to the registry but has no key: what they say of a release counts for nothing."""

from pathlib import PurePath

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from shipway.model.record import Record
from shipway.oci import bundles
from shipway.oci.records import Ledger
from shipway.oci.registry import Registry
from shipway.oci.sigstore import Signer, Verifier
from shipway.oci.team_key import TeamKey
from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
TEAM = TeamKey(PurePath("keys/release.pub"), Verifier(KEY.public_key()), Signer(KEY))


def proven(bundle: str) -> Record:
    return Record("proven", bundle, "2026-11-21T09:30:00+00:00", "ann", "run-1", "dev", revision=1)


async def kinds(registry: Registry, bundle: str) -> list[str]:
    kept = await Ledger(registry, "sample-app", TEAM).read(bundle)
    return sorted(each.record.kind for each in kept)


async def test_without_the_private_key_nothing_is_begun(bench: Workbench) -> None:
    (bench.folder / "keys").mkdir()
    (bench.folder / "keys/release.pub").write_bytes(PUBLIC)
    bench.edit("shipway.yaml", "  embedded:\n", "  embedded:\n    key: keys/release.pub\n")
    said = await bench.shipway("run", "--env", "dev", "--tag", "v1")
    assert (said.code, said.err.splitlines()) == (
        2,
        [
            "error: records are signed with the private key of keys/release.pub, which is not set",
            "  try: export SHIPWAY_SIGNING_KEY_FILE=release.key; or give SHIPWAY_SIGNING_KEY its text",
        ],
    )
    assert not (bench.state / "embedded").exists()


async def test_with_it_a_build_signs_that_it_was_built(bench: Workbench) -> None:
    said = await bench.shipway("build", "--tag", "v1", SHIPWAY_SIGNING_KEY=PEM)
    assert said.code == 0, said.err
    async with Registry(bench.registry) as registry:
        released = await bundles.find(registry, "sample-app", "v1")
        assert await kinds(registry, released.bundle.id) == ["built"]


async def test_what_nobody_signed_opens_no_environment(bench: Workbench) -> None:
    async with Registry(bench.registry) as registry:
        released = await bundles.find(registry, "sample-app", "v1")
        await Ledger(registry, "sample-app").write(proven(released.bundle.id))
        assert await kinds(registry, released.bundle.id) == ["built"]
    said = await bench.shipway("deploy", "--env", "staging", "--tag", "v1", SHIPWAY_SIGNING_KEY=PEM)
    assert said.code == 3, said.err
    assert "is not proven in dev" in said.err
    assert "  1 record does not carry the team's signature and counts for nothing\n" in said.err


async def test_the_key_is_in_no_file_that_a_run_leaves_and_in_no_process_that_it_starts(
    bench: Workbench,
) -> None:
    lines = [line.encode() for line in PEM.splitlines()[1:-1]]
    files = [path for path in (bench.state / "runs").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if any(line in path.read_bytes() for line in lines)]
    cluster = [psutil.Process(pid) for pid in bench.processes]
    assert cluster
    assert not [process for process in cluster if "SHIPWAY_SIGNING_KEY" in variables(process)]


def variables(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}  # it has ended since
