"""Docker does the work of a release: it checks, builds and pushes; and what it pushed runs as locked in as in a pod."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from time import monotonic
from typing import Any, ClassVar
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from drydock.registry.app import create
from shipway.actions.run import run
from shipway.actions.session import Session, new_run
from shipway.commands.command import Command
from shipway.config.load import load
from shipway.images.docker import DockerImage
from shipway.kube.access import Access
from shipway.model.bundle import Bundle
from shipway.oci.bundles import Released
from shipway.oci.reference import Address
from shipway.oci.registry import Registry
from shipway.pipeline.events import Event, StageFinished
from shipway.shell.local import LocalShell
from shipway.targets.provider import Provider
from shipway.targets.target import Target
from shipway.testing.workbench import Workbench
from tests.oci.conftest import serve

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="module")]

PUBLIC = "python:3.12-slim"
BASE = os.environ.get("SHIPWAY_DOCKER_BASE", f"docker.io/library/{PUBLIC}")
LOCKED_IN = (
    *("--read-only", "--tmpfs", "/tmp", "--user", "10001:10001"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)
PLAIN = {
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
}
PATIENCE = 60.0  # seconds


def clients() -> dict[Path, Path]:
    """The folders of the PATH in which there is a docker, each docker once."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep) if folder]
    found = [folder / "docker" for folder in reversed(folders) if (folder / "docker").is_file()]
    return {path.resolve(): path.parent for path in found}


@dataclass(frozen=True, slots=True)
class RegistryAlone:
    """A target that has come as far as its registry: nodes to run containers on are Docker's part here."""

    host_images: ClassVar[bool] = False
    one_by_one: ClassVar[bool] = True

    registry: Address

    async def check(self) -> None:
        """There is nothing to put right."""

    async def up(self, say: Callable[[str], None]) -> Target:
        say("waiting for nothing")
        return await self.find()

    async def find(self) -> Target:
        return Target(
            name="kind",
            registry=self.registry,
            access=Access("kind", Path("kubeconfig"), "shipway setup kind"),
            places=(),
            deployment="sample-app",
            tool_env={},
            where="no cluster",
            ingress_port=None,
            host_images=self.host_images,
        )

    async def down(self, *, purge: bool) -> str:
        return f"nothing to stop{' or to purge' if purge else ''}"


@dataclass(frozen=True, slots=True)
class Rehearsal(Session):
    registry: Address = field(kw_only=True)

    @property
    def provider(self) -> Provider:
        return RegistryAlone(self.registry)


@dataclass
class Project:
    """The reference project, told to leave its checks and its image to Docker."""

    bench: Workbench
    registry: Address
    events: list[Event] = field(default_factory=list)

    async def release(self, tag: str, *, client: Path | None = None) -> Bundle:
        """By the docker client in the folder `client`, or by the first on the PATH."""
        self.events.clear()
        folder = self.bench.folder
        own = [client] if client else []
        programs = [*own, folder / ".shipway" / "tools", Path(sys.executable).parent]
        session = Rehearsal(
            project=load(folder / "shipway.yaml"),
            target="kind",
            shell=LocalShell(folder, programs),
            emit=self.events.append,
            run=new_run(),
            registry=self.registry,
        )
        report = await run(session, tag, [])
        assert report.exit_code == 0, "\n".join(map(str, self.events))
        return report.facts.of(Released).bundle

    async def forget(self) -> None:
        """What the engine keeps for this project alone: the image as it was built, and as it was pulled to run."""
        host = self.registry.host
        built = DockerImage(self.bench.folder, PurePath("app"), "sample-app").name
        form = "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}"
        shell = LocalShell(self.bench.folder)
        here = await shell.run(Command(("docker", "image", "ls", "--digests", "--format", form)))
        words = [word for word in here.stdout.split() if not word.endswith("<none>")]
        ours = [word for word in words if word == built or word.startswith(f"{host}/")]
        await shell.run(Command(("docker", "image", "rm", *ours)))

    @property
    def endings(self) -> dict[str, str]:
        finished = [event for event in self.events if isinstance(event, StageFinished)]
        return {event.stage: event.ending for event in finished}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def project(
    bench: Workbench, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Project]:
    bench.edit("shipway.yaml", "  source: app\n", "  source: app\n  builder: docker\n")
    bench.edit("shipway.yaml", f"base: docker.io/library/{PUBLIC}", f"base: {BASE}")
    bench.edit("shipway.yaml", "checks:\n", f"checks:\n  runner: docker\n  image: {BASE}\n")
    await bench.commit("leave it to Docker")
    blobs = create(tmp_path_factory.mktemp("registry"), allowed_hosts={"127.0.0.1"})
    async with serve(blobs) as registry:
        project = Project(bench, registry)
        yield project
    await project.forget()


