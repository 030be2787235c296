"""One whole drydock per test process, and for every test a namespace and a home of its own."""

import asyncio
import os
import shutil
import ssl
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from drydock.home import Home, Status
from shipway.tools.pins import Pin
from shipway.tools.provision import NotProvisioned
from tests.drydock.clients import older_tools, web_image
from tests.drydock.clients.said import Said
from tests.drydock.conftest import ROOT

Run = Callable[..., Coroutine[Any, Any, Said]]

DEADLINE = 90.0  # seconds that one program may take
OLDER = ROOT / ".shipway" / "tools" / "older"
_numbers = count(1)


async def run(argv: tuple[str, ...], environment: Mapping[str, str], stdin: str = "") -> Said:
    process = await asyncio.create_subprocess_exec(
        *argv,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DEADLINE):
            out, err = await process.communicate(stdin.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


def runner(path: str, environment: Mapping[str, str]) -> Run:
    """`await program("get", "pods", stdin="…")`; words may be paths and numbers."""

    async def program(*words: object, stdin: str = "", **more: str) -> Said:
        return await run((path, *map(str, words)), {**environment, **more}, stdin)

    return program


@dataclass(frozen=True)
class Drydock:
    """A running drydock, as a person would start it. `api` and `registry` ask without any client between."""

    home: Home
    status: Status
    api: httpx2.Client
    registry: httpx2.Client

    @property
    def images(self) -> str:
        """Tags 1 and 2 of `web` are there; every other is an image that cannot be pulled."""
        return f"127.0.0.1:{self.status.registry}/web"

    async def __call__(self, *words: object) -> Said:
        """The program itself: `await drydock("fault", "list")`."""
        argv = (sys.executable, "-m", "drydock", *map(str, words), f"--home={self.home.root}")
        return await run(argv, {"PATH": os.environ["PATH"], "HOME": str(self.home.root.parent)})

    @property
    def log(self) -> str:
        return self.home.log.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def drydock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drydock]:
    home = Home(tmp_path_factory.mktemp("drydock") / "home")
    program = (sys.executable, "-m", "drydock")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home.root.parent)}
    started = asyncio.run(run((*program, "up", "--detach", f"--home={home.root}"), environment))
    assert started.code == 0, started
    try:
        status = home.status()
        assert status is not None
        with (
            httpx2.Client(
                base_url=f"https://127.0.0.1:{status.api}",
                verify=ssl.create_default_context(cafile=home.pki / "ca.crt"),
                headers={"Authorization": f"Bearer {home.token.read_text().strip()}"},
                trust_env=False,
                timeout=60,
            ) as api,
            httpx2.Client(
                base_url=f"http://127.0.0.1:{status.registry}", trust_env=False, timeout=60
            ) as registry,
        ):
            for tag in ("1", "2"):
                web_image.push(registry, "web", tag)
            yield Drydock(home, status, api, registry)
    finally:
        asyncio.run(run((*program, "down", f"--home={home.root}"), environment))
    # whatever the tests sent, it was a client's mistake at most
    log = home.log.read_text(encoding="utf-8")
    assert "Traceback" not in log, log
    assert " ERROR drydock" not in log, log


@pytest.fixture
def namespace(drydock: Drydock) -> Iterator[str]:
    """Three letters and three digits, so that columns are as wide in every run."""
    name = f"dev{next(_numbers):03}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    drydock.api.post("/api/v1/namespaces", json=body).raise_for_status()
    yield name
    drydock.api.delete(f"/api/v1/namespaces/{name}")  # it empties itself while others go on


@pytest.fixture(scope="session")
def discovered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What clients keep about the server, once for all tests."""
    return tmp_path_factory.mktemp("kubecache")


@pytest.fixture
def isolated(
    tmp_path: Path, drydock: Drydock, namespace: str, discovered: Path
) -> Mapping[str, str]:
    """An environment that knows nothing of the person who runs the tests. Its kubeconfig names the namespace."""
    home = tmp_path / "home"
    home.mkdir()
    config = yaml.safe_load(drydock.home.kubeconfig.read_text(encoding="utf-8"))
    config["contexts"][0]["context"]["namespace"] = namespace
    kubeconfig = home / "kubeconfig"
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(yaml.safe_dump(config), encoding="utf-8")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "KUBECONFIG": str(kubeconfig),
        "KUBECACHEDIR": str(discovered),
        "HELM_CACHE_HOME": str(home / "helm-cache"),
        "HELM_CONFIG_HOME": str(home / "helm-config"),
        "HELM_DATA_HOME": str(home / "helm-data"),
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def kubectl(kubectl_path: str, isolated: Mapping[str, str]) -> Run:
    return runner(kubectl_path, isolated)


@pytest.fixture
def helm(helm_path: str, isolated: Mapping[str, str]) -> Run:
    return runner(helm_path, isolated)


def _older(pin: Pin) -> str:
    try:
        return str(older_tools.provided(pin, OLDER))
    except NotProvisioned as missing:
        pytest.skip(f"{missing.problem}: {'; '.join(missing.details)}")


@pytest.fixture(scope="session")
def kubectl_1_31_path() -> str:
    return _older(older_tools.KUBECTL_1_31)


@pytest.fixture(scope="session")
def helm3_path() -> str:
    return _older(older_tools.HELM_3)


@pytest.fixture
def kubectl_1_31(kubectl_1_31_path: str, isolated: Mapping[str, str]) -> Run:
    return runner(kubectl_1_31_path, isolated)


@pytest.fixture
def helm3(helm3_path: str, isolated: Mapping[str, str]) -> Run:
    return runner(helm3_path, isolated)


@pytest.fixture
def charts(tmp_path: Path) -> Path:
    """A copy of the charts beside the tests, to be used or changed."""
    return Path(
        shutil.copytree(Path(__file__).with_name("charts"), tmp_path / "charts", symlinks=False)
    )
