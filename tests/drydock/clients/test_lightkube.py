"""lightkube: a typed Python client that shares no code with kubectl."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, TypeVar

import pytest
from lightkube import ApiError, AsyncClient, Client, KubeConfig
from lightkube.core.dictmixin import DictMixin
from lightkube.core.exceptions import ConditionError, ObjectDeleted
from lightkube.models.autoscaling_v1 import ScaleSpec
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import ConfigMap, Pod, Service
from lightkube.types import CascadeType, OnErrorAction, OnErrorResult, PatchType

from tests.drydock.clients import objects
from tests.drydock.clients.conftest import Drydock
from tests.drydock.clients.waiting import until, until_true

pytestmark = pytest.mark.real

T = TypeVar("T", bound=DictMixin)


def typed(kind: type[T], obj: Mapping[str, Any]) -> T:
    found = kind.from_dict(dict(obj))
    assert isinstance(found, kind)
    return found


@pytest.fixture
def client(isolated: Mapping[str, str]) -> Iterator[Client]:
    config = KubeConfig.from_file(isolated["KUBECONFIG"])
    with Client(config=config, field_manager="tests", trust_env=False) as client:
        yield client


@pytest.fixture
async def async_client(isolated: Mapping[str, str]) -> AsyncIterator[AsyncClient]:
    config = KubeConfig.from_file(isolated["KUBECONFIG"])
    async with AsyncClient(config=config, field_manager="tests", trust_env=False) as client:
        yield client


def config_map(name: str, labels: Mapping[str, str] | None = None, **data: str) -> ConfigMap:
    return typed(ConfigMap, objects.config_map(name, labels, **data))


def refusal(error: pytest.ExceptionInfo[ApiError]) -> tuple[int | None, str | None, str | None]:
    status = error.value.status
    return status.code, status.reason, status.message


def test_an_object_is_created_read_replaced_and_deleted(client: Client, namespace: str) -> None:
    created = client.create(config_map("settings", colour="red"))
    assert created.metadata is not None
    assert (created.metadata.name, created.metadata.namespace) == ("settings", namespace)
    assert client.get(ConfigMap, "settings") == created
    with pytest.raises(ApiError) as again:
        client.create(config_map("settings"))
    assert refusal(again) == (409, "AlreadyExists", 'configmaps "settings" already exists')
    created.data = {"colour": "blue"}
    replaced = client.replace(created)
    assert replaced.metadata is not None
    assert replaced.metadata.resourceVersion != created.metadata.resourceVersion
    created.data = {"colour": "green"}
    with pytest.raises(ApiError) as stale:
        client.replace(created)
    assert refusal(stale) == (
        409,
        "Conflict",
        'Operation cannot be fulfilled on configmaps "settings": the object has been modified; '
        "please apply your changes to the latest version and try again",
    )
    client.delete(ConfigMap, "settings")
    with pytest.raises(ApiError) as gone:
        client.get(ConfigMap, "settings")
    assert refusal(gone) == (404, "NotFound", 'configmaps "settings" not found')


def test_lists_know_selectors_and_come_in_chunks(client: Client) -> None:
    for number in range(5):
        parity = "even" if number % 2 == 0 else "odd"
        client.create(config_map(f"c{number}", {"parity": parity, "app": "lists"}))

    def names(**selectors: Any) -> list[str]:
        found = client.list(ConfigMap, **selectors)
        return [each.metadata.name or "" for each in found if each.metadata]

    ours: dict[str, Any] = {"app": "lists"}
    assert names(labels=ours) == ["c0", "c1", "c2", "c3", "c4"]
    assert names(labels=ours, chunk_size=2) == ["c0", "c1", "c2", "c3", "c4"]
    assert names(labels={**ours, "parity": "odd"}) == ["c1", "c3"]
    assert names(labels={"parity": ("even", "none")}) == ["c0", "c2", "c4"]
    assert names(labels={"app": None, "parity": "odd"}) == ["c1", "c3"]
    assert names(fields={"metadata.name": "c4"}) == ["c4"]
    everywhere = client.list(ConfigMap, namespace="*", labels=ours)
    assert len(list(everywhere)) >= 5
    client.deletecollection(ConfigMap)
    assert names(labels=ours) == []


def test_every_kind_of_patch_does_what_it_says(client: Client, drydock: Drydock) -> None:
    client.create(typed(Deployment, objects.deployment("web", f"{drydock.images}:1", 0)))

    def env(patched: Deployment) -> list[str]:
        assert patched.spec is not None
        assert patched.spec.template.spec is not None
        variables = patched.spec.template.spec.containers[0].env or []
        return [each.name for each in variables]

    one = {"name": "web", "env": [{"name": "COLOUR", "value": "red"}]}
    spec = {"spec": {"template": {"spec": {"containers": [one]}}}}
    assert env(client.patch(Deployment, "web", spec)) == ["COLOUR", "IP", "POD"]
    add = [
        {"op": "test", "path": "/spec/template/spec/containers/0/env/0/name", "value": "COLOUR"},
        {"op": "remove", "path": "/spec/template/spec/containers/0/env/0"},
    ]
    assert env(client.patch(Deployment, "web", add, patch_type=PatchType.JSON)) == ["IP", "POD"]
    one["image"] = f"{drydock.images}:2"
    merged = client.patch(Deployment, "web", spec, patch_type=PatchType.MERGE)
    assert env(merged) == ["COLOUR"]
    with pytest.raises(ApiError) as failed:
        client.patch(Deployment, "web", add[:1] * 2, patch_type=PatchType.STRATEGIC)
    assert refusal(failed)[:2] == (400, "BadRequest")
    labels = {"metadata": {"labels": {"tier": "front", "app": None}}}
    labelled = client.patch(Deployment, "web", labels, patch_type=PatchType.MERGE)
    assert labelled.metadata is not None
    assert labelled.metadata.labels == {"tier": "front"}


def test_who_applies_owns_what_it_says_until_somebody_forces(client: Client) -> None:
    client.apply(config_map("settings", colour="red", size="big"), field_manager="first")
    with pytest.raises(ApiError) as conflict:
        client.apply(config_map("settings", colour="blue"), field_manager="second")
    assert refusal(conflict) == (
        409,
        "Conflict",
        'Apply failed with 1 conflict: conflict with "first": .data.colour',
    )
    forced = client.apply(config_map("settings", colour="blue"), field_manager="second", force=True)
    assert forced.data == {"colour": "blue", "size": "big"}
    left = client.apply(config_map("settings"), field_manager="first")
    assert left.data == {"colour": "blue"}
    assert left.metadata is not None
    owners = [(each.manager, each.operation) for each in left.metadata.managedFields or []]
    assert sorted(owners) == [("first", "Apply"), ("second", "Apply")]
    rehearsed = client.apply(
        config_map("settings", colour="pink"), field_manager="second", dry_run=True
    )
    assert rehearsed.data == {"colour": "pink"}
    assert client.get(ConfigMap, "settings").data == {"colour": "blue"}


def test_status_and_scale_are_doors_of_their_own(client: Client, drydock: Drydock) -> None:
    client.create(typed(Deployment, objects.deployment("web", f"{drydock.images}:none", 0)))
    scale = client.get(Deployment.Scale, "web")
    assert scale.spec == ScaleSpec(replicas=0)
    scaled = client.patch(Deployment.Scale, "web", {"spec": {"replicas": 1}})
    assert scaled.spec == ScaleSpec(replicas=1)
    assert scaled.metadata is not None
    scaled.metadata.resourceVersion = None  # the controller writes too, and would be in the way
    scaled.spec = ScaleSpec(replicas=0)
    assert client.replace(scaled, "web").spec == ScaleSpec(replicas=0)
    service = client.create(typed(Service, objects.service("web")))
    assert service.spec is not None
    told = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    patched = client.patch(Service.Status, "web", {"status": told}, patch_type=PatchType.MERGE)
    assert patched.to_dict()["status"] == told
    assert client.get(Service, "web").to_dict()["status"] == told


async def test_a_watch_tells_every_change_and_goes_on_where_it_ended(
    async_client: AsyncClient,
) -> None:
    seen: list[tuple[str, str, dict[str, str] | None]] = []

    async def follow() -> None:
        # it ends every second, and lightkube asks for what came after
        watch = async_client.watch(ConfigMap, labels={"app": "watch"}, server_timeout=1)
        async for event, found in watch:
            assert found.metadata is not None
            seen.append((event, found.metadata.name or "", found.data))
            if found.metadata.name == "last":
                return

    following = asyncio.create_task(follow())
    labels = {"app": "watch"}
    await async_client.create(config_map("first", labels, a="1"))
    await until_true(lambda: seen)
    async with asyncio.timeout(60):
        await async_client.patch(ConfigMap, "first", {"data": {"a": "2"}})
        await asyncio.sleep(1.2)  # the server's end of the first watch
        await async_client.patch(ConfigMap, "first", {"metadata": {"labels": {"app": None}}})
        await async_client.create(config_map("hidden"))
        await async_client.create(config_map("last", labels))
        await following
    assert seen == [
        ("ADDED", "first", {"a": "1"}),
        ("MODIFIED", "first", {"a": "2"}),
        ("DELETED", "first", {"a": "2"}),
        ("ADDED", "last", None),
    ]


async def test_a_watch_that_has_lost_its_place_begins_anew(
    async_client: AsyncClient, drydock: Drydock, namespace: str
) -> None:
    seen: list[tuple[str, str]] = []
    failed: list[int | None] = []

    def again(error: Exception, _times: int) -> OnErrorResult:
        assert isinstance(error, ApiError)
        failed.append(error.status.code)
        return OnErrorResult(OnErrorAction.RETRY)

    async def follow() -> None:
        async for event, found in async_client.watch(
            ConfigMap, fields={"metadata.name": "one"}, on_error=again
        ):
            assert found.metadata is not None
            seen.append((event, found.metadata.name or ""))
            if event == "DELETED":
                return

    await async_client.create(config_map("one"))
    following = asyncio.create_task(follow())
    await until_true(lambda: seen)
    expire = ("--expire", f"--namespace={namespace}", "--every=100ms", "--count=1")
    added = await drydock("fault", "add", "watch", *expire)
    assert added.code == 0, added
    await until_true(lambda: len(seen) > 1)
    await async_client.delete(ConfigMap, "one")
    async with asyncio.timeout(60):
        await following
    assert failed == [410]
    assert seen == [("ADDED", "one"), ("ADDED", "one"), ("DELETED", "one")]


async def test_it_waits_for_conditions_and_reads_logs(
    async_client: AsyncClient, drydock: Drydock
) -> None:
    pod = objects.pod("web", f"{drydock.images}:1", COLOUR="red")
    await async_client.create(typed(Pod, pod))
    async with asyncio.timeout(60):
        ready = await async_client.wait(Pod, "web", for_conditions=["Ready"])
    assert ready.status is not None
    assert ready.status.phase == "Running"
    assert [line async for line in async_client.log("web")] == ["hello red\n"]
    assert [line async for line in async_client.log("web", tail_lines=0)] == []
    follow = async_client.log("web", follow=True)
    forever = asyncio.create_task(async_client.wait(Pod, "web", for_conditions=["Never"]))
    async with asyncio.timeout(60):
        assert await anext(aiter(follow)) == "hello red\n"
        await async_client.delete(Pod, "web")
        assert [line async for line in follow] == ["goodbye\n"]
        with pytest.raises(ObjectDeleted, match="pods/web"):
            await forever


async def test_it_hears_of_failure_while_it_waits(
    async_client: AsyncClient, drydock: Drydock
) -> None:
    broken = objects.pod("job", f"{drydock.images}:1", BROKEN="yes")["spec"] | {
        "restartPolicy": "Never"
    }
    job = {"metadata": {"name": "job"}, "spec": {"backoffLimit": 0, "template": {"spec": broken}}}
    await async_client.create(typed(Job, job))
    with pytest.raises(ConditionError, match="Job has reached the specified backoff limit"):
        async with asyncio.timeout(60):
            await async_client.wait(
                Job, "job", for_conditions=["Complete"], raise_for_conditions=["Failed"]
            )
    pods = [each async for each in async_client.list(Pod, labels={"job-name": "job"})]
    assert len(pods) == 1
    await async_client.delete(Job, "job", cascade=CascadeType.FOREGROUND)

    async def none_left() -> bool:
        return not [each async for each in async_client.list(Pod, labels={"job-name": "job"})]

    await until(none_left)


async def test_it_runs_commands_in_a_pod(async_client: AsyncClient, drydock: Drydock) -> None:
    pod = objects.pod("web", f"{drydock.images}:1", COLOUR="red")
    await async_client.create(typed(Pod, pod))
    async with asyncio.timeout(60):
        await async_client.wait(Pod, "web", for_conditions=["Ready"])
    program = "import os, sys; print(os.environ['COLOUR'], sys.stdin.read()); sys.exit('no more')"
    async with asyncio.timeout(60):
        ran = await async_client.exec(
            "web",
            command=["python", "-I", "-S", "-c", program],
            stdin="here",
            stdout=True,
            stderr=True,
        )
    assert (ran.exit_code, ran.stdout, ran.stderr) == (1, "red here\n", "no more\n")
