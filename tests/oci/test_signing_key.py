"""Every key that cannot be used, as a person hears of it."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from shipway.oci.signing_key import MAKE, BadKey, private_key, public_key

Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

TEAM = ec.generate_private_key(ec.SECP256R1())


def pem(
    key: Private, form: PrivateFormat = PrivateFormat.PKCS8, password: bytes | None = None
) -> bytes:
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, protection)


def public(key: Private) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def wrapped(label: str) -> bytes:
    return f"-----BEGIN {label}-----\naGVsbG8=\n-----END {label}-----\n".encode()


P384 = ec.generate_private_key(ec.SECP384R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("text", "password"),
    [
        (pem(TEAM), None),
        (pem(TEAM, PrivateFormat.TraditionalOpenSSL), None),
        (pem(TEAM, password=b"s3cret"), b"s3cret"),
        (pem(TEAM, PrivateFormat.TraditionalOpenSSL, b"s3cret"), b"s3cret"),
        (pem(TEAM).replace(b"\n", b"\r\n"), None),
        (wrapped("EC PARAMETERS").replace(b"aGVsbG8=", b"BggqhkjOPQMBBw==") + pem(TEAM), None),
    ],
    ids=["PKCS #8", "SEC 1", "encrypted", "SEC 1 encrypted", "CRLF", "after its parameters"],
)
def test_a_private_key_is_read_in_every_form_that_openssl_writes(
    text: bytes, password: bytes | None
) -> None:
    assert private_key(text, password, "release.key").private_numbers() == TEAM.private_numbers()


def test_a_public_key_is_read() -> None:
    assert public_key(public(TEAM), "release.pub") == TEAM.public_key()


DAMAGED = (
    "KEY cannot be read as a key: a part is missing or changed",
    "copy the whole file, every line of it, from -----BEGIN to -----END",
)
NO_PEM = (
    "KEY is not a key in PEM form",
    f"{MAKE}; the path of a key belongs in SHIPWAY_SIGNING_KEY_FILE, its text in SHIPWAY_SIGNING_KEY",
)
PRIVATE: dict[str, tuple[bytes, bytes | None, tuple[str, str]]] = {
    "a path": (b"keys/release.key", None, NO_PEM),
    "nothing": (b"", None, NO_PEM),
    "a public key": (
        public(TEAM),
        None,
        (
            "KEY is a public key: only the private key signs",
            "take the file that openssl genpkey wrote",
        ),
    ),
    "a certificate": (
        wrapped("CERTIFICATE"),
        None,
        (
            "KEY is a certificate: only the private key signs",
            "take the file that openssl genpkey wrote",
        ),
    ),
    "of ssh-keygen": (
        pem(TEAM, PrivateFormat.OpenSSH),
        None,
        ("KEY is of the kind OPENSSH PRIVATE KEY, which openssl does not make", MAKE),
    ),
    "of cosign": (
        wrapped("ENCRYPTED SIGSTORE PRIVATE KEY"),
        b"s3cret",
        (
            "KEY is in cosign's own format",
            f"{MAKE}; cosign takes it too: cosign import-key-pair --key release.key",
        ),
    ),
    "encrypted": (
        pem(TEAM, password=b"s3cret"),
        None,
        ("KEY is encrypted", "export SHIPWAY_SIGNING_PASSWORD=…"),
    ),
    "wrong password": (
        pem(TEAM, password=b"s3cret"),
        b"secret",
        (
            "KEY does not open with SHIPWAY_SIGNING_PASSWORD",
            "set SHIPWAY_SIGNING_PASSWORD to the password of the key",
        ),
    ),
    "password for nothing": (
        pem(TEAM),
        b"s3cret",
        (
            "KEY is not encrypted, though SHIPWAY_SIGNING_PASSWORD is set",
            "unset SHIPWAY_SIGNING_PASSWORD",
        ),
    ),
    "half of it": (b"\n".join(pem(TEAM).splitlines()[:2]), None, DAMAGED),
    "its end missing": (pem(TEAM)[:-60], None, DAMAGED),
    "line ends as text": (pem(TEAM).replace(b"\n", b"\\n"), None, DAMAGED),
    "not base64": (wrapped("PRIVATE KEY").replace(b"aGVsbG8=", b"h\xffllo"), None, DAMAGED),
    "another curve": (
        pem(P384),
        None,
        ("KEY is a key on secp384r1, and records are signed with ECDSA on P-256", MAKE),
    ),
    "Ed25519": (
        pem(ED25519),
        None,
        ("KEY is an Ed25519 key, and records are signed with ECDSA on P-256", MAKE),
    ),
    "RSA": (
        pem(RSA),
        None,
        ("KEY is an RSA key, and records are signed with ECDSA on P-256", MAKE),
    ),
}

PUBLISH = "openssl pkey -in release.key -pubout -out KEY"
PUBLIC: dict[str, tuple[bytes, tuple[str, str]]] = {
    "nothing": (b"", ("KEY is not a key in PEM form", PUBLISH)),
    "not text": (b"\xff\xfe\x00", ("KEY is not a key in PEM form", PUBLISH)),
    "a private key": (
        pem(TEAM),
        (
            "KEY holds a private key, which belongs in no repository",
            f"{PUBLISH}; if it was ever committed, make another: {MAKE}",
        ),
    ),
    "a certificate": (
        wrapped("CERTIFICATE"),
        (
            "KEY is a certificate: its public key is wanted",
            "openssl x509 -in KEY -noout -pubkey",
        ),
    ),
    "damaged": (wrapped("PUBLIC KEY"), DAMAGED),
    "another curve": (
        public(P384),
        ("KEY is a key on secp384r1, and records are signed with ECDSA on P-256", MAKE),
    ),
    "Ed25519": (
        public(ED25519),
        ("KEY is an Ed25519 key, and records are signed with ECDSA on P-256", MAKE),
    ),
}


def said(load: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(BadKey) as bad:
        load()
    assert bad.value.exit_code == 2
    return bad.value.problem, bad.value.remedy


@pytest.mark.parametrize("case", PRIVATE)
def test_a_private_key_that_is_of_no_use(case: str) -> None:
    text, password, says = PRIVATE[case]
    assert said(lambda: private_key(text, password, "KEY")) == says


@pytest.mark.parametrize("case", PUBLIC)
def test_a_public_key_that_is_of_no_use(case: str) -> None:
    text, says = PUBLIC[case]
    assert said(lambda: public_key(text, "KEY")) == says
