"""From one change to the objects that have to be looked at again."""

from collections.abc import Iterator

from drydock.controllers import gc, namespace
from drydock.controllers.world import Key, World, key, resource_of
from drydock.metadata import controller, deleting, labels, references
from drydock.pods import finished
from drydock.resources import (
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    HORIZONTAL_POD_AUTOSCALERS,
    JOBS,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    SERVICE_ACCOUNTS,
    SERVICES,
    STATEFUL_SETS,
    Object,
    Resource,
)
from drydock.selectors import has, matches
from drydock.store import Change

_OWN = {
    DEPLOYMENTS: "deployment",
    REPLICA_SETS: "replicaset",
    STATEFUL_SETS: "statefulset",
    DAEMON_SETS: "daemonset",
    JOBS: "job",
    CRON_JOBS: "cronjob",
    PERSISTENT_VOLUME_CLAIMS: "claim",
    SERVICES: "endpointslice",
    HORIZONTAL_POD_AUTOSCALERS: "hpa",
    POD_DISRUPTION_BUDGETS: "pdb",
    RESOURCE_QUOTAS: "resourcequota",
    NAMESPACES: "namespace",
}
_OWNED = {PODS, REPLICA_SETS, CONTROLLER_REVISIONS, JOBS, ENDPOINT_SLICES, ENDPOINTS}
_SIZED = (DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS)
_ADOPTERS = {
    PODS: (REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS),
    REPLICA_SETS: (DEPLOYMENTS,),
}
"""Who takes in an orphan that matches its selector."""
_FIRST_CONTENTS = {
    (SERVICE_ACCOUNTS, namespace.DEFAULT_ACCOUNT),
    (CONFIG_MAPS, namespace.ROOT_CA),
}


def affected(change: Change, world: World) -> Iterator[Key]:
    resource, obj = change.resource, change.object
    if resource in _OWN:
        yield key(_OWN[resource], resource, obj)
    yield from _owners(change)
    if resource == PODS:
        yield from _of_pod(change, world)
    elif resource in _SIZED and _respecified(change):
        yield from _of_size(resource, obj, world)
    elif resource == NODES and _respecified(change):
        yield from (key("daemonset", DAEMON_SETS, each) for each in world.store.list(DAEMON_SETS))
    yield from _of_quota(change, world)
    yield from _of_namespace(change, world)
    yield from _of_collection(change, world)


def _sides(change: Change) -> Iterator[Object]:
    """What it is now and what it was: a relation that ended concerns its other end, too."""
    yield change.object
    if change.before is not None and change.before is not change.object:
        yield change.before


def _owners(change: Change) -> Iterator[Key]:
    if change.resource not in _OWNED:
        return
    for side in _sides(change):
        boss = controller(side)
        resource = resource_of(boss) if boss is not None else None
        if boss is not None and resource in _OWN:
            yield Key(_OWN[resource], resource, side["metadata"]["namespace"], boss["name"])


def _of_pod(change: Change, world: World) -> Iterator[Key]:
    pod = change.object
    sides = list(_sides(change))
    for service in world.beside(pod, SERVICES):
        selector = service["spec"].get("selector")
        if selector and any(has(selector, labels(side)) for side in sides):
            yield key("endpointslice", SERVICES, service)
    for budget in world.beside(pod, POD_DISRUPTION_BUDGETS):
        if any(matches(budget["spec"].get("selector"), labels(side)) for side in sides):
            yield key("pdb", POD_DISRUPTION_BUDGETS, budget)
    boss = controller(pod)
    if boss is None:
        yield from _adopters(PODS, pod, world)
    elif change.type == "DELETED" and boss["kind"] == REPLICA_SETS.kind:
        # Recreate waits for the last pod of the old version
        replica_set = world.store.get(REPLICA_SETS, pod["metadata"]["namespace"], boss["name"])
        above = controller(replica_set) if replica_set is not None else None
        if above is not None:
            yield Key("deployment", DEPLOYMENTS, pod["metadata"]["namespace"], above["name"])


def _adopters(resource: Resource, orphan: Object, world: World) -> Iterator[Key]:
    for adopter in _ADOPTERS[resource]:
        for each in world.beside(orphan, adopter):
            if matches(each["spec"]["selector"], labels(orphan)):
                yield key(_OWN[adopter], adopter, each)


def _respecified(change: Change) -> bool:
    """Its spec or its labels are other than before."""
    before, obj = change.before, change.object
    return (
        change.type != "MODIFIED"
        or before is None
        or before["metadata"].get("generation") != obj["metadata"].get("generation")
        or labels(before) != labels(obj)
    )


def _of_size(resource: Resource, obj: Object, world: World) -> Iterator[Key]:
    for autoscaler in world.beside(obj, HORIZONTAL_POD_AUTOSCALERS):
        target = autoscaler["spec"]["scaleTargetRef"]
        if (target["kind"], target["name"]) == (resource.kind, obj["metadata"]["name"]):
            yield key("hpa", HORIZONTAL_POD_AUTOSCALERS, autoscaler)
    if resource != DEPLOYMENTS:  # whose pods are its ReplicaSets'
        for budget in world.beside(obj, POD_DISRUPTION_BUDGETS):
            yield key("pdb", POD_DISRUPTION_BUDGETS, budget)
    if resource in _ADOPTERS and controller(obj) is None:
        yield from _adopters(resource, obj, world)


def _of_quota(change: Change, world: World) -> Iterator[Key]:
    """What counts is that an object is there, its spec, and whether a pod has ended."""
    before, obj = change.before, change.object
    ended = before is not None and change.resource == PODS and finished(before) != finished(obj)
    if change.resource.namespaced and (ended or _respecified(change)):
        for quota in world.beside(obj, RESOURCE_QUOTAS):
            yield key("resourcequota", RESOURCE_QUOTAS, quota)


def _of_namespace(change: Change, world: World) -> Iterator[Key]:
    name = change.object["metadata"].get("namespace")
    if not name:
        return
    if (change.resource, change.object["metadata"]["name"]) in _FIRST_CONTENTS:
        yield Key("namespace", NAMESPACES, "", name)
    elif change.type == "DELETED":
        home = world.store.get(NAMESPACES, "", name)
        if home is not None and deleting(home):
            yield Key("namespace", NAMESPACES, "", name)


def _of_collection(change: Change, world: World) -> Iterator[Key]:
    resource, obj = change.resource, change.object
    if change.type == "DELETED":
        yield from world.dependent_keys(obj)
        yield from _waiting_owners(obj, world)
        return
    if deleting(obj):
        finalizers = obj["metadata"].get("finalizers") or ()
        if gc.FOREGROUND in finalizers:
            yield from world.dependent_keys(obj)
        if gc.FOREGROUND in finalizers or gc.ORPHAN in finalizers:
            yield key("gc", resource, obj)
        return
    before = references(change.before) if change.before is not None else ()
    if references(obj) and references(obj) != before:
        yield key("gc", resource, obj)


def _waiting_owners(obj: Object, world: World) -> Iterator[Key]:
    for reference in references(obj):
        found = world.owner(obj, reference)
        if found is not None and found[1] is not None and deleting(found[1]):
            yield key("gc", found[0], found[1])
