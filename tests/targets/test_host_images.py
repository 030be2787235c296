"""An image without a Python of its own is deployed where the nodes lend it one, and nothing else is deployed there."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drydock.registry.app import create
from shipway.kube.access import Access
from shipway.model.bundle import Bundle, ChartRef, ImageRef
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


async def resolve(address: Address, *, host_images: bool) -> str:
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
    )
    stage = Resolve("sample-app", "v1", "shipway build --tag v1")
    outcome = await stage.run(Facts([target]), Say("resolve", lambda _event: None))
    return outcome.summary


async def test_on_eks_it_is_refused_before_anything_is_deployed(address: Address) -> None:
    await release(address, {"dev.shipway.runtime": "host"})
    with pytest.raises(HostImage) as caught:
        await resolve(address, host_images=False)
    assert (caught.value.exit_code, caught.value.problem, caught.value.remedy) == (
        3,
        f"{address.host}/sample-app:v1 has no Python of its own and cannot run on eks",
        "set image.base in shipway.yaml, then: shipway build --target eks",
    )


async def test_one_with_a_system_of_its_own_is_refused_where_the_nodes_have_none_for_it(
    address: Address,
) -> None:
    await release(address, {})
    with pytest.raises(SystemImage) as caught:
        await resolve(address, host_images=True)
    assert (caught.value.exit_code, caught.value.problem, caught.value.remedy) == (
        3,
        f"{address.host}/sample-app:v1 brings a system of its own, "
        "and embedded runs services on this machine's Python",
        "shipway build --target embedded under another tag, or release it to a target "
        "whose nodes run whole images: --target kind",
    )


@pytest.mark.parametrize(
    ("labels", "host_images"),
    [({"dev.shipway.runtime": "host"}, True), ({}, False)],
)
async def test_elsewhere_and_with_a_base_it_is_found(
    address: Address, labels: dict[str, str], host_images: bool
) -> None:
    await release(address, labels)
    assert (await resolve(address, host_images=host_images)).startswith("v1 is bundle sha256:")
