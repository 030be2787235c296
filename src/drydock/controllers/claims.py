"""The claims of a StatefulSet's pods: made with them, kept or not as it says. And binding: any claim gets its volume."""

from collections.abc import Mapping
from typing import Any

from drydock.controllers.changes import Create, Reconcile, Update, UpdateStatus
from drydock.controllers.ownership import with_references
from drydock.metadata import deleting, labels, reference, references
from drydock.resources import PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS, Object, Resource

Claims = Mapping[str, Object]
"""Those of a namespace, by name."""


def names(stateful_set: Object, pod_name: str) -> dict[str, str]:
    """The claims of one pod, by the name of their template."""
    templates = stateful_set["spec"].get("volumeClaimTemplates") or ()
    return {
        each["metadata"]["name"]: f"{each['metadata']['name']}-{pod_name}" for each in templates
    }


def provide(stateful_set: Object, pod_name: str, existing: Claims) -> Reconcile:
    """The claims that this pod still lacks."""
    wanted = names(stateful_set, pod_name)
    for template in stateful_set["spec"].get("volumeClaimTemplates") or ():
        name = wanted[template["metadata"]["name"]]
        if name not in existing:
            yield Create(PERSISTENT_VOLUME_CLAIMS, _claim(stateful_set, template, name))


def _claim(stateful_set: Object, template: Object, name: str) -> Object:
    metadata: dict[str, Any] = {
        **{
            key: template["metadata"][key]
            for key in ("annotations",)
            if key in template["metadata"]
        },
        "name": name,
        "namespace": stateful_set["metadata"]["namespace"],
        "labels": {
            **labels(template),
            **(stateful_set["spec"]["selector"].get("matchLabels") or {}),
        },
    }
    if _policy(stateful_set, "whenDeleted") == "Delete":
        metadata["ownerReferences"] = [reference(STATEFUL_SETS, stateful_set)]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata,
        "spec": template["spec"],
    }


def entrust(stateful_set: Object, pod: Object, existing: Claims, *, condemned: bool) -> Reconcile:
    """Whose end is the end of the pod's claims: the set's, the pod's own once it is surplus, or nobody's."""
    owner: tuple[Resource, Object] | None = None
    if condemned and _policy(stateful_set, "whenScaled") == "Delete":
        owner = PODS, pod
    elif _policy(stateful_set, "whenDeleted") == "Delete":
        owner = STATEFUL_SETS, stateful_set
    ours = {stateful_set["metadata"]["uid"], pod["metadata"]["uid"]}
    for name in names(stateful_set, pod["metadata"]["name"]).values():
        found = existing.get(name)
        if found is None or deleting(found):
            continue
        wanted = [each for each in references(found) if each["uid"] not in ours]
        if owner is not None:
            wanted.append(reference(*owner))
        if [each["uid"] for each in wanted] != [each["uid"] for each in references(found)]:
            yield Update(PERSISTENT_VOLUME_CLAIMS, with_references(found, wanted))


def _policy(stateful_set: Object, when: str) -> str:
    retention = stateful_set["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    return str(retention.get(when, "Retain"))


def bind(claim: Object) -> Reconcile:
    """The node has a folder for whoever asks: a claim is bound at once."""
    status = claim.get("status") or {}
    if status.get("phase") == "Bound" or deleting(claim):
        return
    spec = claim["spec"]
    bound = {
        "phase": "Bound",
        "accessModes": spec.get("accessModes") or [],
        "capacity": (spec.get("resources") or {}).get("requests") or {},
    }
    yield UpdateStatus(PERSISTENT_VOLUME_CLAIMS, {**claim, "status": bound})
