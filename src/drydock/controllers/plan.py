"""From a key to its reconcile, with the relatives that it looks at."""

from collections.abc import Callable, Sequence
from datetime import datetime

from drydock.controllers import (
    claims,
    cronjob,
    daemonset,
    deployment,
    endpointslice,
    gc,
    hpa,
    job,
    namespace,
    pdb,
    replicaset,
    resourcequota,
    statefulset,
)
from drydock.controllers.changes import Recommend, Reconcile
from drydock.controllers.world import Key, World, resource_of
from drydock.metadata import references
from drydock.resources import (
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    JOBS,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    REPLICA_SETS,
    SERVICE_ACCOUNTS,
    STATEFUL_SETS,
    Object,
)

Past = Sequence[Recommend]
Plan = Callable[[Key, Object, World, Past, datetime], Reconcile]


def plan(key: Key, world: World, past: Past, now: datetime) -> Reconcile | None:
    """None when there is nothing left to reconcile."""
    obj = world.get(key)
    if obj is not None:
        return _PLANS[key.controller](key, obj, world, past, now)
    if key.controller == "namespace":
        return namespace.sweep(world.contents(key.name))
    return None


def _deployment(_key: Key, obj: Object, world: World, _past: Past, now: datetime) -> Reconcile:
    sets, pods = world.beside(obj, REPLICA_SETS), world.beside(obj, PODS)
    return deployment.reconcile(obj, sets, pods, now)


def _replicaset(_key: Key, obj: Object, world: World, _past: Past, now: datetime) -> Reconcile:
    return replicaset.reconcile(obj, world.beside(obj, PODS), now)


def _statefulset(_key: Key, obj: Object, world: World, _past: Past, now: datetime) -> Reconcile:
    pods, revisions = world.beside(obj, PODS), world.beside(obj, CONTROLLER_REVISIONS)
    namespace_claims = world.beside(obj, PERSISTENT_VOLUME_CLAIMS)
    return statefulset.reconcile(obj, pods, revisions, namespace_claims, now)


def _daemonset(_key: Key, obj: Object, world: World, _past: Past, now: datetime) -> Reconcile:
    pods, revisions = world.beside(obj, PODS), world.beside(obj, CONTROLLER_REVISIONS)
    return daemonset.reconcile(obj, pods, revisions, world.store.list(NODES), now)


def _cronjob(_key: Key, obj: Object, world: World, _past: Past, now: datetime) -> Reconcile:
    return cronjob.reconcile(obj, world.beside(obj, JOBS), now)


def _claim(_key: Key, obj: Object, _world: World, _past: Past, _now: datetime) -> Reconcile:
    return claims.bind(obj)


def _resourcequota(_key: Key, obj: Object, world: World, _past: Past, _now: datetime) -> Reconcile:
    return resourcequota.reconcile(obj, lambda resource: world.beside(obj, resource))


def _job(_key: Key, obj: Object, world: World, _past: Past, now: datetime) -> Reconcile:
    return job.reconcile(obj, world.beside(obj, PODS), now)


def _endpointslice(key: Key, obj: Object, world: World, _past: Past, _now: datetime) -> Reconcile:
    slices = [
        each
        for each in world.beside(obj, ENDPOINT_SLICES)
        if endpointslice.service_name(each) == key.name
    ]
    endpoints = world.store.get(ENDPOINTS, key.namespace, key.name)
    return endpointslice.reconcile(obj, world.beside(obj, PODS), slices, endpoints)


def _pdb(_key: Key, obj: Object, world: World, _past: Past, now: datetime) -> Reconcile:
    sized = [*world.beside(obj, REPLICA_SETS), *world.beside(obj, STATEFUL_SETS)]
    return pdb.reconcile(obj, world.beside(obj, PODS), sized, now)


def _hpa(key: Key, obj: Object, world: World, past: Past, now: datetime) -> Reconcile:
    ref = obj["spec"]["scaleTargetRef"]
    resource = resource_of(ref)
    if resource not in {DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS}:
        return hpa.reconcile(obj, DEPLOYMENTS, None, [], usage=world.usage, past=past, now=now)
    target = world.store.get(resource, key.namespace, ref["name"])
    pods = world.beside(obj, PODS)
    return hpa.reconcile(obj, resource, target, pods, usage=world.usage, past=past, now=now)


def _namespace(key: Key, obj: Object, world: World, _past: Past, now: datetime) -> Reconcile:
    account = world.store.get(SERVICE_ACCOUNTS, key.name, namespace.DEFAULT_ACCOUNT)
    root_ca = world.store.get(CONFIG_MAPS, key.name, namespace.ROOT_CA)
    contents = world.contents(key.name)
    return namespace.reconcile(obj, contents, account, root_ca, world.authority, now=now)


def _gc(key: Key, obj: Object, world: World, _past: Past, _now: datetime) -> Reconcile:
    owners: list[Object | None] = []
    for reference in references(obj):
        found = world.owner(obj, reference)
        # an owner of a kind that we do not serve cannot be missed: the dependent stands for it
        owners.append(found[1] if found is not None else obj)
    return gc.reconcile(key.resource, obj, owners, world.dependents(obj))


_PLANS: dict[str, Plan] = {
    "deployment": _deployment,
    "replicaset": _replicaset,
    "statefulset": _statefulset,
    "daemonset": _daemonset,
    "job": _job,
    "cronjob": _cronjob,
    "claim": _claim,
    "resourcequota": _resourcequota,
    "endpointslice": _endpointslice,
    "pdb": _pdb,
    "hpa": _hpa,
    "namespace": _namespace,
    "gc": _gc,
}
