"""The login to ECR against a real registry that refuses everybody without the token of the hour."""

import json
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drydock.registry.app import create
from shipway.aws.ecr import Token
from shipway.oci.artifact import Artifact, Blob
from shipway.oci.errors import Unauthorized
from shipway.oci.reference import Address
from shipway.oci.registry import Registry
from shipway.targets.eks_login import OLD, Login
from shipway.targets.login import login_for
from tests.aws.cloud import serve
from tests.stories.eks_stand_in import Ecr

IMAGE = Artifact(Blob.of("application/vnd.oci.image.config.v1+json", b"{}"), ())


@dataclass
class Tokens:
    """Each is another one than the one before."""

    given: list[str] = field(default_factory=list)

    async def __call__(self) -> Token:
        self.given.append(f"password-{len(self.given) + 1}")
        return Token("AWS", self.given[-1], f"secret-{len(self.given)}")


@dataclass
class Shop:
    ecr: Ecr
    address: Address


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    ecr = Ecr(create(tmp_path / "registry", allowed_hosts={"127.0.0.1"}), "password-1")
    async with serve(ecr) as port:
        yield Shop(ecr, Address(f"127.0.0.1:{port}", plain_http=True))


async def test_nobody_gets_in_without_a_login(shop: Shop) -> None:
    async with Registry(shop.address) as registry:
        with pytest.raises(Unauthorized):
            await registry.tags("sample-app")


async def test_one_token_serves_every_connection(shop: Shop) -> None:
    tokens = Tokens()
    login = Login(tokens, shop.address.host)
    for _ in range(3):
        async with Registry(shop.address, login.provider()) as registry:
            await registry.upload("sample-app", IMAGE)
    assert tokens.given == ["password-1"]


async def test_a_token_that_the_registry_no_longer_takes_is_renewed(shop: Shop) -> None:
    tokens = Tokens()
    login = Login(tokens, shop.address.host)
    async with Registry(shop.address, login.provider()) as registry:
        await registry.upload("sample-app", IMAGE)
        shop.ecr.password = "password-2"
        assert await registry.digest_of("sample-app", "v1") is None
    assert tokens.given == ["password-1", "password-2"]


async def test_a_token_is_renewed_an_hour_before_its_end(tmp_path: Path) -> None:
    now, tokens = 0.0, Tokens()
    login = Login(tokens, "ecr.example", clock=lambda: now)
    assert (await login.credentials()).password == "password-1"
    now = OLD - 1
    assert (await login.credentials()).password == "password-1"
    now = OLD
    assert (await login.credentials()).password == "password-2"


async def test_helm_gets_each_token_in_a_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    file = tmp_path / "eks" / "helm" / "registry.json"
    login = Login(Tokens(), "ecr.example", file)
    first = await login.credentials()
    assert json.loads(file.read_text()) == {"auths": {"ecr.example": {"auth": "secret-1"}}}
    await login.credentials(refused=first)
    assert json.loads(file.read_text()) == {"auths": {"ecr.example": {"auth": "secret-2"}}}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]


def test_only_a_registry_of_ecr_gets_the_login_of_aws() -> None:
    assert login_for("123456789012.dkr.ecr.eu-west-1.amazonaws.com") is not None
    for host in (
        "docker.io",
        "public.ecr.aws",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example",
    ):
        assert login_for(host) is None
