"""Which machines a cluster has, and what is said to an image for others."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest
from lightkube import AsyncClient, KubeConfig
from lightkube.config.models import Cluster, User

from shipway.kube.nodes import OtherMachines, architectures


@asynccontextmanager
async def answering(answer: Callable[[], httpx2.Response]) -> AsyncIterator[AsyncClient]:
    config = KubeConfig.from_one(cluster=Cluster(server="http://cluster"), user=User()).get()
    client = AsyncClient(config=config, transport=httpx2.MockTransport(lambda _request: answer()))
    yield client
    await client.aclose()


def node(architecture: str) -> dict[str, object]:
    keys = (
        *("bootID", "containerRuntimeVersion", "kernelVersion", "kubeProxyVersion"),
        *("kubeletVersion", "machineID", "operatingSystem", "osImage", "systemUUID"),
    )
    info = {**dict.fromkeys(keys, ""), "architecture": architecture}
    return {"metadata": {}, "status": {"nodeInfo": info}}


@pytest.mark.parametrize(
    ("nodes", "found"),
    [(["amd64", "arm64", "amd64"], {"amd64", "arm64"}), ([], set())],
)
async def test_each_kind_of_machine_counts_once(nodes: list[str], found: set[str]) -> None:
    listed = {"metadata": {}, "items": [node(each) for each in nodes]}
    async with answering(lambda: httpx2.Response(200, json=listed)) as client:
        assert await architectures(client) == found


async def test_who_may_not_see_the_nodes_is_not_stopped() -> None:
    status = {"kind": "Status", "status": "Failure", "code": 403, "message": "nodes is forbidden"}
    async with answering(lambda: httpx2.Response(403, json=status)) as client:
        assert await architectures(client) == set()


def test_the_refusal_names_both_and_the_way_out() -> None:
    error = OtherMachines("ecr/app:v1", "arm64", "eks", {"amd64"})
    assert (error.exit_code, error.problem, error.remedy) == (
        3,
        "ecr/app:v1 is made for arm64, and the nodes of eks are amd64",
        "build it on a machine of amd64, as in CI, or set image.builder: docker and: "
        "DOCKER_DEFAULT_PLATFORM=linux/amd64 shipway build --target eks",
    )
