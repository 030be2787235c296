"""Gives waiting pods to the node, or tells them why it does not take them."""

from typing import Any

from drydock.events import Recorder
from drydock.metadata import deleting
from drydock.node import clock, machine, scheduler
from drydock.node.mishaps import Mishaps, refusal_of
from drydock.pods import finished
from drydock.resources import NODES, PERSISTENT_VOLUME_CLAIMS, PODS, Object
from drydock.store import Change, Store


class Binder:
    def __init__(self, store: Store, mishaps: Mishaps) -> None:
        self._store = store
        self._mishaps = mishaps
        self._recorder = Recorder(store, "default-scheduler", machine.NAME)
        self._refused: dict[str, str] = {}  # why, by the pod's uid

    def notice(self, change: Change) -> None:
        """Of a pod, a claim or the node."""
        if change.type == "DELETED":
            self._refused.pop(change.object["metadata"]["uid"], None)
        if _frees_or_asks(change):
            self.assign()

    def assign(self) -> None:
        node = self._store.get(NODES, "", machine.NAME)
        if node is None:
            return
        pods = self._store.list(PODS)
        trouble = refusal_of(self._mishaps.troubles())
        taken = [pod["spec"] for pod in pods if pod["spec"].get("nodeName") and not finished(pod)]
        for pod in pods:
            if pod["spec"].get("nodeName") or deleting(pod):
                continue
            claims = self._claims(pod["metadata"]["namespace"])
            if refusal := (
                trouble
                or scheduler.missing_claim(pod["spec"], claims)
                or scheduler.refusal(pod["spec"], taken, node)
            ):
                self._refuse(pod, refusal)
            else:
                taken.append(pod["spec"])
                self._bind(pod)

    def _claims(self, namespace: str) -> set[str]:
        claims = self._store.list(PERSISTENT_VOLUME_CLAIMS, namespace)
        return {claim["metadata"]["name"] for claim in claims if not deleting(claim)}

    def _bind(self, pod: Object) -> None:
        metadata = pod["metadata"]
        self._refused.pop(metadata["uid"], None)
        self._store.update(PODS, {**pod, "spec": {**pod["spec"], "nodeName": machine.NAME}})
        place = f"{metadata['namespace']}/{metadata['name']}"
        message = f"Successfully assigned {place} to {machine.NAME}"
        self._recorder.record(PODS, pod, "Scheduled", message)

    def _refuse(self, pod: Object, why: str) -> None:
        uid = pod["metadata"]["uid"]
        if self._refused.get(uid) == why:
            return
        self._refused[uid] = why
        status = {**pod.get("status", {}), "phase": "Pending", "conditions": [_unschedulable(why)]}
        self._store.update(PODS, {**pod, "status": status}, subresource="status")
        self._recorder.record(PODS, pod, "FailedScheduling", why, type_="Warning")


def _unschedulable(why: str) -> dict[str, Any]:
    return {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": why,
        "lastProbeTime": None,
        "lastTransitionTime": clock.now(),
    }


def _frees_or_asks(change: Change) -> bool:
    """Whether a pod that waits for a place may find one now."""
    if change.resource == NODES or change.type != "MODIFIED":
        return True
    assert change.before is not None
    return finished(change.object) != finished(change.before)
