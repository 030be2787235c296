"""A node on a store in memory, and a shelf of tiny host-runtime images for it."""

import asyncio
import contextlib
import functools
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from drydock.home import Hindered, WantedNode
from drydock.node.back_off import Schedule
from drydock.node.isolation.choice import choose
from drydock.node.launch import Host
from drydock.node.node import HOST_PYTHON, Node
from drydock.node.process import Processes
from drydock.resources import EVENTS, NAMESPACES, PODS
from drydock.store import Store

Object = Mapping[str, Any]

T = TypeVar("T")
REGISTRY = "127.0.0.1:5000"
SERVER = """
import http.server, os, signal, sys, tempfile, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = os.path.join(tempfile.gettempdir(), "unhealthy")
        status = 503 if self.path == "/healthz" and os.path.exists(asked) else 200
        body = f"{os.environ['POD']} {self.path} {self.headers['Host']}".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

def leave(*_):
    print("goodbye", flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, leave)
print("hello", flush=True)
time.sleep(float(os.environ.get("WARM_UP", "0")))
http.server.ThreadingHTTPServer((os.environ["IP"], 8080), Handler).serve_forever()
"""


def layer(files: Mapping[str, str | bytes]) -> bytes:
    """A gzipped tar archive of regular files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


@dataclass
class Shelf:
    """A registry of images, as the node sees one."""

    folder: Path
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)

    def save(self) -> None:
        """For another process, which opens it."""
        entries = [(*key, kind, raw.decode()) for key, (kind, raw) in self.manifests.items()]
        (self.folder / "manifests.json").write_text(json.dumps(entries))

    @classmethod
    def opened(cls, folder: Path) -> "Shelf":
        entries = json.loads((folder / "manifests.json").read_text())
        return cls(folder, {(name, tag): (kind, raw.encode()) for name, tag, kind, raw in entries})

    def manifest(self, repository: str, reference: str) -> tuple[str, bytes] | None:
        return self.manifests.get((repository, reference))

    def blob_path(self, _repository: str, digest: str) -> Path | None:
        path = self.folder / digest.replace(":", "-")
        return path if path.exists() else None

    def blob(self, content: bytes) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        (self.folder / digest.replace(":", "-")).write_bytes(content)
        return {"digest": digest, "size": len(content)}

    def add(
        self, repository: str, tag: str, layers: Sequence[bytes], config: Mapping[str, Any]
    ) -> str:
        """The image's reference by tag."""
        raw_config = json.dumps({"config": config}).encode()
        manifest = {
            "config": self.blob(raw_config),
            "layers": [self.blob(content) for content in layers],
        }
        raw = json.dumps(manifest).encode()
        media_type = "application/vnd.oci.image.manifest.v1+json"
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        self.manifests[repository, tag] = self.manifests[repository, digest] = (media_type, raw)
        return f"{REGISTRY}/{repository}:{tag}"


CONFIG = {
    "Entrypoint": ["python", "/app/server.py"],
    "Env": ["PATH=/usr/local/bin:/usr/bin", "PYTHONPATH=/app"],
    "WorkingDir": "/app",
    "User": "10001:10001",
    "Labels": {"dev.shipway.runtime": "host"},
}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    folder = tmp_path / "shelf"
    folder.mkdir()
    return Shelf(folder)


@pytest.fixture
def image(shelf: Shelf) -> str:
    return shelf.add("web", "1", [layer({"app/server.py": SERVER})], CONFIG)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    store.create(NAMESPACES, {"metadata": {"name": "default"}})
    yield store
    store.close()


async def until(found: Callable[[], T | None], seconds: float = 30) -> T:
    """The first true answer, asked again and again until it comes."""
    async with asyncio.timeout(seconds):
        while True:
            if answer := found():
                return answer
            await asyncio.sleep(0.01)


