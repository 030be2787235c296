"""An image without a Python of its own is deployed where the nodes lend it one; any other where pods are isolated."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drydock.registry.app import create
from shipway.kube.access import Access
from shipway.model.bundle import Bundle, ChartRef, ImageRef
from shipway.model.isolation import Isolation
from shipway.oci import bundles
from shipway.oci.artifact import Artifact, Blob
from shipway.oci.bundles import Released
from shipway.oci.reference import Address
from shipway.oci.registry import Registry
from shipway.pipeline.stage import Facts, Say
from shipway.stages.resolve import HostImage, Resolve, SystemImage
from shipway.targets.target import Target
from tests.aws.cloud import serve

CONFIG = "application/vnd.oci.image.config.v1+json"
HOST = {"dev.shipway.runtime": "host"}


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[Address]:
    async with serve(create(tmp_path / "registry", allowed_hosts={"127.0.0.1"})) as port:
        yield Address(f"127.0.0.1:{port}", plain_http=True)


async def release(address: Address, labels: dict[str, str]) -> None:
    config = json.dumps({"config": {"Labels": labels}}).encode()
    image = Artifact(Blob.of(CONFIG, config), ())
    chart = ChartRef("charts/sample-app", "0.1.0", f"sha256:{64 * '0'}")
    bundle = Bundle(ImageRef("sample-app", image.digest), chart, {}, "", "v1")
    async with Registry(address) as registry:
        await registry.upload("sample-app", image)
        await bundles.push(registry, Released(bundle, {}), image.descriptor)


async def resolve(
    address: Address, *, host_images: bool, isolation: Isolation | None = None
) -> str:
    target = Target(
        name="eks" if not host_images else "embedded",
        registry=address,
        access=Access("eks", Path("kubeconfig"), ""),
        places=(),
        deployment="sample-app",
        tool_env={},
        where="",
        ingress_port=None,
        host_images=host_images,
        isolation=isolation,
    )
    stage = Resolve("sample-app", "v1", "shipway build --tag v1")
    outcome = await stage.run(Facts([target]), Say("resolve", lambda _event: None))
    return outcome.summary


async def test_on_eks_it_is_refused_before_anything_is_deployed(address: Address) -> None:
    await release(address, HOST)
    with pytest.raises(HostImage) as caught:
        await resolve(address, host_images=False)
    assert (caught.value.exit_code, caught.value.problem, caught.value.remedy) == (
        3,
        f"{address.host}/sample-app:v1 has no Python of its own and cannot run on eks",
        "set image.base in shipway.yaml, then: shipway build --target eks",
    )


@pytest.mark.parametrize(
    ("remedy", "first"), [(None, ""), ("sysctl -w allow=1; again", "sysctl -w allow=1; again. Or ")]
)
async def test_one_with_a_system_of_its_own_is_refused_where_pods_are_not_isolated(
    address: Address, remedy: str | None, first: str
) -> None:
    await release(address, {})
    shared = Isolation(isolated=False, because="this machine does not allow it", remedy=remedy)
    with pytest.raises(SystemImage) as caught:
        await resolve(address, host_images=True, isolation=shared)
    assert (caught.value.exit_code, caught.value.problem, caught.value.remedy) == (
        3,
        f"{address.host}/sample-app:v1 brings a system of its own, "
        "and on embedded pods are not isolated: this machine does not allow it",
        f"{first}shipway build --target embedded under another tag, or release it to a target "
        "whose nodes run whole images: --target kind",
    )


@pytest.mark.parametrize(
    ("labels", "host_images", "isolation"),
    [
        (HOST, True, Isolation(isolated=False, because="")),
        (HOST, True, Isolation(isolated=True, because="")),
        ({}, True, Isolation(isolated=True, because="")),
        ({}, False, None),
    ],
)
async def test_it_is_found_where_it_can_run(
    address: Address, labels: dict[str, str], host_images: bool, isolation: Isolation | None
) -> None:
    await release(address, labels)
    found = await resolve(address, host_images=host_images, isolation=isolation)
    assert found.startswith("v1 is bundle sha256:")