@dataclass(frozen=True, slots=True)
class Container:
    name: str
    shell: LocalShell

    async def docker(self, *words: str) -> str:
        return (await self.shell.run(Command(("docker", *words)))).stdout.strip()

    async def logs(self) -> list[dict[str, Any]]:
        said = await self.shell.run(Command(("docker", "logs", self.name)))
        return [json.loads(line) for line in (said.stdout + said.stderr).splitlines()]

    async def get(self, path: str) -> httpx2.Response:
        """As soon as it answers."""
        bound = (await self.docker("port", self.name, "3000/tcp")).splitlines()[0]
        deadline = monotonic() + PATIENCE
        async with httpx2.AsyncClient(trust_env=False) as client:
            while True:
                try:
                    return await client.get(f"http://{bound}{path}")
                except httpx2.TransportError:
                    assert monotonic() < deadline, await self.logs()
                    await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def container(project: Project) -> AsyncIterator[Container]:
    container = Container(f"story-{uuid4().hex[:8]}", LocalShell(project.bench.folder))
    yield container
    await container.docker("rm", "--force", "--volumes", container.name)


async def test_docker_checks_builds_and_pushes(project: Project) -> None:
    first = await project.release("v1")
    assert project.endings == {
        "tools": "unchanged",
        "setup": "done",
        "lint": "done",
        "test": "done",
        "chart-lint": "done",
        "build": "done",
        "upload": "done",
        "push": "done",
    }
    assert await project.release("v1") == first
    assert project.endings["push"] == "unchanged"


@pytest.mark.parametrize("client", sorted(clients().values()), ids=str)
async def test_every_docker_client_of_this_machine_builds_one_plain_image(
    project: Project, client: Path
) -> None:
    """They differ in how they build: by buildx, by a BuildKit of their own, or without."""
    made = await project.release(f"by{str(client).replace('/', '-')}", client=client)
    async with Registry(project.registry) as registry:
        manifest = await registry.manifest(made.image.repository, made.image.digest)
    assert manifest.descriptor.media_type in PLAIN
    assert project.endings["push"] == "done"


async def test_the_image_runs_by_its_digest_as_locked_in_as_in_a_pod(
    project: Project, container: Container
) -> None:
    released = await project.release("v1")
    image = f"{project.registry.reference(released.image.repository)}@{released.image.digest}"
    await container.docker(
        *("run", "--detach", "--name", container.name, *LOCKED_IN),
        *("--env", "APP_TAG=v1", "--env", f"APP_DIGEST={released.image.digest}"),
        *("--publish", "127.0.0.1::3000", image),
    )
    answers = {
        path: (await container.get(path)).json() for path in ("/health", "/health/live", "/version")
    }
    assert answers == {
        "/health": {"status": "ok"},
        "/health/live": {"status": "alive"},
        "/version": {"tag": "v1", "digest": released.image.digest},
    }
    ready = await container.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    facts = json.loads(await container.docker("inspect", container.name))[0]
    host = facts["HostConfig"]
    assert (host["ReadonlyRootfs"], host["CapDrop"], facts["Config"]["User"]) == (
        True,
        ["ALL"],
        "10001:10001",
    )


async def test_a_polite_end_is_a_graceful_one(container: Container) -> None:
    await container.docker("kill", "--signal", "TERM", container.name)
    assert await container.docker("wait", container.name) == "0"
    messages = [line["message"] for line in await container.logs()]
    assert messages[-2:] == ["stopping", "stopped"]