@dataclass
class Cluster:
    """A running node and the questions that tests ask about it."""

    store: Store
    node: Node
    home: Path

    def run(self, name: str, container: Mapping[str, Any], **spec: Any) -> None:
        ip = {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
        me = {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
        env = [ip, me, *container.get("env", ())]
        app = {"name": "app", "ports": [{"containerPort": 8080}], **container, "env": env}
        self.create(name, {"containers": [app], **spec})

    def create(self, name: str, spec: Mapping[str, Any], **metadata: Any) -> None:
        self.store.create(
            PODS, {"metadata": {"name": name, "namespace": "default", **metadata}, "spec": spec}
        )

    def pod(self, name: str) -> Object | None:
        return self.store.get(PODS, "default", name)

    def status(self, name: str) -> Any:
        return (self.pod(name) or {}).get("status", {})

    def app(self, name: str) -> Any:
        return next(iter(self.status(name).get("containerStatuses", ())), {})

    def waits_because(self, name: str) -> str:
        return str(self.app(name).get("state", {}).get("waiting", {}).get("reason", ""))

    def is_ready(self, name: str) -> bool:
        return any(
            c["type"] == "Ready" and c["status"] == "True"
            for c in self.status(name).get("conditions", ())
        )

    async def ready(self, name: str) -> str:
        """Its address, when it is ready."""
        await until(lambda: self.is_ready(name))
        return str(self.status(name)["podIP"])

    async def ended(self, name: str) -> str:
        """Its phase, when it is over."""
        return await until(
            lambda: (
                phase
                if (phase := self.status(name).get("phase")) in {"Succeeded", "Failed"}
                else None
            )
        )

    async def delete(self, name: str, grace: int | None = None) -> None:
        self.store.delete(PODS, "default", name, grace_seconds=grace)
        await until(lambda: self.pod(name) is None)

    async def logs(self, name: str, *, previous: bool = False, follow: bool = False) -> str:
        lines = self.node.read(
            self.pod(name) or {},
            "app",
            previous=previous,
            follow=follow,
            tail_lines=None,
            since=None,
            timestamps=False,
        )
        return b"".join([line async for line in lines]).decode()

    def events(self, name: str) -> list[tuple[str, str]]:
        return [
            (event["reason"], event["message"])
            for event in sorted(
                self.store.list(EVENTS), key=lambda e: int(e["metadata"]["resourceVersion"])
            )
            if event["involvedObject"]["name"] == name
        ]


@contextlib.asynccontextmanager
async def running(
    store: Store, shelf: Shelf, home: Path, schedule: Schedule, wanted: WantedNode = "loopback"
) -> AsyncIterator[Cluster]:
    node = Node(
        store,
        home=home,
        images=shelf,
        registry_hosts=[REGISTRY],
        schedule=schedule,
        wanted=wanted,
    )
    task = asyncio.create_task(node.run())
    try:
        yield Cluster(store, node, home)
    finally:
        task.cancel()
        ended, _ = await asyncio.wait((task,), timeout=60)
        assert ended, "the node does not end"
        with contextlib.suppress(asyncio.CancelledError):
            task.result()


@functools.cache
def no_isolation() -> str:
    """Why pods cannot be isolated on this machine; empty where they can."""
    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, _hindrance(Path(home))).result()  # a loop runs here


async def _hindrance(home: Path) -> str:
    processes = Processes(home / "processes")
    try:
        runtime = await choose("isolated", home, Host(home, ""), HOST_PYTHON, processes)
        await runtime.stop()
    except Hindered as hindered:
        return str(hindered)
    finally:
        processes.stop()
    return ""


def possible(mode: WantedNode) -> WantedNode:
    """The mode, or the end of the test where the machine does not allow it."""
    if mode == "isolated" and no_isolation():
        pytest.skip(no_isolation())
    return mode


@pytest.fixture
def mode() -> WantedNode:
    """How pods run. Modules that try both ways replace it."""
    return "loopback"


@pytest.fixture
async def cluster(
    store: Store, shelf: Shelf, tmp_path: Path, mode: WantedNode
) -> AsyncIterator[Cluster]:
    schedule = Schedule(0.2, 0.8, 600)
    async with running(store, shelf, tmp_path / "home", schedule, mode) as cluster:
        yield cluster
