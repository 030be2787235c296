"""How fast drydock's API is and how much memory it takes, over TLS from another process, as its clients ask."""

import asyncio
import base64
import json
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import psutil
import yaml

from shipway.commands.command import Command
from shipway.shell.local import LocalShell

CLIENTS = 8
SECONDS = 2.0  # of asking and of writing in each round
DEPLOYMENTS = 1000
PODS = 500
WATCHES = 50
EVENTS = 200  # for each second, while watches are timed
DRYDOCK = str(Path(sys.executable).with_name("drydock"))
KUBECTL = str(Path(__file__).parents[1] / ".shipway" / "tools" / "kubectl")

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
SECRETS = "/api/v1/namespaces/default/secrets"
DEPLOYMENT_LIST = "/apis/apps/v1/namespaces/default/deployments"
POD_LIST = "/api/v1/namespaces/default/pods"


@dataclass(slots=True)
class Wire:
    """One connection, kept open: a request at a time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    token: str

    async def ask(self, method: str, path: str, body: object = None) -> bytes:
        await self.send(method, path, body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.partition(b":")[2])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        answer = await self.reader.readexactly(length)
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise SystemExit(f"error: {method} {path}: {answer.decode()}")
        return answer

    async def send(self, method: str, path: str, body: object = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
            f"Accept: application/json\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        self.writer.write(head.encode() + content)
        await self.writer.drain()


@dataclass(frozen=True, slots=True)
class Cluster:
    shell: LocalShell
    kubeconfig: Path
    pid: int

    @property
    def resident(self) -> float:
        """MiB."""
        return psutil.Process(self.pid).memory_info().rss / 2**20

    async def wire(self) -> Wire:
        config = yaml.safe_load(self.kubeconfig.read_text(encoding="utf-8"))
        server, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        authority = base64.b64decode(server["certificate-authority-data"]).decode()
        host, _, port = server["server"].removeprefix("https://").partition(":")
        context = ssl.create_default_context(cadata=authority)
        streams = await asyncio.open_connection(host, int(port), ssl=context, limit=2**24)
        return Wire(*streams, user["token"])

    async def kubectl(self, *words: str) -> None:
        env = {"KUBECONFIG": str(self.kubeconfig), "NO_PROXY": "127.0.0.1"}
        await self.shell.run(Command((KUBECTL, *words), env))


@asynccontextmanager
async def cluster() -> AsyncIterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as folder:
        home, shell = Path(folder) / "home", LocalShell(Path(folder))
        try:
            await shell.run(Command((DRYDOCK, "up", "--home", str(home), "--detach")))
            pid = json.loads((home / "status.json").read_text(encoding="utf-8"))["pid"]
            yield Cluster(shell, home / "kubeconfig", pid)
        finally:
            await shell.run(Command((DRYDOCK, "down", "--home", str(home))))


async def measure(rounds: int) -> dict[str, str]:
    """What was measured, in words, by its name."""
    async with cluster() as here:
        wires = [await here.wire() for _ in range(CLIENTS)]
        first = wires[0]
        numbers = count()
        await first.ask("POST", CONFIG_MAPS, config_map("one"))
        reads = [await _rate(wires, _get) for _ in range(rounds)]
        writes = [
            await _rate(wires, lambda wire: wire.ask("POST", CONFIG_MAPS, fresh(numbers)))
            for _ in range(rounds)
        ]
        latencies = [await _watch_latency(here) for _ in range(rounds)]
        await first.ask("DELETE", CONFIG_MAPS)
        for number in range(DEPLOYMENTS):
            await first.ask("POST", DEPLOYMENT_LIST, deployment(f"d-{number}"))
        lists = [await _seconds(lambda: first.ask("GET", DEPLOYMENT_LIST)) for _ in range(rounds)]
        tables = [await _seconds(lambda: here.kubectl("get", "deployments")) for _ in range(rounds)]
    async with cluster() as here:
        before = here.resident
        resident = await _crowd(here)
    return {
        f"API: GET of an object, {CLIENTS} clients": f"{median(reads):.0f}/s",
        f"API: durable writes, {CLIENTS} clients": f"{median(writes):.0f}/s",
        f"API: {DEPLOYMENTS} Deployments listed": f"{median(lists):.2f} s",
        "the same by kubectl get": f"{median(tables):.2f} s",
        f"watch latency at {EVENTS} events/s, p50 and p99": " and ".join(
            f"{1000 * median(each):.1f} ms" for each in zip(*latencies, strict=True)
        ),
        f"memory with {PODS} pods' worth of objects and {WATCHES} watches": (
            f"{resident:.0f} MiB (empty: {before:.0f} MiB)"
        ),
    }


async def _get(wire: Wire) -> bytes:
    return await wire.ask("GET", f"{CONFIG_MAPS}/one")


async def _rate(wires: Sequence[Wire], ask: Callable[[Wire], Awaitable[object]]) -> float:
    """Answers for each second, each wire asking as soon as it has its answer."""
    begin = perf_counter()

    async def keep_asking(wire: Wire) -> int:
        for done in count():
            if perf_counter() - begin > SECONDS:
                return done
            await ask(wire)
        raise AssertionError

    answers = await asyncio.gather(*map(keep_asking, wires))
    return sum(answers) / (perf_counter() - begin)


async def _seconds(action: Callable[[], Awaitable[object]]) -> float:
    begin = perf_counter()
    await action()
    return perf_counter() - begin


async def _watch_latency(here: Cluster) -> tuple[float, float]:
    """Median and 99th percentile of the seconds from sending a write to reading its event."""
    writer, watcher = await here.wire(), await here.wire()
    name = "timed"
    obj = json.loads(await writer.ask("POST", SECRETS, {**secret(name), "stringData": {"n": "-"}}))
    version = obj["metadata"]["resourceVersion"]
    await watcher.send("GET", f"{SECRETS}?watch=true&resourceVersion={version}")
    await watcher.reader.readuntil(b"\r\n\r\n")
    sent: dict[str, float] = {}
    took: list[float] = []
    total = int(EVENTS * SECONDS)

    async def write() -> None:
        begin = perf_counter()
        for number in range(total):
            await asyncio.sleep(max(0.0, begin + number / EVENTS - perf_counter()))
            sent[str(number)] = perf_counter()
            await writer.ask(
                "PUT",
                f"{SECRETS}/{name}",
                {**secret(name), "type": "Opaque", "data": coded(number)},
            )

    async def read() -> None:
        async for event in events(watcher.reader):
            now = perf_counter()
            number = base64.b64decode(event["object"]["data"]["n"]).decode()
            took.append(now - sent[number])
            if len(took) == total:
                return

    await asyncio.gather(write(), asyncio.wait_for(read(), 60))
    await writer.ask("DELETE", f"{SECRETS}/{name}")
    watcher.writer.close()
    return median(took), quantiles(took, n=100)[98]


async def events(reader: asyncio.StreamReader) -> AsyncIterator[Mapping[str, Any]]:
    """Of a watch, out of the answer's chunks."""
    rest = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        rest += (await reader.readexactly(size + 2))[:-2]
        *lines, rest = rest.split(b"\n")
        for line in lines:
            yield json.loads(line)


