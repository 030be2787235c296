"""StatefulSet: pods with a name and a place of their own, made, replaced and removed in order."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drydock import pods
from drydock.controllers import claims, revisions
from drydock.controllers.changes import (
    After,
    Change,
    Create,
    Delete,
    Reconcile,
    Record,
    Refused,
    UpdateStatus,
)
from drydock.controllers.ownership import claim
from drydock.controllers.revisions import HASH, History
from drydock.controllers.rollout import share, size
from drydock.controllers.template import pod_of
from drydock.metadata import deleting, labels
from drydock.resources import PODS, STATEFUL_SETS, Object

RETRY = 10.0  # seconds after a refused pod
POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"


@dataclass(frozen=True, slots=True)
class _Set:
    """A StatefulSet with all that it looks at."""

    object: Object
    pods: Mapping[int, Object]  # by ordinal
    history: History
    current: Object  # the revision that pods below the partition belong to
    claims: claims.Claims
    now: datetime

    @property
    def spec(self) -> Mapping[str, Any]:
        spec: Mapping[str, Any] = self.object["spec"]
        return spec

    @property
    def slots(self) -> range:
        start = (self.spec.get("ordinals") or {}).get("start", 0)
        return range(start, start + size(self.object))

    @property
    def ordered(self) -> bool:
        return bool(self.spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady")

    @property
    def rolling(self) -> Mapping[str, Any] | None:
        """None when pods are replaced only once somebody deletes them."""
        strategy = self.spec.get("updateStrategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            return None
        return strategy.get("rollingUpdate") or {}

    @property
    def first_updated(self) -> int:
        rolling = self.rolling
        return self.slots.start + (0 if rolling is None else rolling.get("partition") or 0)

    def wait(self, pod: Object) -> float | None:
        """Seconds until it is available, 0 if it is; None while it is not even ready."""
        if deleting(pod):
            return None
        return pods.seconds_to_available(pod, self.spec.get("minReadySeconds", 0), self.now)

    def healthy(self, pod: Object) -> bool:
        return self.wait(pod) == 0


def reconcile(
    stateful_set: Object,
    candidates: Sequence[Object],
    known_revisions: Sequence[Object],
    namespace_claims: Sequence[Object],
    now: datetime,
) -> Reconcile:
    members = [pod for pod in candidates if ordinal(stateful_set, pod) is not None]
    mine = yield from claim(STATEFUL_SETS, stateful_set, PODS, members)
    if mine is None or deleting(stateful_set):
        return
    history = yield from revisions.settled(STATEFUL_SETS, stateful_set, known_revisions)
    if history is None:
        return
    before = stateful_set.get("status") or {}
    it = _Set(
        stateful_set,
        {place: pod for pod in mine if (place := ordinal(stateful_set, pod)) is not None},
        history,
        history.named(before.get("currentRevision", "")) or history.latest,
        {each["metadata"]["name"]: each for each in namespace_claims},
        now,
    )
    created: list[Object] = []
    try:
        if (yield from _fill(it, created)) and (yield from _shrink(it)):
            yield from _replace(it)
    except Refused:
        yield After(RETRY)
    status = _status(it, [*mine, *created])
    if status != before:
        yield UpdateStatus(STATEFUL_SETS, {**stateful_set, "status": status})
    in_use = {labels(pod).get(HASH, "") for pod in mine} | {status["currentRevision"]}
    yield from revisions.forget(stateful_set, history, in_use)
    waits = [wait for pod in mine if (wait := it.wait(pod))]
    if waits:
        yield After(min(waits))


def ordinal(stateful_set: Object, pod: Object) -> int | None:
    """None for a pod whose name is not one that this set gives."""
    prefix = re.escape(stateful_set["metadata"]["name"])
    found = re.fullmatch(rf"{prefix}-(0|[1-9]\d*)", pod["metadata"]["name"])
    return int(found[1]) if found else None


def _fill(it: _Set, created: list[Object]) -> Generator[Change, Object, bool]:
    """A pod for every ordinal, one after the other if they are ordered. False: wait before going on."""
    for place in it.slots:
        pod = it.pods.get(place)
        if pod is None:
            created.append((yield from _create(it, place)))
        elif pods.finished(pod) and not deleting(pod):
            yield from _recreate(it, pod)
        else:
            yield from claims.entrust(it.object, pod, it.claims, condemned=False)
            if it.healthy(pod):
                continue
        if it.ordered:
            return False
    return True


def _create(it: _Set, place: int) -> Generator[Change, Object, Object]:
    name = f"{it.object['metadata']['name']}-{place}"
    about = f"Pod {name} in StatefulSet {it.object['metadata']['name']}"
    below = it.rolling is not None and place < it.first_updated
    try:
        yield from claims.provide(it.object, name, it.claims)
        made = yield Create(PODS, _pod(it, place, it.current if below else it.history.latest))
    except Refused as refused:
        message = f"create {about} failed error: {refused}"
        yield Record(STATEFUL_SETS, it.object, "Warning", "FailedCreate", message)
        raise
    message = f"create {about} successful"
    yield Record(STATEFUL_SETS, it.object, "Normal", "SuccessfulCreate", message)
    return made


def _pod(it: _Set, place: int, revision: Object) -> Object:
    pod = pod_of(revisions.template(revision), STATEFUL_SETS, it.object)
    name = f"{it.object['metadata']['name']}-{place}"
    identity = {
        POD_NAME: name,
        POD_INDEX: str(place),
        HASH: revision["metadata"]["name"],
    }
    metadata = {**pod["metadata"], "name": name, "labels": {**labels(pod), **identity}}
    claimed = claims.names(it.object, name)
    own = [each for each in pod["spec"].get("volumes") or () if each["name"] not in claimed]
    volumes = [
        {"name": volume, "persistentVolumeClaim": {"claimName": claim_name}}
        for volume, claim_name in claimed.items()
    ]
    spec: dict[str, Any] = {**pod["spec"], "hostname": name}
    if it.spec.get("serviceName"):
        spec["subdomain"] = it.spec["serviceName"]
    if own or volumes:
        spec["volumes"] = [*own, *volumes]
    return {**pod, "metadata": metadata, "spec": spec}


def _recreate(it: _Set, pod: Object) -> Reconcile:
    metadata = it.object["metadata"]
    failed = pods.phase(pod) == "Failed"
    message = (
        f"StatefulSet {metadata['namespace']}/{metadata['name']} is recreating "
        f"{'failed' if failed else 'terminated'} Pod {pod['metadata']['name']}"
    )
    if failed:
        yield Record(STATEFUL_SETS, it.object, "Warning", "RecreatingFailedPod", message)
    else:
        yield Record(STATEFUL_SETS, it.object, "Normal", "RecreatingTerminatedPod", message)
    yield from _delete(it, pod)


def _shrink(it: _Set) -> Generator[Change, Object, bool]:
    """Pods outside the range leave, the highest first. False: wait before going on."""
    surplus = [it.pods[place] for place in sorted(it.pods, reverse=True) if place not in it.slots]
    unready = [pod for pod in surplus if not pods.ready(pod)]
    for pod in surplus:
        if deleting(pod):
            if it.ordered:
                return False
            continue
        if it.ordered and not pods.ready(pod) and pod is not unready[-1]:
            return False
        yield from claims.entrust(it.object, pod, it.claims, condemned=True)
        yield from _delete(it, pod)
        if it.ordered:
            return False
    return True


def _replace(it: _Set) -> Reconcile:
    """Pods of another revision leave, the highest first, as long as few enough are unavailable."""
    rolling = it.rolling
    if rolling is None:
        return
    room = max(1, share(rolling.get("maxUnavailable") or 1, size(it.object), up=False))
    for place in reversed(it.slots):
        pod = it.pods.get(place)
        if place < it.first_updated or room == 0:
            return
        stale = pod is not None and labels(pod).get(HASH) != it.history.latest["metadata"]["name"]
        if pod is not None and stale and not deleting(pod):
            yield from _delete(it, pod)
            room -= 1
        elif pod is None or not it.healthy(pod):
            room -= 1


def _delete(it: _Set, pod: Object) -> Reconcile:
    yield Delete(PODS, pod)
    about = f"Pod {pod['metadata']['name']} in StatefulSet {it.object['metadata']['name']}"
    message = f"delete {about} successful"
    yield Record(STATEFUL_SETS, it.object, "Normal", "SuccessfulDelete", message)


def _status(it: _Set, everyone: Sequence[Object]) -> dict[str, Any]:
    staying = [labels(pod).get(HASH) for pod in everyone if not deleting(pod)]
    latest, current = it.history.latest["metadata"]["name"], it.current["metadata"]["name"]
    updated = staying.count(latest)
    ready = sum(pods.ready(pod) and not deleting(pod) for pod in everyone)
    wanted = size(it.object)
    if it.rolling is not None and updated == ready == len(everyone) == wanted:
        current = latest  # the update is complete
    counts = {
        "readyReplicas": ready,
        "currentReplicas": staying.count(current),
        "updatedReplicas": updated,
    }
    return {
        "observedGeneration": it.object["metadata"]["generation"],
        "replicas": len(everyone),
        **{key: value for key, value in counts.items() if value},
        "availableReplicas": sum(it.healthy(pod) for pod in everyone),
        "currentRevision": current,
        "updateRevision": latest,
        "collisionCount": it.history.collisions,
    }
