"""One check in one Dagger session: `python -m shipway.runners.dagger_session`, a request on stdin, JSON lines on stdout.

The only module that knows Dagger's SDK, and a program: nothing imports it.
"""

import asyncio
import json
import os
import re
import sys
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import dagger

from shipway.errors import INTERRUPTED
from shipway.images.unpack import SITE
from shipway.runners.source import NEVER

SOURCE = "/src"
LOCKS = "/opt/locks"
PIP_CACHE = "/var/cache/pip"
SECRETS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
"""They may carry a password. The step that installs gets them, as secrets; the check does not."""

# What the engine prints of a container's output: `12  :     [0.3s] | collected 4 items`.
_LOG = re.compile(r"\d+\s*:\s+\[[^\]]*\] \| (?P<line>.*)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def tell(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class EngineLog:
    """The engine's own progress, read for the lines of the containers: the API gives output at the end only."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self.file = os.fdopen(writing, "w")  # the engine's program writes to it itself
        self.rest: deque[str] = deque(maxlen=20)
        self._told: Counter[str] = Counter()
        self._over = False
        self._turn = Lock()
        self._reader = Thread(target=self._read, args=(reading,), daemon=True)
        self._reader.start()

    def end(self) -> None:
        """All of it is read, unless something that the engine left behind keeps the pipe open."""
        self.file.close()
        self._reader.join(1)

    def complete(self, output: str) -> None:
        """The whole output is known: tell what was not told yet, and nothing twice."""
        with self._turn:
            self._over = True
            for line in output.splitlines():
                if self._told[line.rstrip()]:
                    self._told[line.rstrip()] -= 1
                else:
                    tell(line=line)

    def _read(self, pipe: int) -> None:
        with os.fdopen(pipe, errors="replace") as lines:
            for raw in lines:
                self._hear(_COLOUR.sub("", raw).rstrip())

    def _hear(self, line: str) -> None:
        found = _LOG.fullmatch(line)
        with self._turn:
            if found and not self._over:
                self._told[found["line"]] += 1
                tell(line=found["line"])
            elif line and not found:
                self.rest.append(line)


def prepared(client: dagger.Client, image: str, locks: Sequence[str]) -> dagger.Container:
    """The engine keeps what comes of it for as long as image and locks are the same."""
    container = client.container().from_(image)
    if not locks:
        return container
    inside = [f"{LOCKS}/{number}.txt" for number in range(len(locks))]
    for path, lock in zip(inside, locks, strict=True):
        container = container.with_file(path, client.host().file(lock))
    secrets = {name: os.environ[name] for name in SECRETS if os.environ.get(name)}
    for name, value in secrets.items():
        container = container.with_secret_variable(name, client.set_secret(name, value))
    container = (
        container.with_mounted_cache(PIP_CACHE, client.cache_volume("shipway-pip"))
        .with_env_variable("PIP_CACHE_DIR", PIP_CACHE)
        .with_exec(install(inside))
        .without_mount(PIP_CACHE)
        .without_env_variable("PIP_CACHE_DIR")
    )
    for name in secrets:
        container = container.without_secret_variable(name)
    return container.with_env_variable("PYTHONPATH", f"/{SITE}").with_env_variable(
        "PATH", f"/{SITE}/bin:${{PATH}}", expand=True
    )


def install(locks: Sequence[str]) -> list[str]:
    return [
        *("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--root-user-action=ignore", "--require-hashes", "--only-binary=:all:"),
        *("--target", f"/{SITE}"),
        *(word for lock in locks for word in ("--requirement", lock)),
    ]


def check(
    client: dagger.Client, ready: dagger.Container, request: Mapping[str, Any]
) -> dagger.Container:
    """It runs each time: a failure that the engine remembers would never be tried again."""
    exclude = [pattern for name in NEVER for pattern in (name, f"**/{name}")]
    source = client.host().directory(request["root"], exclude=exclude, gitignore=True)
    return (
        ready.with_mounted_directory(SOURCE, source)
        .with_workdir(f"{SOURCE}/{request['folder']}")
        .with_env_variable("SHIPWAY_CHECK", request["nonce"])
        .with_exec(request["argv"], expect=dagger.ReturnType.ANY)
    )


async def serve(request: Mapping[str, Any]) -> None:
    log = EngineLog()
    try:
        async with dagger.Connection(dagger.Config(log_output=log.file)) as client:
            container = prepared(client, request["image"], request["requirements"])
            try:
                ready = await container.sync()
            except dagger.ExecError as error:
                lines = (error.stdout + error.stderr).splitlines()[-20:]
                unable(
                    "pip cannot install what checks.requirements names",
                    "see the lines above",
                    lines,
                )
                return
            except dagger.QueryError as error:
                image = request["image"]
                unable(f"{image} cannot be used", f"docker pull {image}", [first(error)])
                return
            tell(ready=True)
            await finish(check(client, ready, request), log)
    except dagger.DownloadError as error:
        reason = "its command line program cannot be downloaded"
        unable(reason, "check the network", [first(error)])
    except dagger.ProvisionError as error:
        log.end()
        unable("its engine does not start", "docker info", [first(error), *log.rest])
    except dagger.ClientConnectionError as error:
        unable("its session does not answer", "unset DAGGER_SESSION_PORT", [first(error)])


async def finish(container: dagger.Container, log: EngineLog) -> None:
    try:
        done = await container.sync()
        code, output = await asyncio.gather(done.exit_code(), done.combined_output())
    except dagger.ExecError as error:  # ended by a signal: no exit code that was expected
        code, output = error.exit_code, error.stdout + error.stderr
    except dagger.DaggerError as error:
        tell(failed=first(error))
        return
    log.complete(output)
    tell(exit=code)


def wait(gate: Path, parent: int) -> None:
    """Importing the SDK took a second, in which another session found out whether an engine starts."""
    while gate.exists():
        if os.getppid() != parent:
            sys.exit(INTERRUPTED)  # who would open it is gone
        time.sleep(0.02)


def unable(reason: str, remedy: str, lines: Sequence[str] = ()) -> None:
    tell(unable=reason, remedy=remedy, lines=list(lines))


def first(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


if __name__ == "__main__":
    try:
        asked = json.load(sys.stdin)
        if asked["gate"]:
            wait(Path(asked["gate"]), os.getppid())
        asyncio.run(serve(asked))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
