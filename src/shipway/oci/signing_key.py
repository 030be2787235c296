"""The keys of signed records: PEM text becomes an ECDSA key on P-256, or an error that says what else it is."""

import re
from dataclasses import dataclass
from typing import ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

from shipway.errors import USAGE, ShipwayError

KEY = "SHIPWAY_SIGNING_KEY"
KEY_FILE = "SHIPWAY_SIGNING_KEY_FILE"
PASSWORD = "SHIPWAY_SIGNING_PASSWORD"  # noqa: S105  # the variable's name
SECRETS = frozenset({KEY, PASSWORD})

MAKE = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out release.key"

_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")


@dataclass(eq=False)
class BadKey(ShipwayError):
    """A key that cannot be used. `where` is the variable or the file that holds it; its text is never repeated."""

    exit_code: ClassVar[int] = USAGE

    where: str
    fault: str
    fix: str

    @property
    def problem(self) -> str:
        return f"{self.where} {self.fault}"

    @property
    def remedy(self) -> str:
        return self.fix


def private_key(pem: bytes, password: bytes | None, where: str) -> ec.EllipticCurvePrivateKey:
    """From PKCS #8 or SEC 1, encrypted or not. BadKey for anything else."""
    label = _label(pem)
    if label is None:
        hint = f"{MAKE}; the path of a key belongs in {KEY_FILE}, its text in {KEY}"
        raise BadKey(where, "is not a key in PEM form", hint)
    if label in {"PUBLIC KEY", "CERTIFICATE"}:
        raise BadKey(
            where,
            f"is a {label.lower()}: only the private key signs",
            "take the file that openssl genpkey wrote",
        )
    if not label.endswith("PRIVATE KEY") or label.split()[0] in {"OPENSSH", "PGP"}:
        raise BadKey(where, f"is of the kind {label}, which openssl does not make", MAKE)
    if "SIGSTORE" in label or "COSIGN" in label:
        other = f"{MAKE}; cosign takes it too: cosign import-key-pair --key release.key"
        raise BadKey(where, "is in cosign's own format", other)
    try:
        key = load_pem_private_key(pem, password)
    except TypeError as mismatch:  # between key and password: one is encrypted, or one is missing
        if password is None:
            raise BadKey(where, "is encrypted", f"export {PASSWORD}=…") from mismatch
        plain = f"is not encrypted, though {PASSWORD} is set"
        raise BadKey(where, plain, f"unset {PASSWORD}") from mismatch
    except (ValueError, UnsupportedAlgorithm) as unreadable:
        if password is not None:
            wrong = f"does not open with {PASSWORD}"
            raise BadKey(where, wrong, f"set {PASSWORD} to the password of the key") from unreadable
        raise _damaged(where) from unreadable
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not _fits(key):
        raise BadKey(where, f"is {_kind(key)}, and records are signed with ECDSA on P-256", MAKE)
    return key


def public_key(pem: bytes, where: str) -> ec.EllipticCurvePublicKey:
    """From SubjectPublicKeyInfo. BadKey for anything else."""
    publish = f"openssl pkey -in release.key -pubout -out {where}"
    label = _label(pem)
    if label is None:
        raise BadKey(where, "is not a key in PEM form", publish)
    if label.endswith("PRIVATE KEY"):
        secret = "holds a private key, which belongs in no repository"  # noqa: S105  # a sentence
        raise BadKey(where, secret, f"{publish}; if it was ever committed, make another: {MAKE}")
    if label == "CERTIFICATE":
        take = f"openssl x509 -in {where} -noout -pubkey"
        raise BadKey(where, "is a certificate: its public key is wanted", take)
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as unreadable:
        raise _damaged(where) from unreadable
    if not isinstance(key, ec.EllipticCurvePublicKey) or not _fits(key):
        raise BadKey(where, f"is {_kind(key)}, and records are signed with ECDSA on P-256", MAKE)
    return key


def _label(pem: bytes) -> str | None:
    """What the PEM text says it is. openssl ecparam writes the curve's parameters above the key."""
    labels = [it.decode() for it in _LABEL.findall(pem)]
    return next((it for it in labels if it != "EC PARAMETERS"), None)


def _fits(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> bool:
    return isinstance(key.curve, ec.SECP256R1)


def _kind(key: object) -> str:
    """Such as `an RSA key` or `a key on secp384r1`."""
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return f"a key on {key.curve.name}"
    name = type(key).__name__.removesuffix("PrivateKey").removesuffix("PublicKey")
    return f"an {name} key"


def _damaged(where: str) -> BadKey:
    whole = "copy the whole file, every line of it, from -----BEGIN to -----END"
    return BadKey(where, "cannot be read as a key: a part is missing or changed", whole)