async def _crowd(here: Cluster) -> float:
    """MiB with many pods that no node takes, what belongs to them, and watches on all."""
    wire = await here.wire()
    watches = [await here.wire() for _ in range(WATCHES)]
    for number, watch in enumerate(watches):
        path = (POD_LIST, CONFIG_MAPS, SECRETS)[number % 3]
        await watch.send("GET", f"{path}?watch=true")
    for number in range(PODS):
        await wire.ask("POST", POD_LIST, pod(f"p-{number}"))
        if number % 5 == 0:
            await wire.ask("POST", CONFIG_MAPS, config_map(f"c-{number}"))
            await wire.ask("POST", SECRETS, secret(f"s-{number}"))
    drained = [asyncio.ensure_future(watch.reader.read()) for watch in watches]
    await asyncio.sleep(1)
    resident = here.resident
    for reading in drained:
        reading.cancel()
    return resident


def coded(number: int) -> dict[str, str]:
    return {"n": base64.b64encode(str(number).encode()).decode()}


def fresh(numbers: Iterator[int]) -> dict[str, Any]:
    return config_map(f"many-{next(numbers)}")


def config_map(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": {"greeting": "hello", "text": "x" * 500}}


def secret(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "stringData": {"text": "x" * 500}}


def deployment(name: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": pod(name)["spec"]}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def pod(name: str) -> dict[str, Any]:
    container = {
        "name": "app",
        "image": "registry.invalid/app:1",
        "ports": [{"containerPort": 3000}],
        "env": [{"name": f"NAME_{number}", "value": "a value"} for number in range(5)],
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 3000}},
    }
    metadata = {"name": name, "labels": {"app": "crowd"}}
    return {"metadata": metadata, "spec": {"nodeSelector": {"a": "b"}, "containers": [container]}}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1]))), indent=1))
