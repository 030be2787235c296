"""A release of an image that a real Docker engine builds, to a registry that wants a login."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shipway.images.docker import DockerImage
from shipway.model.platform import Platform
from shipway.model.record import By
from shipway.oci.auth import Credentials, CredentialsProvider
from shipway.oci.bundles import Released
from shipway.pipeline.stage import Facts
from shipway.shell.local import LocalShell
from shipway.stages.build import Build
from shipway.stages.push import Push
from shipway.stages.resolve import Resolve
from shipway.stages.upload import Upload
from shipway.targets.target import Target
from tests.docker import real
from tests.oci.conftest import serve
from tests.stages.conftest import Voice, Watched, target_at

ROOT = Path(__file__).parents[2]
LOGIN = Credentials("AWS", "s3cret")


@dataclass
class Locked:
    """Lets in who says the user and the password."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        expected = base64.b64encode(f"{LOGIN.username}:{LOGIN.password}".encode())
        if dict(scope["headers"]).get(b"authorization") == b"Basic " + expected:
            await self.app(scope, receive, send)
            return
        refusal = Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="lab"'})
        await refusal(scope, receive, send)


def login() -> CredentialsProvider:
    async def credentials() -> Credentials:
        return LOGIN

    return credentials


@pytest.fixture
async def locked(watched: Watched) -> AsyncIterator[Target]:
    async with serve(Locked(watched)) as address:
        yield replace(target_at(address), host_images=False, credentials=login)


@pytest.mark.docker
async def test_a_release_by_docker_is_named_only_when_it_is_pushed_whole(
    locked: Target, watched: Watched, voice: Voice, tmp_path: Path
) -> None:
    shell = LocalShell(ROOT)
    image = DockerImage(ROOT, PurePath("app"), "app", base=await real.base(shell))
    values = tmp_path / "dev.yaml"
    values.write_text("replicas: 1\n")
    build = Build(image, ROOT / "helm" / "sample-app", tmp_path / "cache", shell)
    upload = Upload("app", "charts/app", shell)
    push = Push(
        *("app", "charts/app", Path("helm/sample-app"), {"dev": values}, "v1"),
        shell=shell,
        by=By("ann", "run-1"),
    )

    facts = Facts([locked])
    for stage in (build, upload):
        facts = facts.and_((await stage.run(facts, voice.say)).facts)
    (content,) = watched.tags
    assert content.startswith("app:image-")

    facts = facts.and_((await push.run(facts, voice.say)).facts)
    assert watched.tags[-1] == "app:v1.bundle"
    outcome = await Resolve("app", "v1", "shipway build").run(facts, voice.say)
    assert outcome.facts == (facts.of(Released), facts.of(Platform))

    before = list(watched.tags)
    facts = Facts([locked])
    for stage in (build, upload):
        facts = facts.and_((await stage.run(facts, voice.say)).facts)
    assert (await push.run(facts, voice.say)).unchanged
    assert watched.tags == before
    await real.forget(image)
