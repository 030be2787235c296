import asyncio
import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from shipway.aws.errors import CredentialsExpired
from shipway.errors import ShipwayError
from shipway.images.base import BaseUnreachable, BaseUnusable
from shipway.images.layer import LAYER
from shipway.images.python import PythonImage, build
from shipway.oci.errors import (
    NoPlatform,
    NotInRegistry,
    RegistryRefused,
    RegistryUnreachable,
    Unauthorized,
)
from shipway.oci.manifest import Manifest
from shipway.shell.shell import Shell

CONTENT = b"a layer of Debian"
DIFF_ID = f"sha256:{'d' * 64}"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class OneImage:
    """A registry that has one image, python:3.11."""

    env: list[str] = field(
        default_factory=lambda: ["PATH=/opt/python/bin", "PYTHON_VERSION=3.11.9"]
    )
    layer: str = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    downloads: int = 0

    @property
    def config(self) -> bytes:
        return json.dumps(
            {
                "os": "linux",
                "architecture": "amd64",
                "config": {
                    "Env": self.env,
                    "Cmd": ["python3"],
                    "Labels": {"maintainer": "them"},
                    "StopSignal": "SIGINT",
                },
                "rootfs": {"type": "layers", "diff_ids": [DIFF_ID]},
                "history": [{"created_by": "ADD"}, {"created_by": "ENV", "empty_layer": True}],
            }
        ).encode()

    @property
    def manifest(self) -> Manifest:
        layer = {"mediaType": self.layer, "digest": digest(CONTENT), "size": len(CONTENT)}
        raw = json.dumps({"config": {"digest": digest(self.config)}, "layers": [layer]}).encode()
        return Manifest("application/json", digest(raw), raw)

    async def resolve_platform(
        self, repository: str, reference: str, os: str, architecture: str
    ) -> Manifest:
        if (repository, reference, os, architecture) != ("python", "3.11", "linux", "amd64"):
            raise NotInRegistry(f"{repository}:{reference}")
        return self.manifest

    async def blob(self, repository: str, digest: str) -> bytes:
        return self.config

    async def download(self, repository: str, digest: str, path: Path) -> None:
        self.downloads += 1
        await asyncio.to_thread(path.write_bytes, CONTENT)


@pytest.fixture
def on_base(image: PythonImage) -> PythonImage:
    return replace(
        image,
        base="localhost:5001/python:3.11",
        python="3.11",
        architecture="amd64",
        env={"A": "1"},
    )


