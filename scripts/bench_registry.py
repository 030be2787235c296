"""How fast drydock's registry takes and gives blobs, beside Debian's docker-registry in the same run.

docker-registry is no part of the set-up: without it on the PATH (or in DOCKER_REGISTRY) only ours is measured.
"""

import hashlib
import http.client
import json
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

MEGABYTE = 1_000_000
LARGE = 300 * MEGABYTE
MIDDLE, PULLERS = 100 * MEGABYTE, 4
SMALL, SMALLS = 64_000, 100
PIECE = 1 << 18
PATIENCE = 30.0  # seconds for a server to answer

OURS = """
import asyncio, sys, uvloop
from pathlib import Path
from drydock import cluster, ports
from drydock.registry.app import create
async def main():
    listener = ports.listen("registry", int(sys.argv[2]), None)
    app = create(Path(sys.argv[1]), immutable_tags=True, allowed_hosts=cluster.HOSTS)
    end = asyncio.get_running_loop().create_future()
    async with cluster._serving(app, listener, end):
        await end
uvloop.run(main())
"""
THEIRS = """
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@dataclass(frozen=True, slots=True)
class Blob:
    path: Path
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    process: psutil.Process

    def push(self, blob: Blob) -> None:
        """As docker does: a session, one PATCH, and the PUT that names the digest."""
        with self._connection() as connection:
            self.push_over(connection, blob)

    def push_over(self, connection: http.client.HTTPConnection, blob: Blob) -> None:
        begun = _ask(connection, "POST", "/v2/bench/app/blobs/uploads/", 202)
        sent = _ask(connection, "PATCH", _path(begun["Location"]), 202, blob)
        done = _path(sent["Location"])
        joint = "&" if "?" in done else "?"
        _ask(connection, "PUT", f"{done}{joint}digest={blob.digest}", 201)

    def pull(self, blob: Blob) -> None:
        with self._connection() as connection:
            self.pull_over(connection, blob)

    def pull_over(self, connection: http.client.HTTPConnection, blob: Blob) -> None:
        connection.request("GET", f"/v2/bench/app/blobs/{blob.digest}")
        response = connection.getresponse()
        into, received = bytearray(PIECE), 0
        while count := response.readinto(into):
            received += count
        if (response.status, received) != (200, blob.size):
            raise SystemExit(f"error: GET of {blob.digest}: {response.status}, {received} bytes")

    def push_each(self, blobs: list[Blob]) -> None:
        with self._connection() as connection:
            for blob in blobs:
                self.push_over(connection, blob)

    def pull_each(self, blobs: list[Blob]) -> None:
        with self._connection() as connection:
            for blob in blobs:
                self.pull_over(connection, blob)

    def pull_at_once(self, blob: Blob) -> None:
        with ThreadPoolExecutor(PULLERS) as pool:
            list(pool.map(self.pull, [blob] * PULLERS))

    def forget(self, blobs: list[Blob]) -> None:
        with self._connection() as connection:
            for blob in blobs:
                _ask(connection, "DELETE", f"/v2/bench/app/blobs/{blob.digest}", 202)

    @contextmanager
    def _connection(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, blocksize=PIECE)
        try:
            yield connection
        finally:
            connection.close()


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    expected: int,
    body: Blob | None = None,
) -> http.client.HTTPMessage:
    connection.putrequest(method, path)
    connection.putheader("Content-Type", "application/octet-stream")
    connection.putheader("Content-Length", str(body.size if body else 0))
    connection.endheaders()
    if body is not None:
        with body.path.open("rb") as file:
            connection.sock.sendfile(file)
    response = connection.getresponse()
    said = response.read()
    if response.status != expected:
        raise SystemExit(f"error: {method} {path}: {response.status} {said[:200]!r}")
    return response.headers


def _path(location: str) -> str:
    return "/" + location.split("/", 3)[3] if "://" in location else location


def _blob(folder: Path, size: int) -> Blob:
    content = os.urandom(size)
    path = folder / f"{size}-{len(list(folder.iterdir()))}"
    path.write_bytes(content)
    return Blob(path, f"sha256:{hashlib.sha256(content).hexdigest()}", size)


@contextmanager
def _served(argv: list[str], port: int) -> Iterator[Server]:
    with Path(os.devnull).open("wb") as nowhere:
        child = psutil.Popen(argv, stdout=nowhere, stderr=nowhere)
    try:
        end = time.monotonic() + PATIENCE
        while not _answers(port):
            if child.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"error: {argv[0]} does not serve")
            time.sleep(0.02)
        yield Server(port, child)
    finally:
        child.terminate()
        child.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _servers(folder: Path) -> Iterator[dict[str, Server]]:
    """Ours, and theirs where it is installed."""
    port = _free_port()
    with _served([sys.executable, "-c", OURS, str(folder / "ours"), str(port)], port) as ours:
        program = shutil.which(os.environ.get("DOCKER_REGISTRY", "docker-registry"))
        if program is None:
            yield {"drydock": ours}
            return
        port = _free_port()
        config = folder / "config.yml"
        config.write_text(THEIRS.format(root=folder / "theirs", port=port))
        with _served([program, "serve", str(config)], port) as theirs:
            yield {"drydock": ours, "docker-registry": theirs}


Step = tuple[int, Callable[[Server], None]]  # bytes, and what moves them
Taken = dict[str, dict[str, list[float]]]  # MB/s (MiB of "memory") by server and step, in pairs


def measure(rounds: int) -> Taken:
    """The two servers take turns at each step: what else the machine does meets both."""
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as name:
        folder = Path(name)
        (folder / "blobs").mkdir()
        large, middle = _blob(folder / "blobs", LARGE), _blob(folder / "blobs", MIDDLE)
        smalls = [_blob(folder / "blobs", SMALL) for _ in range(SMALLS)]
        steps: dict[str, Step] = {
            "push, 300 MB": (LARGE, lambda server: server.push(large)),
            "pull, 300 MB": (LARGE, lambda server: server.pull(large)),
            "push, 100 of 64 kB": (SMALL * SMALLS, lambda server: server.push_each(smalls)),
            "pull, 100 of 64 kB": (SMALL * SMALLS, lambda server: server.pull_each(smalls)),
            "pull, 4 at once": (MIDDLE * PULLERS, lambda server: server.pull_at_once(middle)),
        }
        with _servers(folder) as servers:
            taken: Taken = {who: {what: [] for what in (*steps, "memory")} for who in servers}
            for server in servers.values():
                server.push(middle)
            for number in range(rounds):
                order = list(servers.items())[:: 1 if number % 2 == 0 else -1]
                _round(order, steps, taken)
                for _, server in order:
                    server.forget([large, *smalls])
        return taken


def _round(order: list[tuple[str, Server]], steps: dict[str, Step], taken: Taken) -> None:
    for what, (size, step) in steps.items():
        for who, server in order:
            begin = time.perf_counter()
            step(server)
            taken[who][what].append(size / MEGABYTE / (time.perf_counter() - begin))
    for who, server in order:
        taken[who]["memory"].append(server.process.memory_info().rss / 2**20)


def rows(taken: Taken) -> dict[str, str]:
    """Medians; the ratio is the median of the pairs'."""
    ours, theirs = taken["drydock"], taken.get("docker-registry")
    found = {}
    for what, speeds in ours.items():
        said = f"{median(speeds):.0f} {'MiB' if what == 'memory' else 'MB/s'}"
        if theirs:
            ratio = median(a / b for a, b in zip(speeds, theirs[what], strict=True))
            said += f" (docker-registry {median(theirs[what]):.0f}: ratio {ratio:.2f})"
        found[f"registry: {what}"] = said
    if not theirs:
        found["registry: beside docker-registry"] = "left out: it is not installed"
    return found


if __name__ == "__main__":
    print(json.dumps(rows(measure(int(sys.argv[1]))), indent=1))
