import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from drydock.certificates import AUTHORITY_LIFE, SERVER_LIFE
from drydock.kubeconfig import kubeconfig
from drydock.pki import identity, token

NOW = datetime.now(UTC).replace(microsecond=0)


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def shake_hands(folder: Path, now: datetime, name: str) -> str:
    """A whole TLS handshake in memory, as a client that trusts only the authority."""
    own = identity(folder, now)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(own.certificate, own.key)
    client_side = ssl.create_default_context(cadata=own.authority)
    client_side.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return str(client.version())


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_client_that_trusts_the_authority_trusts_the_server(tmp_path: Path, name: str) -> None:
    assert shake_hands(tmp_path, NOW, name) == "TLSv1.3"


def test_a_client_is_not_fooled_by_another_name(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(tmp_path, NOW, "example.org")


def test_everything_is_kept_from_run_to_run(tmp_path: Path) -> None:
    first = identity(tmp_path, NOW)
    before = first.certificate.read_bytes()
    assert identity(tmp_path, NOW + timedelta(days=300)) == first
    assert first.certificate.read_bytes() == before


def test_a_server_certificate_near_its_end_is_renewed_under_the_same_authority(
    tmp_path: Path,
) -> None:
    first = identity(tmp_path, NOW)
    before = certificate(first.certificate)
    later = NOW + SERVER_LIFE - timedelta(days=29)
    second = identity(tmp_path, later)
    assert second.authority == first.authority
    renewed = certificate(second.certificate)
    assert (before.not_valid_after_utc, renewed.not_valid_after_utc) == (
        NOW + SERVER_LIFE,
        later + SERVER_LIFE,
    )


def test_an_authority_near_its_end_renews_both(tmp_path: Path) -> None:
    first = identity(tmp_path, NOW)
    later = NOW + AUTHORITY_LIFE - timedelta(days=29)
    second = identity(tmp_path, later)
    assert second.authority != first.authority
    certificate(second.certificate).verify_directly_issued_by(certificate(tmp_path / "ca.crt"))


@pytest.mark.parametrize("name", ["ca.key", "ca.crt", "server.key", "server.crt"])
def test_what_is_lost_is_made_again(tmp_path: Path, name: str) -> None:
    identity(tmp_path, NOW)
    (tmp_path / name).unlink()
    assert shake_hands(tmp_path, NOW, "localhost") == "TLSv1.3"


def test_keys_and_token_are_for_their_owners_eyes(tmp_path: Path) -> None:
    identity(tmp_path, NOW)
    assert len(token(tmp_path / "token")) == 43
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    names = ["ca.crt", "ca.key", "server.crt", "server.key", "token"]
    assert modes == dict.fromkeys(names, 0o600)


def test_a_token_is_kept_and_an_empty_one_replaced(tmp_path: Path) -> None:
    path = tmp_path / "token"
    first = token(path)
    assert token(path) == first
    path.write_text("\n")
    assert token(path) not in {"", first}


def test_the_kubeconfig_names_one_cluster() -> None:
    assert kubeconfig(6443, "PEM", "secret") == (
        "apiVersion: v1\n"
        "kind: Config\n"
        "current-context: drydock\n"
        "clusters:\n"
        "- name: drydock\n"
        "  cluster:\n"
        "    server: https://127.0.0.1:6443\n"
        "    certificate-authority-data: UEVN\n"
        "users:\n"
        "- name: drydock\n"
        "  user:\n"
        "    token: secret\n"
        "contexts:\n"
        "- name: drydock\n"
        "  context:\n"
        "    cluster: drydock\n"
        "    user: drydock\n"
    )
