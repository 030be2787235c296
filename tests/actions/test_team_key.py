"""The team's key from the project's folder and the environment, and what is said where it is wrong or missing."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.actions.team_key import team_key
from shipway.config.load import load
from shipway.config.project import Project
from shipway.errors import ShipwayError
from shipway.oci.team_key import NoPrivateKey, TeamKey
from shipway.testing.scripted_shell import ScriptedShell

ROOT = Path(__file__).parents[2]
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def pem(key: ec.EllipticCurvePrivateKey, password: str = "") -> str:
    protection = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection).decode()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The sample, whose records on the embedded target are signed."""
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/release.pub").write_bytes(public)
    sample = load(ROOT / "shipway.yaml")
    signed = replace(sample.targets["embedded"], key=PurePath("keys/release.pub"))
    return replace(sample, root=tmp_path, targets={**sample.targets, "embedded": signed})


def found(project: Project, variables: Mapping[str, str]) -> TeamKey:
    key = team_key(project, "embedded", variables)
    assert key is not None
    return key


def said(project: Project, variables: Mapping[str, str]) -> tuple[str, str | None]:
    with pytest.raises(ShipwayError) as refused:
        found(project, variables).must_sign()
    assert refused.value.exit_code == 2
    return refused.value.problem, refused.value.remedy


def test_a_target_without_a_key_wants_none(project: Project) -> None:
    assert team_key(project, "eks", {"SHIPWAY_SIGNING_KEY": "anything"}) is None
    assert team_key(project, "github", {}) is None


def test_a_private_key_that_cannot_sign_keeps_nobody_from_reading(project: Project) -> None:
    wrong = found(project, {"SHIPWAY_SIGNING_KEY_FILE": "nowhere.key"})
    assert wrong.verifier.hint == found(project, {}).verifier.hint


def test_without_the_private_key_records_can_be_read(project: Project) -> None:
    for variables in ({}, {"SHIPWAY_SIGNING_KEY": "", "SHIPWAY_SIGNING_PASSWORD": ""}):
        key = found(project, variables)
        assert (key.public, key.private) == (PurePath("keys/release.pub"), None)


def test_the_private_key_is_the_text_of_a_variable(project: Project) -> None:
    key = found(project, {"SHIPWAY_SIGNING_KEY": pem(KEY)})
    assert key.must_sign().verifier.hint == key.verifier.hint


def test_the_private_key_is_in_a_file_that_a_variable_names(project: Project) -> None:
    path = project.root / "release.key"
    path.write_text(pem(KEY, "s3cret"))
    variables = {"SHIPWAY_SIGNING_KEY_FILE": str(path), "SHIPWAY_SIGNING_PASSWORD": "s3cret"}
    assert found(project, variables).must_sign()


def test_a_file_that_is_not_there(project: Project) -> None:
    assert said(project, {"SHIPWAY_SIGNING_KEY_FILE": "/nowhere/release.key"}) == (
        "/nowhere/release.key (SHIPWAY_SIGNING_KEY_FILE) cannot be read: No such file or directory",
        "ls -l /nowhere/release.key",
    )


def test_two_keys_are_one_too_many(project: Project) -> None:
    variables = {"SHIPWAY_SIGNING_KEY": pem(KEY), "SHIPWAY_SIGNING_KEY_FILE": "release.key"}
    assert said(project, variables) == (
        "SHIPWAY_SIGNING_KEY is set, and SHIPWAY_SIGNING_KEY_FILE too: one of them is the key",
        "unset SHIPWAY_SIGNING_KEY",
    )


def test_the_private_key_of_somebody_else(project: Project) -> None:
    problem, _ = said(project, {"SHIPWAY_SIGNING_KEY": pem(OTHER)})
    assert problem == "SHIPWAY_SIGNING_KEY is not the private key of keys/release.pub"


def test_text_that_is_no_text(project: Project) -> None:
    problem, _ = said(project, {"SHIPWAY_SIGNING_KEY": "\udcff"})
    assert problem == "SHIPWAY_SIGNING_KEY is not a key in PEM form"
    variables = {"SHIPWAY_SIGNING_KEY": pem(KEY, "s3cret"), "SHIPWAY_SIGNING_PASSWORD": "\udcff"}
    problem, _ = said(project, variables)
    assert problem == "SHIPWAY_SIGNING_KEY does not open with SHIPWAY_SIGNING_PASSWORD"


def test_a_public_key_that_is_of_no_use_names_its_file(project: Project) -> None:
    (project.root / "keys/release.pub").write_text("soon")
    assert said(project, {}) == (
        "keys/release.pub is not a key in PEM form",
        "openssl pkey -in release.key -pubout -out keys/release.pub",
    )


def test_what_would_have_to_be_recorded_is_refused_before_it_begins(project: Project) -> None:
    session = Session(
        project=project,
        target="embedded",
        shell=ScriptedShell(),
        emit=lambda _event: None,
        run="run",
        key=found(project, {}),
    )
    for compose in (
        lambda: steps.deploy(session, "dev"),
        lambda: steps.helm_test(session, "dev"),
        lambda: list(steps.building(session, "v1")),
    ):
        with pytest.raises(NoPrivateKey):
            compose()
