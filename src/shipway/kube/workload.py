"""A Deployment and its pods as facts: what the model's judgement and diagnosis read."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx2
from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
from lightkube.models import core_v1
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.core_v1 import Event, Pod

from shipway.commands.helm import Release
from shipway.kube.evidence.logs import tail
from shipway.model import rollout

REVISION = "deployment.kubernetes.io/revision"
HOOK = "helm.sh/hook"
LOG_LINES = 12


@dataclass(frozen=True, slots=True)
class Workload:
    """One look at a Deployment: the object, its newest pods, what else the table needs."""

    deployment: rollout.Deployment
    pods: tuple[rollout.Pod, ...]  # of the newest ReplicaSet
    image: str
    annotations: dict[str, str]

    @property
    def ready(self) -> int:
        """Of this release: pods of the one before may still serve, and count for that one."""
        return sum(pod.ready and not pod.terminating for pod in self.pods)


async def look(client: AsyncClient, namespace: str, name: str) -> Workload | None:
    """None where there is no such Deployment."""
    try:
        found = await client.get(Deployment, name, namespace=namespace)
    except ApiError as error:
        if error.status.code == 404:
            return None
        raise
    assert found.metadata is not None
    assert found.spec is not None
    minimum, newest, pods = await asyncio.gather(
        _autoscaled_minimum(client, namespace, name),
        _newest(client, namespace, found.metadata.uid),
        _selected(client, namespace, found.spec.selector.matchLabels),
    )
    containers = found.spec.template.spec.containers if found.spec.template.spec else []
    return Workload(
        deployment=_deployment(found, minimum, newest),
        pods=tuple(_pod(pod) for pod in pods if newest and _made_by(newest, pod)),
        image=containers[0].image or "",
        annotations=dict(found.metadata.annotations or {}),
    )


async def evidence(
    client: AsyncClient, namespace: str, pods: Sequence[rollout.Pod]
) -> tuple[rollout.Pod, ...]:
    """The same pods with what went wrong and their last log lines: costs a few requests, so only on failure."""
    warned = await warnings(client, namespace, pods)
    logs = await asyncio.gather(*(_last_lines(client, namespace, pod) for pod in warned))
    return tuple(replace(pod, log=log) for pod, log in zip(warned, logs, strict=True))


async def warnings(
    client: AsyncClient, namespace: str, pods: Sequence[rollout.Pod]
) -> tuple[rollout.Pod, ...]:
    """The same pods with their events."""
    told = await asyncio.gather(*(_events(client, namespace, pod.name) for pod in pods))
    return tuple(replace(pod, events=events) for pod, events in zip(pods, told, strict=True))


async def tests(client: AsyncClient, release: Release) -> tuple[rollout.Pod, ...]:
    """The pods that helm started as tests of a release and that did not succeed, with their evidence."""
    found = [
        each
        async for each in client.list(Pod, namespace=release.namespace, labels=_instance(release))
        if each.metadata and (each.metadata.annotations or {}).get(HOOK) == "test"
    ]
    pods = [pod for pod in map(_pod, found) if pod.phase != "Succeeded"]
    return await evidence(client, release.namespace, pods)


async def running_tests(client: AsyncClient, release: Release) -> list[str]:
    """The names of those that have not come to a verdict."""
    return [
        each.metadata.name or ""
        async for each in client.list(Pod, namespace=release.namespace, labels=_instance(release))
        if each.metadata
        and (each.metadata.annotations or {}).get(HOOK) == "test"
        and (each.status is None or each.status.phase not in {"Succeeded", "Failed"})
    ]


async def remove(client: AsyncClient, namespace: str, pod: str) -> None:
    """That it is gone already is fine."""
    try:
        await client.delete(Pod, pod, namespace=namespace)
    except ApiError as error:
        if error.status.code != 404:
            raise


async def _autoscaled_minimum(client: AsyncClient, namespace: str, name: str) -> int:
    async for scaler in client.list(HorizontalPodAutoscaler, namespace=namespace):
        spec = scaler.spec
        if spec and (spec.scaleTargetRef.kind, spec.scaleTargetRef.name) == ("Deployment", name):
            return spec.minReplicas or 1
    return 0


async def _newest(client: AsyncClient, namespace: str, uid: str | None) -> ReplicaSet | None:
    """The one that a Deployment is moving to."""
    sets = [
        each
        async for each in client.list(ReplicaSet, namespace=namespace)
        if each.metadata and uid in {owner.uid for owner in each.metadata.ownerReferences or []}
    ]
    return max(sets, key=_revision, default=None)


async def _selected(
    client: AsyncClient, namespace: str, labels: dict[str, Any] | None
) -> list[Pod]:
    return [each async for each in client.list(Pod, namespace=namespace, labels=labels)]


def _made_by(replica_set: ReplicaSet, pod: Pod) -> bool:
    selector = replica_set.spec.selector if replica_set.spec else None
    labels = (pod.metadata.labels if pod.metadata else None) or {}
    return selector is not None and (selector.matchLabels or {}).items() <= labels.items()


def _instance(release: Release) -> dict[str, Any]:
    return {"app.kubernetes.io/instance": release.name}


def _revision(replica_set: ReplicaSet) -> int:
    annotations = (replica_set.metadata.annotations if replica_set.metadata else None) or {}
    return int(annotations.get(REVISION, "0"))


def _deployment(found: Deployment, minimum: int, newest: ReplicaSet | None) -> rollout.Deployment:
    assert found.metadata is not None
    assert found.spec is not None
    status = found.status
    wanted = 1 if found.spec.replicas is None else found.spec.replicas
    return rollout.Deployment(
        name=found.metadata.name or "",
        generation=found.metadata.generation or 0,
        observed=(status and status.observedGeneration) or 0,
        wanted=max(wanted, minimum),
        updated=(status and status.updatedReplicas) or 0,
        replicas=(status and status.replicas) or 0,
        ready=(status and status.readyReplicas) or 0,
        available=(status and status.availableReplicas) or 0,
        replica_failure=_failure(newest),
    )


def _failure(newest: ReplicaSet | None) -> str:
    """The Deployment's own condition may still tell of the revision before."""
    conditions = (newest.status.conditions if newest and newest.status else None) or []
    failed = (each for each in conditions if (each.type, each.status) == ("ReplicaFailure", "True"))
    return next((each.message or each.reason or "" for each in failed), "")