async def test_a_base_gives_its_layers_and_keeps_what_ours_does_not_say(
    on_base: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    registry = OneImage()
    artifact = await build(on_base, cache=tmp_path / "cache", shell=shell, registry=registry)
    assert isinstance(artifact.config.content, bytes)
    config: dict[str, Any] = json.loads(artifact.config.content)
    assert config["config"] == {
        "Entrypoint": ["python", "-m", "svc"],
        "Env": [
            "PATH=/opt/site/bin:/opt/python/bin",
            "PYTHON_VERSION=3.11.9",
            "PYTHONPATH=/opt/site:/app",
            "PYTHONUNBUFFERED=1",
            "PYTHONDONTWRITEBYTECODE=1",
            "A=1",
        ],
        "ExposedPorts": {"8080/tcp": {}},
        "Labels": {
            "dev.shipway.python": "3.11",
            "maintainer": "them",
            "org.opencontainers.image.base.digest": registry.manifest.digest,
            "org.opencontainers.image.base.name": "localhost:5001/python:3.11",
        },
        "StopSignal": "SIGINT",
        "User": "10001:10001",
        "WorkingDir": "/app",
    }
    assert config["rootfs"]["diff_ids"][0] == DIFF_ID
    assert [step.get("created_by") for step in config["history"]] == [
        "ADD",
        "ENV",
        "shipway build",
        "shipway build",
    ]
    below = artifact.layers[0]
    assert (below.descriptor.media_type, below.descriptor.digest) == (LAYER, digest(CONTENT))
    assert below.source == "python"
    assert isinstance(below.content, Path)
    assert below.content.read_bytes() == CONTENT


async def test_layers_of_a_base_come_once(
    on_base: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    registry = OneImage()
    for _ in range(2):
        await build(on_base, cache=tmp_path / "cache", shell=shell, registry=registry)
    assert registry.downloads == 1


async def test_a_base_with_another_python_is_refused(
    on_base: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    registry = OneImage(env=["PYTHON_VERSION=3.10.1"])
    with pytest.raises(BaseUnusable) as refused:
        await build(on_base, cache=tmp_path / "cache", shell=shell, registry=registry)
    assert refused.value.problem == (
        "base image localhost:5001/python:3.11 cannot be used: "
        "it has Python 3.10, the image is for 3.11"
    )


async def test_wheels_are_for_the_python_of_the_base_whoever_builds(
    on_base: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    registry = OneImage(env=["PYTHON_VERSION=3.14.2"])
    image = replace(on_base, python=None)
    artifact = await build(image, cache=tmp_path / "cache", shell=shell, registry=registry)
    assert isinstance(artifact.config.content, bytes)
    labels = json.loads(artifact.config.content)["config"]["Labels"]
    assert labels["dev.shipway.python"] == "3.14"


async def test_a_layer_that_may_not_be_copied_is_refused(
    on_base: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    registry = OneImage(layer="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    with pytest.raises(BaseUnusable) as refused:
        await build(on_base, cache=tmp_path / "cache", shell=shell, registry=registry)
    assert refused.value.reason == "it has a layer that may not be copied"


async def test_a_base_that_cannot_be_had_leaves_a_way_out(
    on_base: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    missing = replace(on_base, base="localhost:5001/python:3.10")
    with pytest.raises(BaseUnreachable) as refused:
        await build(missing, cache=tmp_path / "cache", shell=shell, registry=OneImage())
    assert refused.value.problem == (
        "base image localhost:5001/python:3.10 cannot be read: python:3.10 is not in the registry"
    )
    assert refused.value.remedy == "correct image.base in shipway.yaml"


COPY = (
    "copy it to a registry that can be read, such as your ECR (its login is used): "
    "docker pull {0}, docker tag, docker push; then name the copy in image.base"
)
HUB = "docker.io/library/python:3.12-slim"
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/python:3.12"


@dataclass
class Refusing:
    """A registry that answers everything with one error."""

    error: ShipwayError

    async def resolve_platform(
        self, repository: str, reference: str, os: str, architecture: str
    ) -> Manifest:
        raise self.error

    async def blob(self, repository: str, digest: str) -> bytes:
        raise self.error

    async def download(self, repository: str, digest: str, path: Path) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("base", "error", "kind", "remedy"),
    [
        (
            HUB,
            Unauthorized("docker.io", "GET /v2/library/python/manifests/3.12-slim", 401),
            BaseUnreachable,
            f"correct image.base in shipway.yaml, or {COPY.format(HUB)}",
        ),
        (
            ECR,
            Unauthorized(ECR.partition("/")[0], "GET /v2/team/python/manifests/3.12", 403),
            BaseUnreachable,
            "give this identity ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository "
            "team/python, in its policy too where it is another account's",
        ),
        (
            HUB,
            RegistryRefused("GET /v2/library/python/manifests/3.12-slim", 429, "TOOMANYREQUESTS"),
            BaseUnreachable,
            f"try again later, or {COPY.format(HUB)}",
        ),
        (
            HUB,
            RegistryUnreachable("https://registry-1.docker.io", "timed out"),
            BaseUnreachable,
            f"check the network and its proxy, or {COPY.format(HUB)}",
        ),
        (
            HUB,
            NoPlatform(HUB, "linux/amd64", ("linux/arm64",)),
            BaseUnusable,
            "name another in image.base of shipway.yaml, "
            "such as docker.io/library/python:3.12-slim",
        ),
        (
            ECR,
            CredentialsExpired("ExpiredToken"),
            CredentialsExpired,
            "aws sso login, or export fresh keys; then: source .env.eks",
        ),
    ],
)
async def test_a_base_that_is_refused_says_what_to_do(
    image: PythonImage,
    shell: Shell,
    tmp_path: Path,
    *,
    base: str,
    error: ShipwayError,
    kind: type[ShipwayError],
    remedy: str,
) -> None:
    with pytest.raises(kind) as refused:
        await build(
            replace(image, base=base), cache=tmp_path, shell=shell, registry=Refusing(error)
        )
    assert error.problem in refused.value.problem
    assert refused.value.remedy == remedy
