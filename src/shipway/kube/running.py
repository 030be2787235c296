"""Which images the pods of a release run, as their nodes tell it."""

from lightkube import AsyncClient
from lightkube.models import core_v1
from lightkube.resources.core_v1 import Pod

from shipway.commands.helm import Release
from shipway.model.bundle import Digest


async def digests(client: AsyncClient, release: Release, deployment: str) -> list[Digest]:
    """One for each pod that its Deployment has and that is not about to end; empty where none is known."""
    labels = {"app.kubernetes.io/instance": release.name}
    return [
        _digest(pod)
        async for pod in client.list(Pod, namespace=release.namespace, labels={**labels})
        if _is_of(pod, deployment)
    ]


def _is_of(pod: Pod, deployment: str) -> bool:
    """A test's pod is nobody's; another Deployment's ReplicaSet is called otherwise."""
    if pod.metadata is None or pod.metadata.deletionTimestamp is not None:
        return False
    owners = pod.metadata.ownerReferences or []
    return any(
        (owner.kind, owner.name.rpartition("-")[0]) == ("ReplicaSet", deployment)
        for owner in owners
    )


def _digest(pod: Pod) -> Digest:
    """Of the first container. A runtime's imageID may be that of the image's config: then the spec's word counts."""
    containers = pod.spec.containers if pod.spec else []
    if not containers:
        return ""
    statuses = (pod.status or core_v1.PodStatus()).containerStatuses or []
    told = next((each.imageID for each in statuses if each.name == containers[0].name), "")
    return told.partition("@")[2] or (containers[0].image or "").partition("@")[2]
