"""An image goes from the Docker engine to a registry, under a name made of its content."""

import asyncio
import base64
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from shipway.commands import docker
from shipway.commands.command import Command
from shipway.docker.build_errors import push_error
from shipway.docker.errors import told
from shipway.errors import CommandFailed
from shipway.images.docker import Loaded
from shipway.oci.artifact import Descriptor
from shipway.oci.auth import CredentialsProvider
from shipway.oci.registry import Registry
from shipway.shell.shell import Shell

_WAITING = ("Preparing", "Waiting")
_THERE = ("Pushed", "Layer already exists", "Mounted from")


async def push(
    image: Loaded,
    registry: Registry,
    repository: str,
    shell: Shell,
    *,
    credentials: CredentialsProvider | None,
    progress: Callable[[str], None],
) -> Descriptor:
    """The manifest as the registry has it: its digest is of the bytes, whatever the engine says of it (pitfall 25).

    What is there already is not pushed: the same image stays the same manifest, even if another engine would
    compress it otherwise. No tag that a person uses is written here.
    """
    tag = f"image-{image.id.removeprefix('sha256:')[:16]}"
    if await registry.digest_of(repository, tag) is None:
        name = str(registry.address.reference(repository, tag))
        host = registry.address.host
        async with _login(host, credentials, shell) as env:
            await _send(image.id, name, docker.push(name, env), shell, _Layers(host, progress))
    return (await registry.manifest(repository, tag)).descriptor


class _Layers:
    """Counts the layers of a push as its lines come."""

    def __init__(self, host: str, progress: Callable[[str], None]) -> None:
        self.host = host
        self._progress = progress
        self._there: dict[str, bool] = {}

    def hear(self, line: str) -> None:
        layer, _, state = line.partition(": ")
        if state.startswith((*_WAITING, *_THERE)):
            self._there[layer] = state.startswith(_THERE)
            there = sum(self._there.values())
            self._progress(f"{there} of {len(self._there)} layers are in {self.host}")


async def _send(image: str, name: str, command: Command, shell: Shell, layers: _Layers) -> None:
    """Afterwards the engine has the image under its own name only."""
    try:
        await shell.run(docker.tag(image, name))
        try:
            await shell.run(command, listen=layers.hear)
        except CommandFailed as failure:
            raise push_error(failure, layers.host) from failure
        finally:
            await shell.run(docker.remove_image(name))
    except CommandFailed as failure:
        raise told(failure) from failure


@asynccontextmanager
async def _login(
    host: str, credentials: CredentialsProvider | None, shell: Shell
) -> AsyncIterator[dict[str, str]]:
    """The target's login in a folder for this push alone; without one the person's own settings hold."""
    login = await credentials() if credentials else None
    if login is None:
        yield {}
        return
    address = (await shell.run(docker.engine_address())).stdout.strip()
    secret = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    with tempfile.TemporaryDirectory(prefix="shipway-docker-") as folder:
        await asyncio.to_thread(_write, Path(folder, "config.json"), {host: {"auth": secret}})
        yield {"DOCKER_CONFIG": folder, "DOCKER_HOST": address}


def _write(file: Path, logins: dict[str, dict[str, str]]) -> None:
    """Its folder is private (mode 0700): nobody else gets to it."""
    file.write_text(json.dumps({"auths": logins}), encoding="utf-8")
