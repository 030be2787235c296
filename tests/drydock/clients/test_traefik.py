"""traefik as drydock's ingress controller: what it reads of the API decides where requests go."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.drydock.clients import objects
from tests.drydock.clients.conftest import Drydock, Run
from tests.drydock.clients.objects import Object
from tests.drydock.clients.waiting import until_true

pytestmark = pytest.mark.real


@dataclass(frozen=True)
class Outside:
    """Somebody outside the cluster: asks the ingress, by host and path."""

    client: httpx2.AsyncClient

    async def get(self, host: str, path: str = "/") -> tuple[int, list[str]]:
        """The status, and the words of the answer: pod, colour and path."""
        answer = await self.client.get(path, headers={"Host": host})
        return answer.status_code, answer.text.split()

    async def until(
        self, host: str, holds: Callable[[int, list[str]], bool], path: str = "/"
    ) -> list[str]:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(httpx2.TransportError):
                    status, words = await self.get(host, path)
                    if holds(status, words):
                        return words
                await asyncio.sleep(0.02)


@pytest.fixture
async def outside(drydock: Drydock) -> AsyncIterator[Outside]:
    url = f"http://127.0.0.1:{drydock.status.ingress}"
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        yield Outside(client)


@dataclass(frozen=True)
class Cluster:
    drydock: Drydock
    namespace: str

    def create(self, path: str, obj: Object) -> None:
        group, plural = path.rsplit("/", 1)
        url = f"{group}/namespaces/{self.namespace}/{plural}"
        self.drydock.api.post(url, json=obj).raise_for_status()

    def run(self, name: str, replicas: int = 1, **env: str) -> None:
        image = f"{self.drydock.images}:1"
        self.create("/apis/apps/v1/deployments", objects.deployment(name, image, replicas, **env))
        self.create("/api/v1/services", objects.service(name))

    def publish(self, name: str, *rules: tuple[str, str, str, str | int], **more: Any) -> None:
        published = objects.ingress(name, *rules)
        published["spec"] |= more
        self.create("/apis/networking.k8s.io/v1/ingresses", published)

    def ingress(self, name: str) -> Mapping[str, Any]:
        url = f"/apis/networking.k8s.io/v1/namespaces/{self.namespace}/ingresses/{name}"
        found: Mapping[str, Any] = self.drydock.api.get(url).json()
        return found


@pytest.fixture
def cluster(drydock: Drydock, namespace: str) -> Cluster:
    return Cluster(drydock, namespace)


def ok(status: int, _words: list[str]) -> bool:
    return status == 200


async def test_hosts_and_paths_lead_to_their_services(
    cluster: Cluster, outside: Outside, namespace: str
) -> None:
    host = f"{namespace}.localhost"
    cluster.run("red", COLOUR="red")
    cluster.run("blue", COLOUR="blue")
    cluster.publish("both", (host, "/", "red", "web"), (host, "/sea", "blue", 80))
    cluster.publish("other", (f"other.{host}", "/", "blue", "web"))
    await outside.until(host, ok)
    await outside.until(host, ok, "/sea")
    await outside.until(f"other.{host}", ok)
    assert (await outside.get(host, "/land"))[1][1:] == ["red", "/land"]
    assert (await outside.get(host, "/sea/shore?x=1"))[1][1:] == ["blue", "/sea/shore?x=1"]
    assert (await outside.get(f"other.{host}"))[1][1:] == ["blue", "/"]
    assert (await outside.get(f"stranger.{host}"))[0] == 404


async def test_a_prefix_is_of_whole_path_elements(
    cluster: Cluster, outside: Outside, namespace: str
) -> None:
    host = f"{namespace}.localhost"
    cluster.run("blue", COLOUR="blue")
    cluster.publish("sea", (host, "/sea", "blue", 80), (f"slash.{host}", "/sea/", "blue", 80))
    await outside.until(host, ok, "/sea")
    await outside.until(f"slash.{host}", ok, "/sea/")
    paths = ("/sea/", "/sea/shore", "/seaside", "/", "/sea?x=1")
    assert [(await outside.get(host, path))[0] for path in paths] == [200, 200, 404, 404, 200]
    assert [(await outside.get(f"slash.{host}", path))[0] for path in ("/sea", "/seaside")] == [
        200,
        404,
    ]


async def test_an_ingress_is_told_where_it_is_served(
    cluster: Cluster, outside: Outside, kubectl: Run, namespace: str
) -> None:
    host = f"{namespace}.localhost"
    cluster.run("web")
    cluster.publish("web", (host, "/", "web", 80), tls=[{"hosts": [host], "secretName": "none"}])
    await outside.until(host, ok)  # the certificate is nowhere, plain HTTP goes on

    await until_true(lambda: cluster.ingress("web")["status"]["loadBalancer"])
    assert cluster.ingress("web")["status"] == {
        "loadBalancer": {"ingress": [{"hostname": "localhost"}]}
    }
    shown = (await kubectl("get", "ingress")).plain.out
    assert shown == (
        f"NAME  CLASS  HOSTS  ADDRESS  PORTS  AGE\nweb  traefik  {host}  localhost  80, 443  AGE\n"
    )


async def test_endpoints_follow_the_scale(
    cluster: Cluster, outside: Outside, kubectl: Run, namespace: str
) -> None:
    host = f"{namespace}.localhost"
    cluster.run("web")
    cluster.publish("web", (host, "/", "web", "web"))
    first = (await outside.until(host, ok))[0]
    await kubectl("scale", "deployment/web", "--replicas=3")
    pods = {first}

    def three(status: int, words: list[str]) -> bool:
        pods.update(words[:1] if status == 200 else ())
        return len(pods) == 3

    await outside.until(host, three)
    await kubectl("scale", "deployment/web", "--replicas=0")
    # a service without endpoints is there, and cannot answer
    await outside.until(host, lambda status, _: status == 503)
    await kubectl("scale", "deployment/web", "--replicas=1")
    again = await outside.until(host, ok)
    assert again[0] not in pods
    await kubectl("delete", "ingress", "web")
    await outside.until(host, lambda status, _: status == 404)


async def test_an_ingress_of_another_class_is_left_alone(
    cluster: Cluster, outside: Outside, namespace: str
) -> None:
    host = f"{namespace}.localhost"
    cluster.run("web")
    cluster.publish("ours", (host, "/", "web", 80))
    cluster.publish("theirs", (f"theirs.{host}", "/", "web", 80), ingressClassName="nginx")
    await outside.until(host, ok)
    assert (await outside.get(f"theirs.{host}"))[0] == 404