def _pod(found: Pod) -> rollout.Pod:
    assert found.metadata is not None
    status = found.status or core_v1.PodStatus()
    conditions = {each.type: each for each in status.conditions or []}
    ready, scheduled = conditions.get("Ready"), conditions.get("PodScheduled")
    unplaced = scheduled is not None and scheduled.reason == "Unschedulable"
    given_up = status.phase == "Failed" and status.reason
    return rollout.Pod(
        name=found.metadata.name or "",
        phase=status.phase or "Pending",
        ready=ready is not None and ready.status == "True",
        terminating=found.metadata.deletionTimestamp is not None,
        unschedulable=(scheduled.message or "") if scheduled and unplaced else "",
        containers=(
            *(_container(each, init=True) for each in status.initContainerStatuses or []),
            *(_container(each) for each in status.containerStatuses or []),
        ),
        namespace=found.metadata.namespace or "",
        paths=tuple(_paths(found.spec)),
        given_up=f"{status.reason}: {status.message or ''}" if given_up else "",
    )


def _paths(spec: core_v1.PodSpec | None) -> Iterator[tuple[str, str]]:
    for container in spec.containers if spec else ():
        for kind in ("startup", "readiness", "liveness"):
            probe: core_v1.Probe | None = getattr(container, f"{kind}Probe")
            if probe and probe.httpGet:
                yield kind, probe.httpGet.path or "/"


def _container(found: core_v1.ContainerStatus, *, init: bool = False) -> rollout.Container:
    state, last = found.state, found.lastState
    ended = (state and state.terminated) or (last and last.terminated)
    waiting = state.waiting if state else None
    return rollout.Container(
        name=found.name,
        image=found.image,
        ready=found.ready,
        restarts=found.restartCount,
        waiting=(waiting.reason or "") if waiting else "",
        message=(waiting.message or "") if waiting else "",
        exit_code=ended.exitCode if ended else None,
        exit_reason=(ended.reason or "") if ended else "",
        exit_message=(ended.message or "") if ended else "",
        running=bool(state and state.running),
        init=init,
    )


async def _events(client: AsyncClient, namespace: str, pod: str) -> tuple[str, ...]:
    """What went wrong with a pod, oldest first. A probe that ends a container is told as a normal thing."""
    found = [
        (str(event.lastTimestamp or event.eventTime or ""), f"{event.reason}: {event.message}")
        async for event in client.list(
            Event, namespace=namespace, fields={"involvedObject.name": pod}
        )
        if event.type == "Warning" or "probe, will be restarted" in (event.message or "")
    ]
    return tuple(text for _, text in sorted(found, key=lambda pair: pair[0]))


async def _last_lines(client: AsyncClient, namespace: str, pod: rollout.Pod) -> tuple[str, ...]:
    """Of the container that ended, what it said before that; else of the first."""
    told = next((each for each in pod.containers if each.crashed), None)
    container = told or next(iter(pod.containers), None)
    if container is None:
        return ()
    again = container.crashed and container.running
    try:
        said = await tail(client, namespace, pod.name, container.name, previous=again)
    except httpx2.HTTPStatusError:
        return ()  # a container that never started has no log
    return tuple(said.decode(errors="replace").splitlines()[-LOG_LINES:])
