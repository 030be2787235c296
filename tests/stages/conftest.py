"""A target whose registry is drydock's own, in this process, and a voice whose words are kept."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from drydock.registry.app import create
from shipway.charts.package import package
from shipway.commands.helm import Release
from shipway.images.config import RUNTIME_LABEL
from shipway.kube.access import Access
from shipway.oci.artifact import Artifact, Blob
from shipway.oci.reference import Address
from shipway.pipeline.events import Event, Line
from shipway.pipeline.stage import Say
from shipway.stages.build import Built
from shipway.targets.target import Place, Target
from tests.oci.conftest import serve

NAMESPACE = {"dev": "team-dev", "prod": "team-prod"}


@dataclass
class Voice:
    events: list[Event] = field(default_factory=list)

    @property
    def say(self) -> Say:
        return Say("stage", self.events.append)

    @property
    def lines(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Line)]


@dataclass
class Watched:
    """A registry that remembers the tags in the order in which they were written."""

    app: ASGIApp
    tags: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope.get("method") == "PUT" and "/manifests/" in path and "sha256:" not in path:
            repository, _, tag = path.removeprefix("/v2/").partition("/manifests/")
            self.tags.append(f"{repository}:{tag}")
        await self.app(scope, receive, send)


def target_at(registry: Address) -> Target:
    return Target(
        name="embedded",
        registry=registry,
        access=Access("embedded", Path("kubeconfig"), "shipway setup embedded"),
        places=tuple(
            Place(
                environment=environment,
                release=Release(f"app-{environment}", namespace),
                values_file=Path(f"environments/{environment}.yaml"),
                host=f"{environment}.local",
                overlay=partial(dict, ingress={"host": f"{environment}.local"}),
            )
            for environment, namespace in NAMESPACE.items()
        ),
        deployment="app",
        tool_env={},
        where="here",
        ingress_port=8080,
        variables={"TEAM": "blue"},
    )


def built(folder: Path, *, note: str = "one", version: str = "1.2.3") -> Built:
    """Another note makes another image, and with it another chart."""
    chart = folder / "chart"
    (chart / "templates").mkdir(parents=True, exist_ok=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: app\nversion: {version}\n")
    (chart / "values.yaml").write_text(f"note: {note}\n")
    config = {"architecture": "amd64", "config": {"Labels": {RUNTIME_LABEL: "host"}}}
    image = Artifact(
        Blob.of("application/vnd.oci.image.config.v1+json", json.dumps(config).encode()),
        (Blob.of("application/vnd.oci.image.layer.v1.tar", note.encode()),),
    )
    return Built(image, package(chart))


@pytest.fixture
def voice() -> Voice:
    return Voice()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(create(tmp_path / "registry", allowed_hosts={"127.0.0.1"}))


@pytest.fixture
async def target(watched: Watched) -> AsyncIterator[Target]:
    async with serve(watched) as address:
        yield target_at(address)
