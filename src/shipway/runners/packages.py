"""What a check needs beside its source: the wheels of hashed locks, as files for a container."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from shipway.images import lock as locks
from shipway.images.lock import LockUnusable, Pin
from shipway.images.runtime import Runtime
from shipway.images.tree import Link, Tree
from shipway.images.unpack import unpack
from shipway.images.wheels import WheelCache
from shipway.shell.shell import Listener, Shell


@asynccontextmanager
async def packages(
    requirements: Sequence[Path], runtime: Runtime, cache: Path, shell: Shell, listen: Listener
) -> AsyncIterator[Path]:
    """A folder that is laid over the root of a container: the container needs no pip and no network."""
    pinned = await asyncio.to_thread(_pins, requirements, runtime)
    wheels: dict[Path, None] = {}
    for lock, pins in pinned:
        found = await WheelCache(cache).fetch(pins, runtime, lock=lock, shell=shell, listen=listen)
        wheels |= dict.fromkeys(found)
    with TemporaryDirectory(prefix="shipway-packages-") as folder:
        await asyncio.to_thread(_lay, tuple(wheels), Path(folder))
        yield Path(folder)


def _pins(requirements: Sequence[Path], runtime: Runtime) -> list[tuple[Path, tuple[Pin, ...]]]:
    """By lock. What stands in several of them must be the same version: they are installed together."""
    known: dict[str, tuple[str, Path]] = {}
    found = []
    for lock in requirements:
        pins = locks.wanted(locks.read(lock.read_text(), file=lock), runtime.marker_environment)
        for pin in pins:
            version, other = known.setdefault(pin.name, (pin.version, lock))
            if version != pin.version:
                reason = f"{pin.name} is {pin.version} here and {version} in {other}"
                raise LockUnusable(lock, pin.line, reason)
        found.append((lock, pins))
    return found


def _lay(wheels: tuple[Path, ...], folder: Path) -> None:
    tree: Tree = unpack(wheels)
    folder.chmod(0o755)
    for path, entry in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, Link):
            target.symlink_to(entry.target)
        else:
            target.write_bytes(entry.content)
            target.chmod(0o755 if entry.executable else 0o644)
