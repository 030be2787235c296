"""Deployment: the ReplicaSet of its template grows, the others leave."""

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from typing import Any

from drydock import conditions, pods
from drydock.conditions import Verdict
from drydock.controllers import rollout
from drydock.controllers.changes import (
    After,
    Change,
    Create,
    Delete,
    NameTaken,
    Reconcile,
    Record,
    Refused,
    Update,
    UpdateStatus,
)
from drydock.controllers.deployment_status import (
    complete,
    seconds_to_deadline,
    status,
)
from drydock.controllers.ownership import claim
from drydock.controllers.rollout import Limits, limits, size
from drydock.controllers.template import template_hash
from drydock.metadata import annotations, controller, deleting, reference
from drydock.resources import DEPLOYMENTS, REPLICA_SETS, Object

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
NOT_COPIED = {
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    rollout.DESIRED,
    rollout.MAX,
}


def reconcile(
    deployment: Object,
    candidates: Sequence[Object],
    namespace_pods: Sequence[Object],
    now: datetime,
) -> Reconcile:
    if deleting(deployment):
        return
    sets = yield from claim(DEPLOYMENTS, deployment, REPLICA_SETS, candidates)
    if sets is None:
        return
    sets.sort(key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["name"]))
    new = next((each for each in sets if _same_template(each, deployment)), None)
    old = [each for each in sets if each is not new]
    bounds = limits(deployment)
    paused = bool(deployment["spec"].get("paused"))
    if paused or _resized(sets, bounds):
        yield from _resize(deployment, new, old, bounds)
        yield from _finish(deployment, sets, new, now, _pause(deployment, paused=paused))
        return
    recreate = (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"
    if recreate and (any(map(size, old)) or _running(old, namespace_pods)):
        for each in old:
            yield from _scale(deployment, each, 0, bounds)
        yield from _finish(deployment, sets, new, now, _pause(deployment, paused=False))
        return
    if new is None:
        yield from _begin(deployment, old, bounds, now)
        return
    if not (yield from _revise(deployment, new, old)):
        yield from _roll(deployment, new, old, bounds)
        yield from _finish(deployment, sets, new, now, _pause(deployment, paused=False))


def _same_template(replica_set: Object, deployment: Object) -> bool:
    mine, theirs = replica_set["spec"]["template"], deployment["spec"]["template"]
    return bool(mine["spec"] == theirs["spec"]) and _unhashed(mine) == _unhashed(theirs)


def _unhashed(template: Object) -> tuple[Any, ...]:
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH}
    return labels, metadata.get("annotations") or {}


def _begin(
    deployment: Object, old: Sequence[Object], bounds: Limits, now: datetime
) -> Generator[Change, Object, None]:
    """A template never seen before: its ReplicaSet, as large as the strategy lets it be at once."""
    replicas = rollout.grown(0, sum(map(size, old)), bounds)
    wanted = _replica_set(deployment, _next_revision(old), replicas, bounds)
    name = wanted["metadata"]["name"]
    try:
        created = yield Create(REPLICA_SETS, wanted)
    except Refused as refused:
        message = f'Failed to create new replica set "{name}": {refused}'
        yield Record(DEPLOYMENTS, deployment, "Warning", "ReplicaSetCreateError", message)
        said = status(deployment, old, None, now, ("False", "FailedCreate", str(refused)))
        if isinstance(refused, NameTaken):  # the next hash is another one
            said = {**said, "collisionCount": said.get("collisionCount", 0) + 1}
        if said != deployment.get("status"):
            yield UpdateStatus(DEPLOYMENTS, {**deployment, "status": said})
        return
    if replicas:
        message = f"Scaled up replica set {name} from 0 to {replicas}"
        yield Record(DEPLOYMENTS, deployment, "Normal", "ScalingReplicaSet", message)
    verdict = ("True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
    said = status(deployment, [*old, created], created, now, verdict)
    yield UpdateStatus(DEPLOYMENTS, {**deployment, "status": said})


def _replica_set(deployment: Object, revision: int, replicas: int, bounds: Limits) -> Object:
    metadata, spec = deployment["metadata"], deployment["spec"]
    collisions = (deployment.get("status") or {}).get("collisionCount", 0)
    digest = template_hash(spec["template"], collisions)
    template_metadata = spec["template"].get("metadata") or {}
    labels = {**(template_metadata.get("labels") or {}), HASH: digest}
    match = {**(spec["selector"].get("matchLabels") or {}), HASH: digest}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{metadata['name']}-{digest}",
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": {
                **_copied(deployment),
                **bounds.annotations,
                REVISION: str(revision),
            },
            "ownerReferences": [reference(DEPLOYMENTS, deployment)],
        },
        "spec": {
            "replicas": replicas,
            **({"minReadySeconds": spec["minReadySeconds"]} if spec.get("minReadySeconds") else {}),
            "selector": {**spec["selector"], "matchLabels": match},
            "template": {**spec["template"], "metadata": {**template_metadata, "labels": labels}},
        },
    }


def _copied(deployment: Object) -> Mapping[str, str]:
    return {key: value for key, value in annotations(deployment).items() if key not in NOT_COPIED}


def _revision(obj: Object) -> int:
    return int(annotations(obj).get(REVISION, 0))


def _next_revision(old: Sequence[Object]) -> int:
    return max(map(_revision, old), default=0) + 1


