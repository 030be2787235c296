"""The annotated shipway.yaml, as a whole or one section at a time."""

from collections.abc import Iterator
from importlib.resources import files


def whole() -> str:
    return files("shipway.config").joinpath("reference.yaml").read_text(encoding="utf-8")


def section(name: str) -> str | None:
    """A top-level key of the reference with the comment above it; None where there is no such key."""
    return next((block for block in _blocks() if f"\n{name}:" in f"\n{block}"), None)


def _blocks() -> Iterator[str]:
    """An unindented comment begins a block."""
    block: list[str] = []
    for line in whole().splitlines():
        if line.startswith("#") and block and not block[-1].startswith("#"):
            yield "\n".join(block).strip()
            block = []
        block.append(line)
    yield "\n".join(block).strip()
