"""The drydock process: one per home, in the foreground or detached, and its end."""

import asyncio
import errno
import json
import logging
import logging.handlers
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil

from drydock.birth import birth
from drydock.home import Hindered, Home, Ports, Process, Status, WantedNode

if TYPE_CHECKING:
    from drydock import cluster

START = 30.0  # seconds that a start may take
STOP = 10.0  # seconds from SIGTERM to SIGKILL
LINGER = 4.5  # seconds from SIGTERM until it leaves without the parts that did not stop
LOG_BYTES = 4_000_000
LOG_FILES = 3
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failed(Exception):
    """The cluster did not come up, or did not stay up."""

    cause: str
    log: Path
    remedy: str = ""  # empty: the log says more

    def __str__(self) -> str:
        return self.cause

    @property
    def tail(self) -> list[str]:
        """The last things said in the log, without the tracebacks between them."""
        if self.remedy:
            return []
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        return [line for line in lines if line[:2] == "20"][-8:]


def up(
    home: Home,
    ports: Ports,
    wanted: WantedNode,
    *,
    detach: bool,
    ready: Callable[[Status], None],
) -> Status | None:
    """Run a drydock until it is told to stop, or leave one running; the status if one already was.

    Raises PortTaken and Failed.
    """
    try:
        home.prepare()
    except Hindered as hindered:
        raise Failed(str(hindered), home.log, hindered.remedy) from hindered
    if other := _enter(home):
        return other
    # whoever asks about a living drydock need not wait for these imports
    from drydock import cluster  # noqa: PLC0415

    home.retire()
    listening = cluster.listeners(ports, home.ports())
    if detach:
        _detach(home, listening, wanted, ready)
    else:
        _serve(home, listening, wanted, ready)
    return None


def living(home: Home) -> Process | None:
    """The process that holds this home, if it is truly that process."""
    holder = home.holder()
    return holder if holder is not None and _lives(holder) else None


def down(home: Home) -> bool:
    """End it and all that it started; false if nothing ran."""
    holder = living(home)
    if holder is None:
        home.retire()
        return False
    process = psutil.Process(holder.pid)
    family = [process, *process.children(recursive=True)]
    process.terminate()
    if _wait([process], STOP):
        family += process.children(recursive=True)
        process.kill()
    _wait([process], STOP)
    for each in _wait(family, 0):
        each.kill()
    _wait(family, STOP)
    home.retire()
    return True


def _wait(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still run after so many seconds. Psutil's own wait would wait for their parents, too."""
    end = time.monotonic() + seconds
    while left := [each for each in processes if _runs(each)]:
        if time.monotonic() >= end:
            break
        time.sleep(0.02)
    return left


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _lives(process: Process) -> bool:
    try:
        return birth(process.pid) == process.birth and _runs(psutil.Process(process.pid))
    except psutil.NoSuchProcess:
        return False


def _enter(home: Home) -> Status | None:
    """Take the home, and None; or who has it, when it is up. One that ends meanwhile leaves the home to us."""
    end = time.monotonic() + START
    while home.lock() is None:
        status = home.status()
        if status is not None and living(home):
            return status
        if time.monotonic() >= end:
            raise Failed(f"another drydock holds {home.root} but does not get ready", home.log)
        time.sleep(0.02)
    return None


def _detach(
    home: Home,
    listening: "cluster.Listeners",
    wanted: WantedNode,
    ready: Callable[[Status], None],
) -> None:
    """Fork, and return when the child says that it is up."""
    reading, writing = (os.fdopen(end, mode) for end, mode in zip(os.pipe(), "rw", strict=True))
    if os.fork() == 0:
        reading.close()
        os.setsid()
        code = 1
        try:
            os.chdir(home.root)
            _silence()
            _serve(home, listening, wanted, lambda status: _say(writing, {"up": asdict(status)}))
            code = 0
        except Failed as failure:
            _say(writing, {"failed": failure.cause, "remedy": failure.remedy})
        finally:
            os._exit(code)
    writing.close()
    with reading:
        said = json.loads(reading.readline() or "{}")
    if "up" not in said:
        cause = said.get("failed", "drydock ended while it was starting")
        raise Failed(cause, home.log, said.get("remedy", ""))
    ready(Status(**said["up"]))


def _say(parent: IO[str], what: object) -> None:
    """Once: after that the parent has gone."""
    if not parent.closed:
        parent.write(json.dumps(what) + "\n")
        parent.close()


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _serve(
    home: Home,
    listening: "cluster.Listeners",
    wanted: WantedNode,
    ready: Callable[[Status], None],
) -> None:
    import uvloop  # noqa: PLC0415  # see up

    _log_to(home.log)
    me = Process(os.getpid(), psutil.Process().create_time(), birth(os.getpid()) or "")
    try:
        home.sign(me)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_told(home, listening, me, wanted, ready))
    except Hindered as hindered:
        log.error("%s; try: %s", hindered, hindered.remedy)  # noqa: TRY400  # no bug of ours
        raise Failed(str(hindered), home.log, hindered.remedy) from hindered
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            cause = f"the disk of {home.root} takes no more: {error.strerror}"
            raise Failed(
                cause, home.log, f"free some space, then drydock up --home {home.root}"
            ) from error
        log.exception("drydock failed")
        raise Failed(f"{type(error).__name__}: {error}", home.log) from error
    finally:
        home.retire()
        logging.shutdown()


async def _until_told(
    home: Home,
    listening: "cluster.Listeners",
    me: Process,
    wanted: WantedNode,
    ready: Callable[[Status], None],
) -> None:
    from drydock import cluster  # noqa: PLC0415  # see up

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        home.withdraw()
        loop.call_later(LINGER, _leave)

    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(each, end)
    await cluster.run(home, listening, me, wanted=wanted, stop=stop, ready=ready)


def _leave() -> None:
    log.error("some parts did not stop within %s s", LINGER)
    logging.shutdown()
    os._exit(1)


def _log_to(path: Path) -> None:
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
