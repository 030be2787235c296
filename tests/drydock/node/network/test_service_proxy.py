import asyncio
import base64
import os
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import pytest

from drydock.node.network.service_proxy import ServiceProxy
from drydock.resources import ENDPOINT_SLICES, NAMESPACES, NETWORK_POLICIES, PODS, SERVICES
from drydock.store import Store


@pytest.fixture
async def backend() -> AsyncIterator[int]:
    """Says what it was asked; streams what it is sent back to the asker."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0] or 0)
        body = head.encode() + await reader.readexactly(length)
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for start in range(0, len(body), 100_000):
            writer.write(body[start : start + 100_000])
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


@pytest.fixture
async def cluster(store: Store, backend: int) -> Store:
    """Service dev/web on port 80, whose one endpoint is the backend."""
    store.create(NAMESPACES, {"metadata": {"name": "dev", "labels": {"env": "dev"}}})
    meta = {"name": "web", "namespace": "dev"}
    port = {"name": "http", "port": 80, "targetPort": "http"}
    spec = {"ports": [port], "clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"]}
    store.create(SERVICES, {"metadata": meta, "spec": spec})
    store.create(PODS, pod("dev", "web-1", {"app": "web"}))
    store.create(PODS, pod("default", "caller", {"app": "caller"}))
    endpoint = {
        "addresses": ["127.0.0.1"],
        "conditions": {"ready": True},
        "targetRef": {"kind": "Pod", "name": "web-1", "namespace": "dev"},
    }
    store.create(
        ENDPOINT_SLICES,
        {
            "metadata": {**meta, "labels": {"kubernetes.io/service-name": "web"}},
            "endpoints": [endpoint],
            "ports": [{"name": "http", "port": backend}],
        },
    )
    return store


def pod(namespace: str, name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "app"}]},
    }


@pytest.fixture
async def proxy(cluster: Store) -> AsyncIterator[str]:
    """The URL that pod default/caller has in its environment."""
    proxy = ServiceProxy(cluster)
    await proxy.start()
    yield proxy.admit(cluster.get(PODS, "default", "caller") or {}, "127.77.0.9")
    await proxy.stop()


async def get(proxy: str, url: str, **how: Any) -> httpx2.Response:
    async with httpx2.AsyncClient(proxy=proxy, trust_env=False) as client:
        return await client.request("POST" if "content" in how else "GET", url, **how)


@pytest.mark.parametrize(
    "host",
    [
        "web.dev",
        "web.dev.svc",
        "web.dev.svc.cluster.local",
        "web.dev.svc.cluster.local.",
        "10.96.0.7",
    ],
)
async def test_a_service_is_found_by_its_names_and_its_address(proxy: str, host: str) -> None:
    answer = await get(proxy, f"http://{host}/path?query=1")
    assert answer.status_code == 200
    assert answer.text.startswith("GET /path?query=1 HTTP/1.1\r\n")
    assert f"host: {host}\r\n" in answer.text.lower()
    assert "proxy-authorization" not in answer.text.lower()


async def test_a_short_name_means_the_callers_namespace(cluster: Store) -> None:
    proxy = ServiceProxy(cluster)
    await proxy.start()
    neighbour = proxy.admit(cluster.get(PODS, "dev", "web-1") or {}, "127.77.0.8")
    stranger = proxy.admit(cluster.get(PODS, "default", "caller") or {}, "127.77.0.9")
    assert (await get(neighbour, "http://web/")).status_code == 200
    unknown = await get(stranger, "http://web/")
    assert (unknown.status_code, unknown.text) == (
        502,
        "NXDOMAIN: there is no service web (asked from namespace default)\n",
    )
    proxy.expel(neighbour)
    assert (await get(neighbour, "http://web/")).status_code == 407
    await proxy.stop()


async def test_large_bodies_stream_both_ways(proxy: str) -> None:
    content = os.urandom(3_000_000)
    answer = await get(proxy, "http://web.dev/", content=content)
    assert answer.content.endswith(content)


async def test_strangers_are_turned_away(proxy: str) -> None:
    without = f"http://{proxy.partition('@')[2]}"
    assert (await get(without, "http://web.dev/")).status_code == 407
    wrong = proxy.replace("@", "x@")
    assert (await get(wrong, "http://web.dev/")).status_code == 407


@pytest.mark.parametrize(
    ("url", "status", "text"),
    [
        (
            "http://none.dev.svc/",
            502,
            "NXDOMAIN: there is no service none.dev.svc (asked from namespace default)",
        ),
        (
            "http://none.dev/",
            502,
            "NXDOMAIN: there is no service none.dev (asked from namespace default)",
        ),
        ("http://web.dev:81/", 502, "service dev/web has no port 81"),
        ("http://host.invalid/", 502, "NXDOMAIN: host.invalid is unknown"),
    ],
)
async def test_what_cannot_be_reached_is_said(proxy: str, url: str, status: int, text: str) -> None:
    answer = await get(proxy, url)
    assert (answer.status_code, answer.text) == (status, text + "\n")


async def test_a_service_without_ready_endpoints_is_unavailable(proxy: str, cluster: Store) -> None:
    candidate = dict(cluster.get(ENDPOINT_SLICES, "dev", "web") or {})
    unready = {**candidate["endpoints"][0], "conditions": {"ready": False}}
    cluster.update(ENDPOINT_SLICES, {**candidate, "endpoints": [unready]})
    answer = await get(proxy, "http://web.dev/")
    assert (answer.status_code, answer.text) == (503, "service dev/web has no ready endpoints\n")


async def test_the_world_outside_is_reached(proxy: str, backend: int) -> None:
    answer = await get(proxy, f"http://127.0.0.1:{backend}/out")
    assert answer.text.startswith("GET /out HTTP/1.1\r\n")


async def test_a_network_policy_blocks_and_is_named(proxy: str, cluster: Store) -> None:
    meta = {"name": "closed", "namespace": "dev"}
    allow = {"from": [{"namespaceSelector": {"matchLabels": {"env": "dev"}}}]}
    spec = {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [allow]}
    cluster.create(NETWORK_POLICIES, {"metadata": meta, "spec": spec})
    answer = await get(proxy, "http://web.dev/")
    assert answer.status_code == 403
    assert answer.text.startswith(
        "blocked by NetworkPolicy dev/closed: default/caller may not reach 127.0.0.1:"
    )


async def test_a_tunnel_carries_anything(proxy: str) -> None:
    where, credentials = proxy.rpartition("@")[2], proxy.removeprefix("http://").partition("@")[0]
    host, port = where.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    basic = base64.b64encode(credentials.encode()).decode()
    writer.write(
        f"CONNECT web.dev:80 HTTP/1.1\r\nProxy-Authorization: Basic {basic}\r\n\r\n".encode()
    )
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
    writer.write(b"GET /through HTTP/1.0\r\n\r\n")
    assert b"GET /through HTTP/1.0" in await reader.read()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("line", ["nonsense", "GET / HTTP/1.1", "GET https://web.dev/ HTTP/1.1"])
async def test_what_is_no_proxy_request_is_refused(proxy: str, line: str) -> None:
    host, port = proxy.rpartition("@")[2].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{line}\r\n\r\n".encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    writer.close()
    await writer.wait_closed()
