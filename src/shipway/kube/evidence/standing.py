"""Where a rollout stands, as text: the Deployment, its ReplicaSets, and what may hold them back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lightkube.models import meta_v1
from lightkube.models.apps_v1 import DeploymentCondition, ReplicaSetCondition
from lightkube.models.autoscaling_v2 import HorizontalPodAutoscalerCondition
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.core_v1 import ResourceQuota
from lightkube.resources.policy_v1 import PodDisruptionBudget

REVISION = "deployment.kubernetes.io/revision"


Condition = (
    DeploymentCondition | ReplicaSetCondition | HorizontalPodAutoscalerCondition | meta_v1.Condition
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What was found; what may not be read is not in it."""

    deployment: Deployment | None = None
    replica_sets: Sequence[ReplicaSet] = ()  # of the Deployment
    autoscalers: Sequence[HorizontalPodAutoscaler] = ()
    budgets: Sequence[PodDisruptionBudget] = ()
    quotas: Sequence[ResourceQuota] = ()

    def __str__(self) -> str:
        parts = [
            *([_deployment(self.deployment)] if self.deployment else []),
            *map(_replica_set, sorted(self.replica_sets, key=_revision, reverse=True)),
            *map(_autoscaler, self.autoscalers),
            *map(_budget, self.budgets),
            *map(_quota, self.quotas),
        ]
        return "".join(f"{line}\n" for part in parts for line in part)


def _deployment(found: Deployment) -> Iterator[str]:
    meta, spec, status = _meta(found.metadata), found.spec, found.status
    wanted = spec.replicas if spec else None
    yield f"deployment {meta.name}: {_count(wanted, 1)} wanted" + (
        f", {_count(status.updatedReplicas)} updated, {_count(status.replicas)} there, "
        f"{_count(status.readyReplicas)} ready, {_count(status.availableReplicas)} available"
        if status
        else ", no status yet"
    )
    seen = (status and status.observedGeneration) or 0
    if seen != (meta.generation or 0):
        yield f"  its controller has seen generation {seen} of {meta.generation}"
    if spec and spec.paused:
        yield "  it is paused"
    if spec and spec.progressDeadlineSeconds:
        yield f"  its pods have {spec.progressDeadlineSeconds} s to make progress"
    yield from _conditions((status and status.conditions) or ())


def _replica_set(found: ReplicaSet) -> Iterator[str]:
    spec, status = found.spec, found.status
    template = (spec.template.spec if spec and spec.template else None) if spec else None
    yield (
        f"replica set {_meta(found.metadata).name}: revision {_revision(found)}, "
        f"{_count(spec.replicas if spec else None, 1)} wanted, "
        f"{_count(status.replicas if status else None)} there, "
        f"{_count(status.readyReplicas if status else None)} ready"
    )
    for container in template.containers if template else ():
        yield f"  {container.name}: {container.image}"
    yield from _conditions((status and status.conditions) or ())


def _autoscaler(found: HorizontalPodAutoscaler) -> Iterator[str]:
    spec, status = found.spec, found.status
    limits = f"{_count(spec.minReplicas, 1)} to {spec.maxReplicas} pods" if spec else "no limits"
    now = (
        f"; {_count(status.currentReplicas)} now, {status.desiredReplicas} wanted" if status else ""
    )
    yield f"autoscaler {_meta(found.metadata).name}: {limits}{now}"
    yield from _conditions((status and status.conditions) or ())


def _budget(found: PodDisruptionBudget) -> Iterator[str]:
    spec, status = found.spec, found.status
    least = spec.minAvailable if spec else None
    most = spec.maxUnavailable if spec else None
    rule = f"at least {least} available" if least is not None else f"at most {most} unavailable"
    now = (
        f"; {_count(status.currentHealthy)} of {_count(status.expectedPods)} healthy, "
        f"{_count(status.disruptionsAllowed)} may be evicted"
        if status
        else ""
    )
    yield f"disruption budget {_meta(found.metadata).name}: {rule}{now}"
    yield from _conditions((status and status.conditions) or ())


def _quota(found: ResourceQuota) -> Iterator[str]:
    yield f"quota {_meta(found.metadata).name}"
    hard: Mapping[str, str] = (found.status and found.status.hard) or {}
    used: Mapping[str, str] = (found.status and found.status.used) or {}
    for resource, limit in sorted(hard.items()):
        yield f"  {resource}: {used.get(resource, '0')} of {limit}"


def _conditions(conditions: Sequence[Condition]) -> Iterator[str]:
    for each in conditions:
        since = f" since {each.lastTransitionTime:%H:%M:%S}" if each.lastTransitionTime else ""
        said = ": ".join(filter(None, (each.reason, each.message)))
        yield f"  {each.type} {each.status}{since}" + (f"  {said}" if said else "")


def _revision(found: ReplicaSet) -> int:
    return int((_meta(found.metadata).annotations or {}).get(REVISION, "0"))


def _count(number: int | None, default: int = 0) -> int:
    """An API leaves out what is its default."""
    return default if number is None else number


def _meta(found: ObjectMeta | None) -> ObjectMeta:
    return found or ObjectMeta()
