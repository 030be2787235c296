"""What an engine pushes is named by its content, and its digest is that of the registry's bytes."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drydock.registry.app import create
from shipway.commands.command import Command
from shipway.docker.build_errors import NotPushed
from shipway.errors import CommandFailed
from shipway.images.docker import Loaded
from shipway.images.docker_push import push
from shipway.model.platform import Platform
from shipway.oci.auth import Credentials
from shipway.oci.reference import Address
from shipway.oci.registry import Registry
from shipway.shell.shell import Finished, Listener
from tests.oci.conftest import image, serve

LOADED = Loaded(f"sha256:{'ab' * 32}", 1, "buildx", Platform("amd64"))
TAG = "image-abababababababab"
OUTPUT = """\
The push refers to repository [localhost:5001/sample-app]
2f1a: Preparing
00e8: Preparing
2f1a: Pushed
00e8: Layer already exists
image-abababababababab: digest: sha256:0000 size: 946
"""


def read(folder: str) -> str:
    return Path(folder, "config.json").read_text()


@dataclass
class Client:
    """A docker whose push puts an image into the registry; `refuses` is what it prints instead."""

    registry: Registry
    refuses: str = ""
    ran: list[str] = field(default_factory=list)
    logins: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        self.ran.append(str(command))
        if command.argv[1] == "context":
            return Finished(command, "unix:///desktop.sock\n", "")
        if command.argv[1] == "push":
            if folder := command.env.get("DOCKER_CONFIG"):
                self.logins.append((read(folder), dict(command.env)))
            if self.refuses:
                raise CommandFailed(str(command), 1, (self.refuses,))
            artifact = image("pushed")
            await self.registry.upload("sample-app", artifact)
            await self.registry.tag("sample-app", artifact.digest, TAG)
            assert listen is not None
            for line in OUTPUT.splitlines():
                listen(line)
        return Finished(command, "", "")


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    app = create(tmp_path / "registry", allowed_hosts={"127.0.0.1"})
    async with serve(app) as address, Registry(address) as registry:
        yield registry


def expected(address: Address) -> list[str]:
    name = f"{address.host}/sample-app:{TAG}"
    return [
        f"docker tag {LOADED.id} {name}",
        f"docker push {name}",
        f"docker image rm {name}",
    ]


async def test_the_digest_is_of_the_bytes_that_the_registry_has(registry: Registry) -> None:
    client, heard = Client(registry), list[str]()
    pushed = await push(
        LOADED, registry, "sample-app", client, credentials=None, progress=heard.append
    )
    assert pushed == image("pushed").descriptor
    assert client.ran == expected(registry.address)
    assert heard[-1] == f"2 of 2 layers are in {registry.address.host}"


async def test_what_is_there_is_not_pushed_again(registry: Registry) -> None:
    client = Client(registry)
    for _ in range(2):
        await push(LOADED, registry, "sample-app", client, credentials=None, progress=print)
    assert client.ran == expected(registry.address)


async def test_a_login_travels_in_a_private_file_that_is_gone_afterwards(
    registry: Registry,
) -> None:
    async def credentials() -> Credentials:
        return Credentials("AWS", "s3cret")

    client = Client(registry)
    await push(LOADED, registry, "sample-app", client, credentials=credentials, progress=print)
    [(text, env)] = client.logins
    secret = base64.b64encode(b"AWS:s3cret").decode()
    assert json.loads(text) == {"auths": {registry.address.host: {"auth": secret}}}
    assert env["DOCKER_HOST"] == "unix:///desktop.sock"
    with pytest.raises(FileNotFoundError):
        read(env["DOCKER_CONFIG"])
    assert not any("s3cret" in line or secret in line for line in client.ran)


async def test_a_refused_push_leaves_no_name_behind(registry: Registry) -> None:
    client = Client(registry, refuses="denied")
    with pytest.raises(NotPushed) as caught:
        await push(LOADED, registry, "sample-app", client, credentials=None, progress=print)
    assert caught.value.problem == (
        f"{registry.address.host} does not let the Docker engine push: denied"
    )
    assert client.ran == expected(registry.address)
