"""Processes that outlive the one that started them, until they are ended by their id."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import psutil

from docker_lab.cannot import Cannot
from docker_lab.commands import SBIN
from docker_lab.engine import last_words
from docker_lab.place import Place

STARTING = 60.0  # seconds
ENDING = 30.0  # seconds: dockerd gives its containers ten
PROGRAMS = ("dockerd", "containerd", "containerd-shim-runc-v2", "docker_lab.registry")
DEAF = ("containerd-shim-runc-v2",)  # it lives as long as its container


def program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{SBIN}")


def spawn(argv: Sequence[str], log: Path, env: dict[str, str] | None = None) -> psutil.Process:
    """In a session of its own: a Ctrl-C is for us, and we end it in good order."""
    found = program(argv[0])
    if found is None:
        raise Cannot(f"{argv[0]} is not installed")
    writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), writing, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    )
    path = f"{os.environ.get('PATH', os.defpath)}:{SBIN}"
    environment = {**os.environ, "PATH": path, **(env or {})}
    pid = os.posix_spawn(found, tuple(argv), environment, file_actions=actions, setsid=True)
    return psutil.Process(pid)


def read(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


async def until(ready: Callable[[], bool], daemon: psutil.Process, log: Path) -> None:
    """Cannot, with the daemon's own words, where it ends or is not ready in time."""
    deadline = monotonic() + STARTING
    while not await asyncio.to_thread(ready):
        if daemon.status() == psutil.STATUS_ZOMBIE:
            said = last_words(read(log))
            raise Cannot(f"{log.stem} does not start: {said}")
        if monotonic() > deadline:
            raise Cannot(f"{log.stem} is not ready after {STARTING:.0f} seconds")
        await asyncio.sleep(0.05)


def of(place: Place) -> Iterator[psutil.Process]:
    """The lab's own, in the order in which they are to end: dockerd ends its containers and their shims."""
    by_program: dict[str, list[psutil.Process]] = {name: [] for name in PROGRAMS}
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
        except psutil.Error:
            continue
        name = belongs(line, place)
        if name:
            by_program[name].append(process)
    for processes in by_program.values():
        yield from processes


def belongs(line: Sequence[str], place: Place) -> str | None:
    """Which of our programs this command line is, if it was started for this place."""
    names = [Path(line[0]).name, *line[2:3]] if line else []
    named = any(str(folder) in word for word in line for folder in (place.run, place.data))
    return next((name for name in PROGRAMS if named and name in names), None)


def end(place: Place, patience: float = ENDING) -> None:
    """One after the other: asked first, and ended with its children where it does not listen."""
    for daemon in list(of(place)):
        with suppress(psutil.NoSuchProcess):
            family = [daemon, *daemon.children(recursive=True)]
            if Path(daemon.exe()).name not in DEAF:
                daemon.terminate()
                _ended(daemon, patience)
            if not _ended(daemon, 0):
                _kill(family)


def _kill(family: Sequence[psutil.Process]) -> None:
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    for process in family:
        _ended(process, ENDING)


def _ended(process: psutil.Process, patience: float) -> bool:
    """A process that only waits for its parent to ask how it went has ended too."""
    deadline = monotonic() + patience
    with suppress(psutil.NoSuchProcess):
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if monotonic() >= deadline:
                return False
            sleep(0.02)
    return True
