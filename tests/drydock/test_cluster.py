"""All parts together in this process: the real API, registry, controllers, node and traefik."""

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
import pytest

from drydock import cluster, ports
from drydock.home import Home, Ports, Process, Status


@dataclass(frozen=True)
class Running:
    home: Home
    status: Status
    api: httpx2.AsyncClient
    stop: asyncio.Event
    task: asyncio.Task[None]

    async def names(self, path: str) -> list[str]:
        answer = await self.api.get(path)
        return [each["metadata"]["name"] for each in answer.json()["items"]]

    async def until(self, path: str, holds: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(45):
            while not holds(await self.names(path)):  # noqa: ASYNC110  # a client sees by asking
                await asyncio.sleep(0.01)


async def start(home: Home, asked: Ports) -> tuple[Status, asyncio.Event, asyncio.Task[None]]:
    home.prepare()
    stop = asyncio.Event()
    ready: asyncio.Queue[Status] = asyncio.Queue()
    me = Process(os.getpid(), psutil.Process().create_time())
    listening = cluster.listeners(asked, home.ports())
    task = asyncio.create_task(cluster.run(home, listening, me, stop=stop, ready=ready.put_nowait))
    up = asyncio.create_task(ready.get())
    await asyncio.wait({task, up}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    return up.result(), stop, task


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    home = Home(tmp_path / "home")
    status, stop, task = await start(home, Ports())
    trust = ssl.create_default_context(cafile=home.pki / "ca.crt")
    headers = {"Authorization": f"Bearer {home.token.read_text().strip()}"}
    url = f"https://127.0.0.1:{status.api}"
    async with httpx2.AsyncClient(base_url=url, verify=trust, headers=headers) as api:
        yield Running(home, status, api, stop, task)
        stop.set()
        await task


async def test_a_fresh_cluster_has_what_clients_expect(running: Running) -> None:
    namespaces = ["default", "kube-node-lease", "kube-system"]
    assert await running.names("/api/v1/namespaces") == namespaces
    await running.until("/api/v1/nodes", lambda names: names == ["drydock"])
    leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
    await running.until(leases, lambda names: names == ["drydock"])
    assert await running.names("/apis/networking.k8s.io/v1/ingressclasses") == ["traefik"]
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    await running.until(accounts, lambda names: names == ["default"])


async def test_every_door_is_open_but_the_api_asks_who_is_there(running: Running) -> None:
    async with httpx2.AsyncClient() as stranger:
        registry = await stranger.get(f"http://127.0.0.1:{running.status.registry}/v2/")
        ingress = await stranger.get(f"http://127.0.0.1:{running.status.ingress}/")
    answer = await running.api.get("/version", headers={"Authorization": "Bearer wrong"})
    assert (registry.status_code, ingress.status_code, answer.status_code) == (200, 404, 401)


async def test_a_write_through_the_api_reaches_the_controllers(running: Running) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dev"}}
    created = await running.api.post("/api/v1/namespaces", json=namespace)
    assert created.status_code == 201
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "app", "namespace": "dev"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "app"}},
            "template": {
                "metadata": {"labels": {"app": "app"}},
                "spec": {"containers": [{"name": "app", "image": "nowhere.invalid/app:v1"}]},
            },
        },
    }
    created = await running.api.post("/apis/apps/v1/namespaces/dev/deployments", json=deployment)
    assert created.status_code == 201
    await running.until("/api/v1/namespaces/dev/pods", lambda names: len(names) == 2)
    await running.api.delete("/api/v1/namespaces/dev")
    await running.until("/api/v1/namespaces", lambda names: "dev" not in names)


async def test_an_open_watch_does_not_hold_up_the_end(running: Running) -> None:
    async with running.api.stream("GET", "/api/v1/pods", params={"watch": "true"}) as watch:
        assert watch.status_code == 200
        before = time.monotonic()
        running.stop.set()
        await running.task
        assert time.monotonic() - before < 30


async def test_a_client_that_stays_connected_is_no_error_at_the_end(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    trust = ssl.create_default_context(cafile=running.home.pki / "ca.crt")
    _, writer = await asyncio.open_connection("127.0.0.1", running.status.api, ssl=trust)
    assert await running.names("/api/v1/namespaces")  # over a connection that is kept
    running.stop.set()
    await running.task
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []
    writer.close()


async def test_the_next_run_has_the_same_ports_and_the_same_identity(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    seen = []
    for _ in range(2):
        status, stop, task = await start(home, Ports())
        seen.append((status, home.kubeconfig.read_text()))
        stop.set()
        await task
    assert seen[0] == seen[1]


def test_a_port_that_was_asked_for_is_that_or_an_error() -> None:
    with ports.listen("api", None, None) as taken:
        port = ports.number(taken)
        with pytest.raises(ports.PortTaken) as refused:
            cluster.listeners(Ports(api=port), Ports())
    name = psutil.Process().name()
    assert str(refused.value) == f"port {port} for the api is taken by {name} (pid {os.getpid()})"
    assert refused.value.remedy == "--api-port with another port, or none for a free one"
    with ports.listen("api", port, None) as ours:
        assert ports.number(ours) == port


def test_a_port_that_is_only_remembered_may_change() -> None:
    with (
        ports.listen("api", None, None) as taken,
        ports.listen("api", None, ports.number(taken)) as other,
    ):
        assert ports.number(other) != ports.number(taken)
