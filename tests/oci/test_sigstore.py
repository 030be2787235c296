"""Signed records: what the team's key proves, and that nothing else passes for it."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from shipway.oci.sigstore import Reason, Rejected, Signer, Verifier, unverified

RECORDED = Path(__file__).parent / "recorded"
BUNDLE, OTHER_BUNDLE = f"sha256:{'ab' * 32}", f"sha256:{'cd' * 32}"
RECORD = b'{"kind":"proven","who":"Zo\xc3\xab"}'

# RFC 6979, A.2.5: the private key of the examples for P-256.
EXAMPLE = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721

TEAM = Signer(ec.derive_private_key(EXAMPLE, ec.SECP256R1()))
STRANGER = Signer(ec.generate_private_key(ec.SECP256R1()))
SIGNED = TEAM.sign(BUNDLE, "team/shop", RECORD)

Json = dict[str, Any]

STEADY = settings(deadline=None, derandomize=True, database=None)


def edited(change: Callable[[Json], None]) -> bytes:
    found = json.loads(SIGNED)
    change(found)
    return json.dumps(found).encode()


def stating(change: Callable[[Json], None], signer: Signer = TEAM) -> bytes:
    """Another statement, which the team signed all the same."""
    statement = statement_of(SIGNED)
    change(statement)
    payload = json.dumps(statement).encode()
    kind = b"application/vnd.in-toto+json"
    encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    signature = signer.key.sign(encoded, ec.ECDSA(SHA256()))
    found = json.loads(SIGNED)
    found["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    found["dsseEnvelope"]["signatures"] = [{"sig": base64.b64encode(signature).decode()}]
    return json.dumps(found).encode()


def statement_of(raw: bytes) -> Json:
    found: Json = json.loads(base64.b64decode(json.loads(raw)["dsseEnvelope"]["payload"]))
    return found


def reason(raw: bytes, subject: str = BUNDLE) -> Reason:
    with pytest.raises(Rejected) as rejected:
        TEAM.verifier.record(raw, subject)
    return rejected.value.reason


def test_what_the_team_signed_is_read_back_byte_for_byte() -> None:
    assert TEAM.verifier.record(SIGNED, BUNDLE) == RECORD


def test_a_signed_record_is_a_statement_about_the_bundle() -> None:
    assert statement_of(SIGNED) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "team/shop", "digest": {"sha256": "ab" * 32}}],
        "predicateType": "https://shipway.dev/record/v1",
        "predicate": {"kind": "proven", "who": "Zoë"},
    }


def test_signing_again_gives_the_same_bytes() -> None:
    assert TEAM.sign(BUNDLE, "team/shop", RECORD) == SIGNED


def test_the_form_is_the_one_that_sigstores_own_verifier_accepted() -> None:
    """@sigstore/verify 4.1.3 read the recorded bundle with the recorded key; we make the same bytes today."""
    recorded = (RECORDED / "record.sigstore.json").read_bytes()
    verifier = Verifier.load((RECORDED / "release.pub").read_bytes(), "release.pub")
    record = verifier.record(recorded, BUNDLE)
    assert json.loads(record)["environment"] == "staging"
    assert TEAM.sign(BUNDLE, "sample-app", record) == recorded


def test_a_record_signed_with_another_key_is_rejected() -> None:
    assert reason(STRANGER.sign(BUNDLE, "team/shop", RECORD)) is Reason.OTHER_KEY


def test_a_stranger_that_claims_to_be_the_team_is_rejected() -> None:
    assert reason(stating(lambda statement: None, STRANGER)) is Reason.CHANGED


def test_a_record_of_another_bundle_is_rejected() -> None:
    assert reason(SIGNED, OTHER_BUNDLE) is Reason.OTHER_BUNDLE
    assert reason(SIGNED, BUNDLE.replace("sha256", "sha512")) is Reason.OTHER_BUNDLE
    assert reason(stating(lambda it: it["subject"].clear())) is Reason.OTHER_BUNDLE


def test_a_statement_may_name_others_beside_the_bundle() -> None:
    def change(statement: Json) -> None:
        statement["subject"].insert(0, {"digest": {"sha256": "cd" * 32}})

    assert json.loads(TEAM.verifier.record(stating(change), BUNDLE)) == json.loads(RECORD)


def test_a_changed_record_is_rejected() -> None:
    def change(bundle: Json) -> None:
        statement = statement_of(SIGNED)
        statement["predicate"]["who"] = "Mallory"
        payload = base64.b64encode(json.dumps(statement).encode()).decode()
        bundle["dsseEnvelope"]["payload"] = payload

    assert reason(edited(change)) is Reason.CHANGED


def sigs(*signatures: Any) -> Callable[[Json], None]:
    return lambda it: it["dsseEnvelope"].update(signatures=[*signatures])


MALFORMED = {
    "nothing": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "not UTF-8": SIGNED.replace(b"vnd.in-toto", b"vnd.in\xfftoto"),
    "brackets without end": b'{"mediaType":' + b"[" * 100_000,
    "another version": edited(
        lambda it: it.update(mediaType="application/vnd.dev.sigstore.bundle.v0.2+json")
    ),
    "no media type": edited(lambda it: it.pop("mediaType")),
    "no base64": edited(lambda it: it["dsseEnvelope"].update(payload="a b")),
    "an empty payload": edited(lambda it: it["dsseEnvelope"].update(payload="")),
    "no signature": edited(sigs()),
    "two signatures": edited(sigs({"sig": "aGk="}, {"sig": "aGk="})),
    "a signature that is a number": edited(sigs({"sig": 1})),
    "a subject that is a text": stating(lambda it: it.update(subject="team/shop")),
    "no predicate": stating(lambda it: it.pop("predicate")),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_has_not_the_form_is_rejected(case: str) -> None:
    assert reason(MALFORMED[case]) is Reason.MALFORMED


FOREIGN = {
    "a signed blob": edited(lambda it: it.pop("dsseEnvelope")),
    "another payload": edited(lambda it: it["dsseEnvelope"].update(payloadType="text/plain")),
    "another statement": stating(lambda it: it.update(_type="https://in-toto.io/Statement/v0.1")),
    "provenance": stating(lambda it: it.update(predicateType="https://slsa.dev/provenance/v1")),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_says_something_else_is_told_apart(case: str) -> None:
    assert reason(FOREIGN[case]) is Reason.FOREIGN


def test_a_signature_that_is_none_is_rejected() -> None:
    for junk in (b"", b"junk", bytes(64), b"\x30\x06\x02\x01\x00\x02\x01\x00"):
        text = base64.b64encode(junk).decode()
        assert reason(edited(sigs({"sig": text}))) is Reason.CHANGED


def test_a_certificate_in_place_of_the_key_is_another_key() -> None:
    def change(bundle: Json) -> None:
        bundle["verificationMaterial"] = {"certificate": {"rawBytes": "aGk="}}
        sigs({"sig": "aGk="})(bundle)

    assert reason(edited(change)) is Reason.OTHER_KEY


def test_without_a_key_the_form_and_the_bundle_must_still_fit() -> None:
    assert unverified(STRANGER.sign(BUNDLE, "team/shop", RECORD), BUNDLE) == RECORD
    with pytest.raises(Rejected) as rejected:
        unverified(SIGNED, OTHER_BUNDLE)
    assert rejected.value.problem == "a record counts for nothing: it was made for another bundle"


def test_a_key_is_never_shown() -> None:
    assert repr(TEAM) == "Signer()"
    assert repr(TEAM.verifier) == "Verifier()"


@STEADY
@given(st.binary())
def test_no_bytes_are_more_than_rejected(raw: bytes) -> None:
    reason(raw)


@STEADY
@given(st.integers(0, len(SIGNED) - 1), st.integers(0, 255))
def test_one_changed_byte_is_rejected_or_changes_nothing(position: int, byte: int) -> None:
    raw = bytearray(SIGNED)
    raw[position] = byte
    assert read_or_none(bytes(raw)) in {RECORD, None}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PARTS = st.sampled_from(
    [
        ("mediaType",),
        ("verificationMaterial",),
        ("verificationMaterial", "publicKey"),
        ("verificationMaterial", "publicKey", "hint"),
        ("dsseEnvelope",),
        ("dsseEnvelope", "payload"),
        ("dsseEnvelope", "payloadType"),
        ("dsseEnvelope", "signatures"),
        ("dsseEnvelope", "signatures", 0),
        ("dsseEnvelope", "signatures", 0, "sig"),
    ]
)


@STEADY
@given(PARTS, ANYTHING)
def test_any_part_may_be_anything(path: tuple[str | int, ...], value: object) -> None:
    found: Any = json.loads(SIGNED)
    *way, last = path
    place = found
    for step in way:
        place = place[step]
    place[last] = value
    assert read_or_none(json.dumps(found).encode()) in {RECORD, None}


@STEADY
@given(st.sampled_from(["_type", "subject", "predicateType", "predicate"]), ANYTHING)
def test_a_statement_of_any_form_that_the_team_signed_does_no_harm(
    part: str, value: object
) -> None:
    read_or_none(stating(lambda it: it.update({part: value})))


def read_or_none(raw: bytes) -> bytes | None:
    try:
        return TEAM.verifier.record(raw, BUNDLE)
    except Rejected:
        return None
