"""A rollout is followed to its end, through an API that tells one state after the other, or nothing at all."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from lightkube import AsyncClient, KubeConfig
from lightkube.config.models import Cluster, User
from lightkube.core.exceptions import ApiError

from shipway.kube import workload
from shipway.kube.rollout import DidNotLast, RolloutFailed, WatchLost, follow, lasts
from shipway.kube.workload import Workload
from shipway.model import rollout
from shipway.model.diagnosis import Cause

Object = dict[str, Any]
LABELS = {"app": "a"}
SELECTOR = {"matchLabels": LABELS}
CREATING = {"waiting": {"reason": "ContainerCreating"}}
RUNNING = {"running": {"startedAt": "2026-11-22T21:00:00Z"}}
NO_NAME = {"waiting": {"reason": "InvalidImageName", "message": "A B"}}


def pod(state: Object, *, ready: bool = False, ended: Object | None = None) -> Object:
    status = {"name": "app", "image": "x", "imageID": "", "ready": ready, "restartCount": 0}
    if ended:
        status |= {"restartCount": 1, "lastState": {"terminated": ended}}
    return {
        "metadata": {"name": "a-1", "namespace": "dev", "labels": LABELS},
        "status": {
            "phase": "Running" if "running" in state else "Pending",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{**status, "state": state}],
        },
    }


def deployment(ready: int) -> Object:
    numbers = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": ready}
    return {
        "metadata": {"name": "a", "namespace": "dev", "uid": "d", "generation": 1},
        "spec": {
            "replicas": 1,
            "selector": SELECTOR,
            "template": {"spec": {"containers": [{"name": "app", "image": "x"}]}},
        },
        "status": {**numbers, "availableReplicas": ready, "observedGeneration": 1},
    }


OWNER = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a", "uid": "d"}
REPLICA_SET = {
    "metadata": {"name": "a-x", "namespace": "dev", "ownerReferences": [OWNER]},
    "spec": {"selector": SELECTOR},
}


@dataclass
class Api:
    """Each look at the Deployment shows the next pod, the last one for ever; a number is an answer instead of it."""

    states: Sequence[Object | int]
    forbidden: str = ""  # a kind of object
    looks: int = 0
    watched: list[str] = field(default_factory=list)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        plural, _, name = request.url.path.partition("/namespaces/dev/")[2].partition("/")
        if "watch" in request.url.params:
            self.watched.append(plural)
            return httpx2.Response(200, content=self._ticks(plural))
        if name.endswith("/log"):
            return httpx2.Response(200, text="starts\nlost the database\n")
        if plural == self.forbidden:
            return _status(403)
        if plural == "deployments" and name:
            self.looks += 1
        state = self.states[min(max(self.looks, 1), len(self.states)) - 1]
        if isinstance(state, int):
            return _status(state)
        if plural == "deployments" and name:
            ready = state["status"]["containerStatuses"][0]["ready"]
            return httpx2.Response(200, json=deployment(int(ready)))
        items = {"pods": [state], "replicasets": [REPLICA_SET]}.get(plural, [])
        return httpx2.Response(200, json={"metadata": {}, "items": items})

    async def _ticks(self, plural: str) -> AsyncIterator[bytes]:
        metadata = {"name": "a", "namespace": "dev", "resourceVersion": "1"}
        moved = {"deployments": deployment(0), "pods": pod(CREATING)}[plural]
        line = {"type": "MODIFIED", "object": {**moved, "metadata": metadata}}
        while True:
            await asyncio.sleep(0.02)
            yield json.dumps(line).encode() + b"\n"


def _status(code: int) -> httpx2.Response:
    return httpx2.Response(code, json={"kind": "Status", "code": code, "message": "no"})


@dataclass
class Listener:
    progress: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def connected(api: Api) -> AsyncClient:
    config = KubeConfig.from_one(cluster=Cluster(server="http://cluster"), user=User()).get()
    return AsyncClient(config=config, transport=httpx2.MockTransport(api.answer))


async def followed(
    api: Api, heard: Listener, seconds: int = 45, before: Workload | None = None
) -> Workload:
    client = connected(api)
    try:
        return await follow(
            client,
            "dev",
            "dev",
            "a",
            timeout_seconds=seconds,
            look="kubectl describe pods",
            progress=heard.progress.append,
            line=heard.lines.append,
            before=before,
        )
    finally:
        await client.aclose()


async def test_each_pod_is_told_as_it_comes_to_serve() -> None:
    api, heard = Api([pod(CREATING), pod(RUNNING), pod(RUNNING, ready=True)]), Listener()
    found = await followed(api, heard)
    assert found.ready == 1
    assert heard.lines == [
        "pod a-1: being created",
        "pod a-1: started, not ready",
        "pod a-1: ready",
    ]
    assert heard.progress == ["0 of 1 new pods ready"] * 2
    assert sorted(api.watched) == ["deployments", "pods"]


async def test_an_api_in_trouble_costs_nothing_but_words() -> None:
    api, heard = Api([pod(CREATING), 500, 429, pod(RUNNING, ready=True)]), Listener()
    await followed(api, heard)
    assert heard.progress == [
        "0 of 1 new pods ready",
        "the cluster's API answers 500; still watching",
        "the cluster's API answers 429; still watching",
    ]


async def test_what_nobody_sees_at_the_end_is_no_failure_of_the_pods() -> None:
    with pytest.raises(WatchLost) as caught:
        await followed(Api([pod(CREATING), 503]), Listener(), seconds=1)
    assert caught.value.problem.startswith(
        "dev: what becomes of the rollout is not known: the cluster's API answers 503, for "
    )
    assert caught.value.remedy == (
        "when it answers again, the same command once more; what runs now: kubectl describe pods"
    )


async def test_a_refusal_is_told_at_once() -> None:
    with pytest.raises(ApiError) as caught:
        await followed(Api([403]), Listener())
    assert caught.value.status.code == 403


async def test_a_deployment_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(RolloutFailed) as caught:
        await followed(Api([404]), Listener())
    assert caught.value.problem == "dev: 0 of 0 pods became ready: there is no Deployment a"


async def test_a_failure_is_told_also_where_its_evidence_may_not_be_read() -> None:
    with pytest.raises(RolloutFailed) as caught:
        await followed(Api([pod(NO_NAME)], forbidden="events"), Listener())
    assert caught.value.seconds is None
    assert caught.value.cause == Cause(
        1, "the image cannot be pulled: x: A B", "a-1", "InvalidImageName", ("A B",)
    )


async def test_a_pod_that_failed_before_the_rollout_is_given_time_to_be_tried_again() -> None:
    container = rollout.Container("app", "x", waiting="InvalidImageName", message="A B")
    failed = rollout.Pod("a-1", containers=(container,), namespace="dev")
    before = Workload(rollout.Deployment("a"), (failed,), "x", {})
    api, heard = Api([pod(NO_NAME), pod(NO_NAME), pod(RUNNING, ready=True)]), Listener()
    await followed(api, heard, before=before)
    assert heard.progress == ["0 of 1 new pods ready; 1 InvalidImageName"] * 2


async def test_pods_that_ended_after_they_were_ready_did_not_last() -> None:
    ended = {"exitCode": 3, "reason": "Error"}
    serving, fallen = pod(RUNNING, ready=True), pod(RUNNING, ready=True, ended=ended)
    client = connected(Api([serving, serving, fallen]))
    before = await workload.look(client, "dev", "a")
    assert before
    await lasts(client, "dev", "dev", before, look="kubectl describe pods")
    with pytest.raises(DidNotLast) as caught:
        await lasts(client, "dev", "dev", before, look="kubectl describe pods")
    await client.aclose()
    assert caught.value.problem == (
        "dev: 0 of 1 pods stayed ready: container app exits with code 3: lost the database"
    )
