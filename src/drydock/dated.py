"""PEM files that say when to renew them, in a first line that readers of PEM skip: no parser is needed to see it."""

from datetime import datetime
from pathlib import Path

from drydock.home import write_private

_RENEW = "Renew after: "


def save(path: Path, pem: str, renew: datetime) -> None:
    write_private(path, f"{_RENEW}{renew.isoformat()}\n{pem}")


def read(path: Path) -> str:
    """The PEM alone."""
    text = path.read_text(encoding="ascii")
    return text[text.index("-----BEGIN") :]


def is_fresh(path: Path, now: datetime) -> bool:
    """False where there is no such file, too."""
    try:
        first = path.read_text(encoding="ascii").partition("\n")[0]
        return now < datetime.fromisoformat(first.removeprefix(_RENEW))
    except (FileNotFoundError, ValueError):
        return False