def _revise(
    deployment: Object, new: Object, old: Sequence[Object]
) -> Generator[Change, Object, bool]:
    """Keep the revision on the ReplicaSet and on the Deployment; true if that was all for now."""
    revision = max(_revision(new), _next_revision(old))
    before = annotations(new)
    wanted = {**before, **_copied(deployment), REVISION: str(revision)}
    if _revision(new) not in {0, revision}:  # a rollback: the set was here before
        history = (before.get(HISTORY), before[REVISION])
        wanted[HISTORY] = ",".join(filter(None, history))
    ready_seconds = deployment["spec"].get("minReadySeconds", 0)
    hurried = new["spec"].get("minReadySeconds", 0) != ready_seconds
    if wanted != before or hurried:
        spec = {**new["spec"], **({"minReadySeconds": ready_seconds} if hurried else {})}
        yield Update(REPLICA_SETS, {**_annotated(new, wanted), "spec": spec})
        return True
    if _revision(deployment) != revision:
        own = {**annotations(deployment), REVISION: str(revision)}
        yield Update(DEPLOYMENTS, _annotated(deployment, own))
        return True
    return False


def _annotated(obj: Object, wanted: Mapping[str, str]) -> dict[str, Any]:
    return {**obj, "metadata": {**obj["metadata"], "annotations": wanted}}


def _scale(deployment: Object, replica_set: Object, replicas: int, bounds: Limits) -> Reconcile:
    before = size(replica_set)
    had = annotations(replica_set)
    wanted = {**had, **bounds.annotations}
    if replicas == before and wanted == had:
        return
    spec = {**replica_set["spec"], "replicas": replicas}
    yield Update(REPLICA_SETS, {**_annotated(replica_set, wanted), "spec": spec})
    if replicas != before:
        name, way = replica_set["metadata"]["name"], "up" if replicas > before else "down"
        message = f"Scaled {way} replica set {name} from {before} to {replicas}"
        yield Record(DEPLOYMENTS, deployment, "Normal", "ScalingReplicaSet", message)


def _resized(sets: Sequence[Object], bounds: Limits) -> bool:
    """Was the Deployment scaled since its living sets were last sized?"""
    wanted = (annotations(each).get(rollout.DESIRED) for each in sets if size(each))
    return any(desired not in {None, str(bounds.replicas)} for desired in wanted)


def _resize(
    deployment: Object, new: Object | None, old: Sequence[Object], bounds: Limits
) -> Reconcile:
    sets = [*old, *([new] if new else [])]
    living = [each for each in sets if size(each)]
    if len(living) <= 1:
        for each in living or sets[-1:]:
            yield from _scale(deployment, each, bounds.replicas, bounds)
        return
    saturated = new is not None and size(new) == bounds.replicas == rollout.count(
        [new], "availableReplicas"
    )
    sizes = (
        {each["metadata"]["name"]: bounds.replicas if each is new else 0 for each in sets}
        if saturated
        else rollout.proportional(sets, bounds)
    )
    for each in sets:
        yield from _scale(deployment, each, sizes[each["metadata"]["name"]], bounds)


def _roll(deployment: Object, new: Object, old: Sequence[Object], bounds: Limits) -> Reconcile:
    target = rollout.grown(size(new), sum(map(size, [new, *old])), bounds)
    yield from _scale(deployment, new, target, bounds)
    if target > size(new) or not any(map(size, old)):
        return
    sizes = rollout.shrunk(new, old, bounds)
    for each in old:
        if sizes[each["metadata"]["name"]] != size(each):
            yield from _scale(deployment, each, sizes[each["metadata"]["name"]], bounds)


def _running(old: Sequence[Object], namespace_pods: Sequence[Object]) -> bool:
    """A terminating pod of an old set still counts: Recreate never lets two versions overlap."""
    uids = {each["metadata"]["uid"] for each in old}
    return any(
        (boss := controller(pod)) is not None and boss["uid"] in uids and not pods.finished(pod)
        for pod in namespace_pods
    )


def _pause(deployment: Object, *, paused: bool) -> Verdict | None:
    progressing = conditions.find(conditions.of(deployment), "Progressing")
    was = progressing is not None and progressing["reason"] == "DeploymentPaused"
    if paused:
        return "Unknown", "DeploymentPaused", "Deployment is paused"
    if was:
        return "Unknown", "DeploymentResumed", "Deployment is resumed"
    return None


def _finish(
    deployment: Object,
    sets: Sequence[Object],
    new: Object | None,
    now: datetime,
    verdict: Verdict | None,
) -> Reconcile:
    """Say where it stands, and let go of history that nobody asked to keep."""
    said = status(deployment, sets, new, now, verdict)
    if complete(deployment, said):
        yield from _forget(deployment, [each for each in sets if each is not new])
    if said != deployment.get("status"):
        yield UpdateStatus(DEPLOYMENTS, {**deployment, "status": said})
    wait = seconds_to_deadline(deployment, said, now)
    if wait is not None:
        yield After(wait)


def _forget(deployment: Object, old: Sequence[Object]) -> Reconcile:
    limit = deployment["spec"].get("revisionHistoryLimit", 10)
    surplus = sorted(old, key=_revision)[: max(0, len(old) - limit)]
    for each in surplus:
        if not (size(each) or rollout.count([each], "replicas") or deleting(each)):
            yield Delete(REPLICA_SETS, each)
