"""What helm's waiting adds to a pod's own start on drydock, and how many requests fail while releases change.

It wants a clone with a release on the embedded target: the image, the values and the cluster are that one's.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from shipway.commands.command import Command
from shipway.images.source import APP
from shipway.images.unpack import SITE
from shipway.shell.local import LocalShell

NAMESPACE, RELEASE, HOST = "bench", "bench", "bench.local"
REPLICAS = 3
REQUESTS = 5000  # at least, over rolling upgrades and rollbacks
CLIENTS = 6
PAUSE = 0.01  # seconds between a client's requests


@dataclass(frozen=True, slots=True)
class Release:
    """The sample in a namespace of its own, by the clone's helm."""

    clone: Path
    shell: LocalShell

    @property
    def state(self) -> Path:
        return self.clone / ".shipway"

    async def install(self, *settings: str) -> None:
        values = max(self.state.glob("runs/*/values-prod.yaml"), key=lambda p: p.stat().st_mtime)
        chart = self.clone / "helm" / "sample-app"
        words = ("upgrade", RELEASE, str(chart), "--install", "--create-namespace", "--wait")
        fixed = ("autoscaling.enabled=false", "podDisruptionBudget.enabled=false")
        place = (f"ingress.host={HOST}", *fixed, *settings)
        choices = [word for setting in place for word in ("--set", setting)]
        await self.helm(*words, "--values", str(values), *choices)

    async def helm(self, *words: str) -> None:
        helm = str(self.state / "tools" / "helm")
        env = {"KUBECONFIG": str(self.state / "embedded" / "kubeconfig")}
        line = (helm, "--namespace", NAMESPACE, *words, "--timeout", "120s")
        await self.shell.run(Command(line, env))


@dataclass(slots=True)
class Load:
    """Requests through the ingress, over connections that are kept."""

    port: int
    answered: int = 0
    failed: list[str] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        clients = [asyncio.create_task(self._client()) for _ in range(CLIENTS)]
        try:
            yield
        finally:
            self.ended.set()
            await asyncio.gather(*clients)

    async def _client(self) -> None:
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while not self.ended.is_set():
            try:
                streams = streams or await asyncio.open_connection("127.0.0.1", self.port)
                status = await _get(*streams, "/version")
            except (OSError, EOFError) as error:
                status, streams = repr(error), None
            if status == "200":
                self.answered += 1
            else:
                self.failed.append(status)
            await asyncio.sleep(PAUSE)
        if streams:
            streams[1].close()


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> str:
    """The answer's status code."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
    await reader.readexactly(length)
    return head.split(" ", 2)[1]


async def measure(clone: Path, rounds: int) -> dict[str, str]:
    """What was measured, in words, by its name."""
    release = Release(clone, LocalShell(clone))
    starts, installs, upgrades = [], [], []
    try:
        for number in range(rounds):
            starts.append(await own_start(release.state))
            installs.append(await _seconds(partial(release.install, "replicas=1")))
            changed = partial(release.install, "replicas=1", f"image.tag=v{number}")
            upgrades.append(await _seconds(changed))
            await release.helm("uninstall", RELEASE, "--wait")
        load = await _under_load(release)
    finally:
        await release.helm("uninstall", RELEASE, "--wait", "--ignore-not-found")
    start = median(starts)
    return {
        "the sample's own start": f"{start:.2f} s",
        "helm install --wait of it, over that": f"{median(installs) - start:+.2f} s",
        "a changed upgrade --wait, over that": f"{median(upgrades) - start:+.2f} s",
        f"requests failed in rolling upgrades and rollbacks of {REPLICAS} replicas": (
            f"{len(load.failed)} of {load.answered + len(load.failed)} {' '.join(load.failed[:3])}"
        ).strip(),
    }


async def _under_load(release: Release) -> Load:
    status = json.loads((release.state / "embedded" / "status.json").read_text(encoding="utf-8"))
    replicas = f"replicas={REPLICAS}"
    await release.install(replicas)
    load = Load(status["ingress"])
    await _routed(load.port)
    async with load.running():
        number = 0
        while load.answered + len(load.failed) < REQUESTS:
            number += 1
            await release.install(replicas, f"image.tag=loaded-{number}")
            await release.helm("rollback", RELEASE, "--wait")
    return load


async def _routed(port: int) -> None:
    """Until the ingress knows the host."""
    deadline = perf_counter() + 30
    while perf_counter() < deadline:
        streams = await asyncio.open_connection("127.0.0.1", port)
        status = await _get(*streams, "/version")
        streams[1].close()
        if status == "200":
            return
        await asyncio.sleep(0.1)
    raise SystemExit(f"error: {HOST} is not routed")


async def own_start(state: Path) -> float:
    """Seconds until the sample, as a pod's image has it, is ready when nobody but this process waits for it."""
    python, path = _in_the_image(state)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "PYTHONPATH": path, "PORT": str(port), "HOST": "127.0.0.1"}
    begin = perf_counter()
    process = await asyncio.create_subprocess_exec(
        python, "-m", "sample_app", env=env, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        while perf_counter() - begin < 30:
            if await _ready(port):
                return perf_counter() - begin
            await asyncio.sleep(0.005)
        raise SystemExit("error: the sample does not start")
    finally:
        process.terminate()
        await process.wait()


def _in_the_image(state: Path) -> tuple[str, str]:
    """The interpreter below any virtual environment, and where it finds what the pods' image holds."""
    main = next(state.glob("embedded/node/images*/*/rootfs/app/sample_app/__main__.py"))
    rootfs = main.parents[2]
    return str(Path(sys.executable).resolve()), f"{rootfs / SITE}:{rootfs / APP}"


async def _ready(port: int) -> bool:
    try:
        streams = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    status = await _get(*streams, "/health/ready")
    streams[1].close()
    return status == "200"


async def _seconds(action: Callable[[], Awaitable[object]]) -> float:
    begin = perf_counter()
    await action()
    return perf_counter() - begin


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1]), int(sys.argv[2]))), indent=1))
