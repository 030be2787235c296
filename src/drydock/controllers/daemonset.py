"""DaemonSet: one pod on every node that suits it."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from drydock import pods
from drydock.controllers import revisions
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
from drydock.controllers.revisions import HASH
from drydock.controllers.rollout import share
from drydock.controllers.template import pod_of
from drydock.metadata import deleting, labels
from drydock.resources import DAEMON_SETS, PODS, Object
from drydock.selectors import has
from drydock.timestamps import seconds_since

RETRY = 10.0  # seconds after a refused pod, and before a failed one is replaced

_TOLERATED: Final = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)
_TOLERATIONS: Final = tuple(
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
    for key, effect in _TOLERATED
)


@dataclass(slots=True)
class _Place:
    """A node that should run the daemon, and the daemon's pods there."""

    node: str
    stale: list[Object] = field(default_factory=list)
    fresh: list[Object] = field(default_factory=list)
    leaving: list[Object] = field(default_factory=list)

    @property
    def living(self) -> list[Object]:
        return [*self.fresh, *self.stale]


def reconcile(
    daemon_set: Object,
    candidates: Sequence[Object],
    known_revisions: Sequence[Object],
    nodes: Iterable[Object],
    now: datetime,
) -> Reconcile:
    mine = yield from claim(DAEMON_SETS, daemon_set, PODS, candidates)
    if mine is None or deleting(daemon_set):
        return
    history = yield from revisions.settled(DAEMON_SETS, daemon_set, known_revisions)
    if history is None:
        return
    digest = labels(history.latest)[HASH]
    suited = {each["metadata"]["name"] for each in nodes if suits(daemon_set, each)}
    places = _places(suited, mine, digest)
    astray = [pod for pod in mine if _node_of(pod) not in suited]
    failed = [pod for pod in mine if pods.finished(pod) and _node_of(pod) in suited]
    yield from _sweep(daemon_set, astray, failed, now)
    try:
        yield from _fill(daemon_set, places, failed, digest)
        yield from _update(daemon_set, places, digest, now)
    except Refused:
        yield After(RETRY)
    status = _status(daemon_set, places, astray, history.collisions, now)
    if status != daemon_set.get("status"):
        yield UpdateStatus(DAEMON_SETS, {**daemon_set, "status": status})
    yield from revisions.forget(daemon_set, history, {labels(pod).get(HASH, "") for pod in mine})
    waits = [
        wait for each in places for pod in each.living if (wait := _wait(daemon_set, pod, now))
    ]
    if waits:
        yield After(min(waits))


def suits(daemon_set: Object, node: Object) -> bool:
    spec = daemon_set["spec"]["template"]["spec"]
    tolerations = [*(spec.get("tolerations") or ()), *_TOLERATIONS]
    return has(spec.get("nodeSelector") or {}, labels(node)) and all(
        taint.get("effect") == "PreferNoSchedule"
        or any(_tolerates(each, taint) for each in tolerations)
        for taint in (node.get("spec") or {}).get("taints") or ()
    )


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in {None, "", taint.get("effect")}:
        return False
    if toleration.get("key") and toleration["key"] != taint.get("key"):
        return False
    exists = toleration.get("operator") == "Exists"
    return exists or toleration.get("value", "") == taint.get("value", "")


