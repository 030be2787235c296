"""kr8s: a Python client that follows kubectl's words, in its async and its sync form."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping

import httpx2
import kr8s
import pytest
from kr8s import Api, NotFoundError, ServerError
from kr8s._async_utils import as_sync_func
from kr8s.asyncio.objects import ConfigMap, Deployment, Pod, Service
from kr8s.objects import ConfigMap as SyncConfigMap
from kr8s.objects import Deployment as SyncDeployment

from tests.drydock.clients import objects
from tests.drydock.clients.conftest import Drydock
from tests.drydock.clients.waiting import until, until_true

pytestmark = [
    pytest.mark.real,
    # kr8s has not been tried with our version by its makers, and says so
    pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported"),
]

AsyncApi = kr8s.asyncio.Api


@pytest.fixture
async def api(
    isolated: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AsyncApi]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    api = await kr8s.asyncio.api(kubeconfig=isolated["KUBECONFIG"])
    yield api
    assert api._session is not None
    await api._session.aclose()


@pytest.fixture
def sync_api(isolated: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    api = kr8s.api(kubeconfig=isolated["KUBECONFIG"])
    yield api
    assert api._session is not None
    as_sync_func(api._session.aclose)()


async def test_it_sees_what_the_server_is(api: AsyncApi, namespace: str) -> None:
    assert (await api.version())["gitVersion"] == "v1.36.0+drydock"
    assert api.namespace == namespace
    assert await api.whoami() == "drydock-admin"  # type: ignore[no-untyped-call]  # kr8s forgot to
    kinds = {(each["kind"], each["version"]) for each in await api.api_resources()}
    assert {("Pod", "v1"), ("Deployment", "apps/v1"), ("Ingress", "networking.k8s.io/v1")} <= kinds
    versions = [each async for each in api.api_versions()]
    assert {"v1", "apps/v1", "batch/v1"} <= set(versions)
    assert await api.lookup_kind("deploy") == ("deployment.apps/v1", "deployments", True)
    assert [str(node) async for node in api.get("nodes")] == ["drydock"]


async def test_an_object_is_created_changed_and_deleted(api: AsyncApi) -> None:
    settings = await ConfigMap(objects.config_map("settings", colour="red"), api=api)
    assert not await settings.exists()
    await settings.create()
    assert settings.metadata.uid
    with pytest.raises(ServerError, match='configmaps "settings" already exists'):
        await (
            await ConfigMap(settings.to_dict() | {"metadata": {"name": "settings"}}, api=api)
        ).create()
    await settings.patch({"data": {"colour": "blue"}})
    await settings.patch([{"op": "add", "path": "/data/size", "value": "big"}], type="json")
    await settings.label(tier="front")
    await settings.annotate({"example.com/note": "kept"})
    found = await ConfigMap.get("settings", api=api)
    assert dict(found.data) == {"colour": "blue", "size": "big"}
    assert (dict(found.labels), dict(found.annotations)) == (
        {"tier": "front"},
        {"example.com/note": "kept"},
    )
    await settings.remove_label("tier")
    assert [each async for each in api.get("configmaps", label_selector="tier")] == []
    selected = api.get("configmaps", field_selector={"metadata.name": "settings"})
    assert [str(each) async for each in selected] == ["settings"]
    await settings.delete()
    await settings.wait("delete", timeout=60)
    with pytest.raises(NotFoundError):
        await settings.refresh()


async def test_a_deployment_is_scaled_and_waited_for(api: AsyncApi, drydock: Drydock) -> None:
    web = await Deployment(objects.deployment("web", f"{drydock.images}:1"), api=api)
    await web.create()
    await web.wait("condition=Available", timeout=60)
    await web.scale(2)
    await web.wait("jsonpath='{.status.readyReplicas}'=2", timeout=60)
    assert len(await web.pods()) == len(await web.ready_pods()) == 2
    assert await web.ready()
    service = await Service(objects.service("web"), api=api)
    await service.create()
    await until(service.ready)
    assert len(await service.ready_pods()) == 2
    await web.delete(propagation_policy="Foreground")
    await web.wait("delete", timeout=60)
    assert [pod async for pod in api.get("pods", label_selector={"app": "web"})] == []


async def test_pods_tell_what_they_say(api: AsyncApi, drydock: Drydock) -> None:
    pod = await Pod(objects.pod("web", f"{drydock.images}:1", COLOUR="red"), api=api)
    await pod.create()
    await pod.wait("condition=Ready", timeout=60)
    assert await pod.ready()
    assert [line async for line in pod.logs()] == ["hello red"]
    [line] = [line async for line in pod.logs(timestamps=True, tail_lines=1)]
    assert line.endswith(" hello red")
    followed = pod.logs(follow=True, timeout=60)
    assert await anext(followed) == "hello red"
    await pod.delete(grace_period=2)
    assert [line async for line in followed] == ["goodbye"]


async def test_a_watch_tells_every_change(api: AsyncApi) -> None:
    seen: list[tuple[str, str]] = []

    async def follow() -> None:
        async for event, found in api.watch("configmaps", label_selector="app=watch"):
            seen.append((event, found.name))
            if event == "DELETED":
                return

    following = asyncio.create_task(follow())
    settings = await ConfigMap(objects.config_map("one", {"app": "watch"}), api=api)
    await settings.create()
    await until_true(lambda: seen)
    async with asyncio.timeout(60):
        await settings.patch({"data": {"a": "1"}})
        await settings.delete()
        await following
    assert seen == [("ADDED", "one"), ("MODIFIED", "one"), ("DELETED", "one")]


def test_the_sync_form_does_the_same(sync_api: Api, drydock: Drydock) -> None:
    settings = SyncConfigMap(objects.config_map("settings", colour="red"), api=sync_api)
    settings.create()
    settings.patch({"data": {"colour": "blue"}})
    assert dict(SyncConfigMap.get("settings", api=sync_api).data) == {"colour": "blue"}
    web = SyncDeployment(objects.deployment("web", f"{drydock.images}:1", 0), api=sync_api)
    web.create()
    web.scale(1)
    web.wait("condition=Available", timeout=60)
    [pod] = web.pods()
    assert list(pod.logs()) == ["hello no colour"]
    names = {str(each) for each in sync_api.get("configmaps")}
    assert names == {"settings", "kube-root-ca.crt"}


async def test_it_runs_commands_in_a_pod_and_reaches_its_ports(
    api: AsyncApi, drydock: Drydock
) -> None:
    pod = await Pod(objects.pod("web", f"{drydock.images}:1", COLOUR="red"), api=api)
    await pod.create()
    await pod.wait("condition=Ready", timeout=60)
    program = "import os, sys; print(os.environ['COLOUR']); sys.exit('no more')"
    ran = await pod.exec(["python", "-I", "-S", "-c", program], check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, b"red\n", b"no more\n")
    async with (
        pod.portforward(8080, local_port="auto") as port,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        answer = await client.get(f"http://127.0.0.1:{port}/forwarded")
    assert answer.text == "web red /forwarded"
