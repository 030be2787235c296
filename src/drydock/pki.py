"""What the API server shows and what its clients believe: kept, made, or renewed near its end; and the bearer token."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drydock import dated
from drydock.home import write_private


@dataclass(frozen=True, slots=True)
class Identity:
    authority: str  # PEM
    certificate: Path
    key: Path


def identity(folder: Path, now: datetime) -> Identity:
    authority, certificate = folder / "ca.crt", folder / "server.crt"
    kept = _is_kept(authority, folder / "ca.key", now)
    if not kept or not _is_kept(certificate, folder / "server.key", now):
        # 19 MB and 100 ms that only the first start and a renewal need
        from drydock import certificates  # noqa: PLC0415

        certificates.issue(folder, now, renew_authority=not kept)
    return Identity(dated.read(authority), certificate, folder / "server.key")


def token(path: Path) -> str:
    """Whoever has it may run processes here."""
    try:
        kept = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        kept = ""
    if kept:
        return kept
    fresh = secrets.token_urlsafe(32)
    write_private(path, fresh + "\n")
    return fresh


def _is_kept(certificate: Path, key: Path, now: datetime) -> bool:
    return key.exists() and dated.is_fresh(certificate, now)