def _node_of(pod: Object) -> str:
    """Where it runs, or where it was made for."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required: Object = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in required.get("nodeSelectorTerms") or ():
        for each in term.get("matchFields") or ():
            return str(each["values"][0])
    return ""


def _places(suited: Iterable[str], mine: Iterable[Object], digest: str) -> list[_Place]:
    places = {name: _Place(name) for name in sorted(suited)}
    for pod in mine:
        place = places.get(_node_of(pod))
        if place is None or (pods.finished(pod) and not deleting(pod)):
            continue
        if deleting(pod):
            place.leaving.append(pod)
        elif labels(pod).get(HASH) == digest:
            place.fresh.append(pod)
        else:
            place.stale.append(pod)
    return list(places.values())


def _sweep(
    daemon_set: Object, astray: Sequence[Object], failed: Sequence[Object], now: datetime
) -> Reconcile:
    """Pods that are where they should not be, and pods that failed, after a while."""
    for pod in astray:
        if not deleting(pod):
            yield from _delete(daemon_set, pod)
    for pod in failed:
        left = RETRY - seconds_since(pod["metadata"]["creationTimestamp"], now)
        if deleting(pod):
            continue
        if left > 0:
            yield After(left)
            continue
        metadata, failure = pod["metadata"], pods.phase(pod) == "Failed"
        message = (
            f"Found {'failed' if failure else 'succeeded'} daemon pod {metadata['namespace']}/"
            f"{metadata['name']} on node {_node_of(pod)}, will try to "
            f"{'kill' if failure else 'delete'} it"
        )
        reason = "FailedDaemonPod" if failure else "SucceededDaemonPod"
        yield Record(DAEMON_SETS, daemon_set, "Warning" if failure else "Normal", reason, message)
        yield from _delete(daemon_set, pod)


def _fill(
    daemon_set: Object, places: Iterable[_Place], failed: Iterable[Object], digest: str
) -> Reconcile:
    occupied = {_node_of(pod) for pod in failed}
    for place in places:
        if not place.living and not place.leaving and place.node not in occupied:
            place.fresh.append((yield from _create(daemon_set, place.node, digest)))


def _update(daemon_set: Object, places: Sequence[_Place], digest: str, now: datetime) -> Reconcile:
    """Old pods make way for new ones: before them, or after them where the set may surge."""
    strategy = daemon_set["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return
    rolling = strategy.get("rollingUpdate") or {}
    surge = share(rolling.get("maxSurge") or 0, len(places), up=True)
    if surge:
        surge -= sum(bool(each.fresh and each.stale) for each in places)
        for place in places:
            if place.stale and any(_available(daemon_set, pod, now) for pod in place.fresh):
                yield from _leave(daemon_set, place)
            elif place.stale and not place.fresh and surge > 0:
                place.fresh.append((yield from _create(daemon_set, place.node, digest)))
                surge -= 1
        return
    serving = [_serves(daemon_set, each, now) for each in places]
    room = share(rolling.get("maxUnavailable", 1), len(places), up=True) - serving.count(False)
    for place, serves in zip(places, serving, strict=True):
        if place.stale and (room > 0 or not serves):
            yield from _leave(daemon_set, place)
            room -= serves


def _leave(daemon_set: Object, place: _Place) -> Reconcile:
    for pod in place.stale:
        yield from _delete(daemon_set, pod)
    place.leaving += place.stale
    place.stale = []


def _create(daemon_set: Object, node: str, digest: str) -> Generator[Change, Object, Object]:
    pod = pod_of(daemon_set["spec"]["template"], DAEMON_SETS, daemon_set)
    metadata = {**pod["metadata"], "labels": {**labels(pod), HASH: digest}}
    here = {"key": "metadata.name", "operator": "In", "values": [node]}
    bound = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchFields": [here]}]
            }
        }
    }
    spec = {
        **pod["spec"],
        "affinity": {**(pod["spec"].get("affinity") or {}), **bound},
        "tolerations": [*(pod["spec"].get("tolerations") or ()), *_TOLERATIONS],
    }
    try:
        made = yield Create(PODS, {**pod, "metadata": metadata, "spec": spec})
    except Refused as refused:
        message = f"Error creating: {refused}"
        yield Record(DAEMON_SETS, daemon_set, "Warning", "FailedCreate", message)
        raise
    message = f"Created pod: {made['metadata']['name']}"
    yield Record(DAEMON_SETS, daemon_set, "Normal", "SuccessfulCreate", message)
    return made


def _delete(daemon_set: Object, pod: Object) -> Reconcile:
    yield Delete(PODS, pod)
    message = f"Deleted pod: {pod['metadata']['name']}"
    yield Record(DAEMON_SETS, daemon_set, "Normal", "SuccessfulDelete", message)


def _wait(daemon_set: Object, pod: Object, now: datetime) -> float | None:
    return pods.seconds_to_available(pod, daemon_set["spec"].get("minReadySeconds", 0), now)


def _available(daemon_set: Object, pod: Object, now: datetime) -> bool:
    return _wait(daemon_set, pod, now) == 0


def _serves(daemon_set: Object, place: _Place, now: datetime) -> bool:
    return any(_available(daemon_set, pod, now) for pod in place.living)


def _status(
    daemon_set: Object,
    places: Sequence[_Place],
    astray: Sequence[Object],
    collisions: int,
    now: datetime,
) -> dict[str, Any]:
    available = sum(_serves(daemon_set, each, now) for each in places)
    optional = {
        "updatedNumberScheduled": sum(bool(each.fresh) for each in places),
        "numberAvailable": available,
        "numberUnavailable": len(places) - available,
        "collisionCount": collisions,
    }
    return {
        "currentNumberScheduled": sum(bool(each.living) for each in places),
        "numberMisscheduled": len({_node_of(pod) for pod in astray if pods.active(pod)}),
        "desiredNumberScheduled": len(places),
        "numberReady": sum(any(map(pods.ready, each.living)) for each in places),
        "observedGeneration": daemon_set["metadata"]["generation"],
        **{key: value for key, value in optional.items() if value},
    }
