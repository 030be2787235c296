"""Signed records: an in-toto Statement v1 in a DSSE envelope in a Sigstore bundle v0.3, made and verified with a key pair.

Sources: github.com/in-toto/attestation spec/v1 (statement), github.com/secure-systems-lab/dsse (protocol, envelope),
github.com/sigstore/protobuf-specs (sigstore_bundle.proto). There is no certificate and no transparency log: who holds
the team's key speaks for the team.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shipway.errors import ShipwayError
from shipway.model.bundle import Digest, canonical
from shipway.oci.signing_key import private_key, public_key

SIGSTORE = "application/vnd.dev.sigstore.bundle.v0.3+json"
IN_TOTO = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
RECORD = "https://shipway.dev/record/v1"

ANNOTATIONS = {
    "dev.sigstore.bundle.content": "dsse-envelope",
    "dev.sigstore.bundle.predicateType": RECORD,
}
"""With which cosign lets its attestations be told apart in a list of referrers (cosign, BUNDLE_SPEC.md)."""

T = TypeVar("T")


class Reason(StrEnum):
    UNSIGNED = "it is not signed"
    MALFORMED = "it is not of the form of a record"
    FOREIGN = "it says something else than a record does"
    OTHER_KEY = "it is signed with another key"
    CHANGED = "it was changed after it was signed"
    OTHER_BUNDLE = "it was made for another bundle"


@dataclass(eq=False)
class Rejected(ShipwayError):
    """A signed record that counts for nothing."""

    reason: Reason

    @property
    def problem(self) -> str:
        return f"a record counts for nothing: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verifier:
    """Knows what the team has signed."""

    key: ec.EllipticCurvePublicKey = field(repr=False)

    @classmethod
    def load(cls, pem: bytes, where: str) -> Self:
        """`where` is the file, for the error: BadKey."""
        return cls(public_key(pem, where))

    @property
    def hint(self) -> str:
        """The key's name in a bundle, as cosign makes it: SHA-256 of the DER form, in base64."""
        der = self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(der).digest()).decode()

    def record(self, raw: bytes, subject: Digest) -> bytes:
        """The record's JSON. Rejected unless the team signed it, and for this subject."""
        signed = _open(raw)
        try:
            self.key.verify(signed.signature, _encode(signed.payload), ec.ECDSA(SHA256()))
        except InvalidSignature:
            ours = signed.hint == self.hint  # only a claim: good for the choice of words
            raise Rejected(Reason.CHANGED if ours else Reason.OTHER_KEY) from None
        return signed.record(subject)


@dataclass(frozen=True, slots=True)
class Signer:
    """Holds the team's private key."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def load(cls, pem: bytes, password: bytes | None, where: str) -> Self:
        """`where` is the variable or the file, for the error: BadKey."""
        return cls(private_key(pem, password, where))

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.key.public_key())

    def sign(self, subject: Digest, name: str, record: bytes) -> bytes:
        """`record`, which is JSON, as a Sigstore bundle about the manifest `subject` of the repository `name`.

        ECDSA without chance (RFC 6979): the same record is the same bytes, however often it is written.
        """
        algorithm, _, hexadecimal = subject.partition(":")
        payload = canonical(
            {
                "_type": STATEMENT,
                "subject": [{"name": name, "digest": {algorithm: hexadecimal}}],
                "predicateType": RECORD,
                "predicate": json.loads(record),
            }
        )
        signature = self.key.sign(_encode(payload), ec.ECDSA(SHA256(), deterministic_signing=True))
        return canonical(
            {
                "mediaType": SIGSTORE,
                "verificationMaterial": {
                    "publicKey": {"hint": self.verifier.hint},
                    "tlogEntries": [],
                },
                "dsseEnvelope": {
                    "payload": base64.b64encode(payload).decode(),
                    "payloadType": IN_TOTO,
                    "signatures": [{"sig": base64.b64encode(signature).decode()}],
                },
            }
        )


def unverified(raw: bytes, subject: Digest) -> bytes:
    """The record's JSON, whoever signed it. Rejected unless it is well-formed and for this subject."""
    return _open(raw).record(subject)


class _Subject(msgspec.Struct):
    digest: dict[str, str]


class _Statement(msgspec.Struct, rename="camel"):
    subject: list[_Subject]
    predicate_type: str
    predicate: msgspec.Raw
    type_: str = msgspec.field(name="_type")


class _Signature(msgspec.Struct):
    sig: bytes


class _Envelope(msgspec.Struct, rename="camel"):
    payload: bytes
    payload_type: str
    signatures: list[_Signature]


class _PublicKey(msgspec.Struct):
    hint: str = ""


class _Material(msgspec.Struct, rename="camel"):
    public_key: _PublicKey | None = None  # none: a certificate, which is not our flavour


class _Bundle(msgspec.Struct, rename="camel"):
    media_type: str
    verification_material: _Material
    dsse_envelope: _Envelope | None = None  # none: a signature of a blob


@dataclass(frozen=True, slots=True)
class _Signed:
    """A bundle that is well-formed and says that it holds a record. Nothing of it is proven."""

    payload: bytes
    signature: bytes
    hint: str
    statement: _Statement

    def record(self, subject: Digest) -> bytes:
        """Rejected where it speaks of another subject."""
        algorithm, _, hexadecimal = subject.partition(":")
        if all(it.digest.get(algorithm) != hexadecimal for it in self.statement.subject):
            raise Rejected(Reason.OTHER_BUNDLE)
        return bytes(self.statement.predicate)


def _open(raw: bytes) -> _Signed:
    bundle = _decode(raw, _Bundle)
    if bundle.media_type != SIGSTORE:
        raise Rejected(Reason.MALFORMED)
    envelope = bundle.dsse_envelope
    if envelope is None or envelope.payload_type != IN_TOTO:
        raise Rejected(Reason.FOREIGN)
    if len(envelope.signatures) != 1:  # sigstore_bundle.proto: exactly one
        raise Rejected(Reason.MALFORMED)
    statement = _decode(envelope.payload, _Statement)
    if (statement.type_, statement.predicate_type) != (STATEMENT, RECORD):
        raise Rejected(Reason.FOREIGN)
    key = bundle.verification_material.public_key
    signature = envelope.signatures[0].sig
    return _Signed(envelope.payload, signature, key.hint if key else "", statement)


def _decode(raw: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=shape)
    except (
        msgspec.MsgspecError,
        UnicodeDecodeError,
        RecursionError,
    ):  # the last: brackets without end
        raise Rejected(Reason.MALFORMED) from None


def _encode(payload: bytes) -> bytes:
    """What is signed: DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(IN_TOTO), IN_TOTO.encode(), len(payload), payload)
