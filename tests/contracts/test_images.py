"""What every image of the sample service is, whichever builder made it.

The docker builder and the runs need an engine and a base image: make docker-lab, or make test-docker where
SHIPWAY_DOCKER_BASE names one.
"""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Literal

import pytest
import pytest_asyncio

from drydock.registry.app import create
from shipway.images import docker, docker_push, python
from shipway.images.docker import DockerImage
from shipway.images.python import PythonImage
from shipway.images.wheels import IndexUnreachable
from shipway.oci.reference import Address, Reference
from shipway.oci.registry import Registry
from shipway.shell.local import LocalShell
from tests.docker import real
from tests.oci.conftest import serve

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
REPOSITORY = "contract/sample-app"

Builder = Literal["python", "docker"]
BUILDERS = ["python", pytest.param("docker", marks=pytest.mark.docker)]


@dataclass(frozen=True, slots=True)
class Bench:
    """A registry of its own, and the builders as a release uses them."""

    registry: Registry
    shell: LocalShell
    folder: Path

    async def build(self, builder: Builder, base: str | None) -> str:
        """The image by its digest in the registry."""
        build = self._by_python if builder == "python" else self._by_docker
        digest = await build(base)
        return str(self.registry.address.reference(REPOSITORY, digest=digest))

    async def config(self, image: str) -> dict[str, Any]:
        digest = Reference.parse(image).digest
        assert digest is not None
        manifest = await self.registry.manifest(REPOSITORY, digest)
        blob = await self.registry.blob(REPOSITORY, manifest.content["config"]["digest"])
        found: dict[str, Any] = json.loads(blob)["config"]
        return found

    async def _by_python(self, base: str | None) -> str:
        image = PythonImage(
            source=APP,
            packages=("sample_app",),
            requirements=APP / "requirements.txt",
            entrypoint=("python", "-m", "sample_app"),
            port=3000,
            labels={"org.opencontainers.image.title": "sample-app"},
            base=base,
        )
        host = Reference.parse(base).host if base else "localhost"
        plain = host.partition(":")[0] in {"localhost", "127.0.0.1"}
        async with Registry(Address(host, plain_http=plain)) as below:
            cache = ROOT / ".shipway" / "cache"
            try:
                artifact = await python.build(image, cache=cache, shell=self.shell, registry=below)
            except IndexUnreachable as offline:
                pytest.skip(offline.problem)
        return (await self.registry.upload(REPOSITORY, artifact)).digest

    async def _by_docker(self, base: str | None) -> str:
        base = base or await real.base(self.shell)
        image = DockerImage(ROOT, PurePath("app"), REPOSITORY, base=base)
        loaded = await docker.build(image, self.shell, say=print, progress=print)
        pushed = await docker_push.push(
            loaded, self.registry, REPOSITORY, self.shell, credentials=None, progress=print
        )
        return pushed.digest


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def _cache() -> AsyncIterator[None]:
    """The tests share the engine's cache, and leave nothing of it."""
    yield
    await real.forget(DockerImage(ROOT, PurePath("app"), REPOSITORY))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    app = create(tmp_path / "registry", allowed_hosts={"127.0.0.1"})
    async with serve(app) as address, Registry(address) as registry:
        yield Bench(registry, LocalShell(ROOT), tmp_path)


@pytest.mark.parametrize("builder", BUILDERS)
async def test_its_configuration_is_what_a_strict_cluster_asks_for(
    bench: Bench, builder: Builder
) -> None:
    config = await bench.config(await bench.build(builder, None))
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", config["User"]), "a number, and not root's"
    assert (config["Entrypoint"], config.get("Cmd")) == (["python", "-m", "sample_app"], None)
    assert config["ExposedPorts"] == {"3000/tcp": {}}
    assert config["Labels"]["org.opencontainers.image.title"] == "sample-app"
    assert {"PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1"} <= set(config["Env"])
    assert config["WorkingDir"].startswith("/")


@pytest.mark.parametrize("builder", BUILDERS)
async def test_built_again_it_is_the_same_image(bench: Bench, builder: Builder) -> None:
    assert await bench.build(builder, None) == await bench.build(builder, None)


@pytest.mark.docker
@pytest.mark.parametrize("builder", ["python", "docker"])
async def test_it_serves_without_rights_on_a_root_that_it_cannot_write(
    bench: Bench, builder: Builder
) -> None:
    image = await bench.build(builder, await real.base(bench.shell))
    async with real.running(bench.shell, image) as container:
        answers = {
            path: (await container.get(path)).json()
            for path in ("/health", "/health/live", "/health/ready", "/version")
        }
    answers["/health/ready"].pop("uptime")
    assert answers == {
        "/health": {"status": "ok"},
        "/health/live": {"status": "alive"},
        "/health/ready": {"status": "ready"},
        "/version": {"tag": None, "digest": None},
    }


@pytest.mark.docker
@pytest.mark.parametrize("builder", ["python", "docker"])
async def test_asked_to_stop_it_ends_well(bench: Bench, builder: Builder) -> None:
    image = await bench.build(builder, await real.base(bench.shell))
    async with real.running(bench.shell, image) as container:
        await container.get("/health")
        assert await container.end() == 0, await container.logs()
        assert '"message": "stopped"' in await container.logs()
