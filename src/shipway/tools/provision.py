"""Have a program ready: kept, found on this machine, or fetched from the first source that has it."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.errors import USAGE, ShipwayError
from shipway.shell.shell import Listener, Shell
from shipway.tools.index import PackageIndex
from shipway.tools.official import PUBLISHED, Official
from shipway.tools.pins import HELM, KUBECTL, PACKAGE, Pin, Platform, host
from shipway.tools.search_path import SearchPath
from shipway.tools.source import PassedOver, Source
from shipway.tools.tool import Tool, kept

TOOLS = (HELM, KUBECTL)


@dataclass(eq=False)
class NotProvisioned(ShipwayError):
    """No source has the program."""

    exit_code: ClassVar[int] = USAGE

    pin: Pin
    tried: tuple[tuple[str, str], ...]  # each source and why it was passed over

    @property
    def problem(self) -> str:
        return f"{self.pin} cannot be had from any source"

    @property
    def details(self) -> tuple[str, ...]:
        return tuple(f"{source}: {reason}" for source, reason in self.tried)

    @property
    def remedy(self) -> str:
        return f"install {self.pin.name} {self.pin.wanted} on your PATH, then: {self.pin.setup}"


def usual_sources(shell: Shell, platform: Platform) -> tuple[Source, ...]:
    """Nearest first."""
    return (
        SearchPath(shell, os.environ.get("PATH", os.defpath)),
        Official(platform, PUBLISHED),
        PackageIndex(PACKAGE, TOOLS, platform, shell),
    )


async def provision(
    pin: Pin,
    directory: Path,
    *,
    listen: Listener,
    sources: Sequence[Source],
    platform: Platform | None = None,
) -> Tool:
    """`directory`/<name>, verified. Says nothing when it is there already; NotProvisioned when no source has it."""
    platform = platform or host()
    ready = await asyncio.to_thread(_ready, pin, platform, directory)
    if ready is not None:
        return ready
    tried: list[tuple[str, str]] = []
    for source in sources:
        try:
            return await source.provide(pin, directory, listen)
        except PassedOver as reason:
            tried.append((source.name, str(reason)))
            listen(f"{pin}: {source.name} passed over: {reason}")
    raise NotProvisioned(pin, tuple(tried))


def _ready(pin: Pin, platform: Platform, directory: Path) -> Tool | None:
    directory.mkdir(parents=True, exist_ok=True)
    return kept(pin, platform, directory)
