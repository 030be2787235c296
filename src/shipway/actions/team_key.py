"""The team's key: its public half from the project's folder, its private one from the environment."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from shipway.config.project import Project
from shipway.oci.signing_key import KEY, KEY_FILE, PASSWORD, BadKey
from shipway.oci.sigstore import Signer, Verifier
from shipway.oci.team_key import OtherPrivateKey, TeamKey


def team_key(project: Project, target: str, variables: Mapping[str, str]) -> TeamKey | None:
    """None where the target wants no signatures. BadKey for a public key that cannot verify them."""
    settings = project.targets.get(target)
    if settings is None or settings.key is None:
        return None
    public = TeamKey(
        settings.key, Verifier.load(_read(project.root / settings.key), str(settings.key))
    )
    try:
        return _signing(public, variables)
    except (BadKey, OtherPrivateKey) as wrong:
        return replace(public, wrong=wrong)


def _signing(public: TeamKey, variables: Mapping[str, str]) -> TeamKey:
    found = _private(variables)
    if found is None:
        return public
    pem, where = found
    password = variables.get(PASSWORD)
    return public.with_private(
        Signer.load(pem, password.encode(errors="surrogateescape") if password else None, where),
        where,
    )


def _private(variables: Mapping[str, str]) -> tuple[bytes, str] | None:
    """The text of the private key, and where it came from. A secret that GitHub does not have is an empty variable."""
    text, file = variables.get(KEY), variables.get(KEY_FILE)
    if text and file:
        raise BadKey(KEY, f"is set, and {KEY_FILE} too: one of them is the key", f"unset {KEY}")
    if text:
        return text.encode(errors="surrogateescape"), KEY
    if file:
        return _read(Path(file), KEY_FILE), f"{file} ({KEY_FILE})"
    return None


def _read(path: Path, said_by: str = "") -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        named = f"{path} ({said_by})" if said_by else str(path)
        fault = f"cannot be read: {error.strerror}"
        raise BadKey(named, fault, f"ls -l {path}") from None
