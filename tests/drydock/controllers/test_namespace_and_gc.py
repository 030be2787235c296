from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from drydock.controllers import gc, namespace
from drydock.controllers.changes import After, Change, Create, Delete, Update, UpdateStatus
from drydock.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    REPLICA_SETS,
    SERVICE_ACCOUNTS,
    Object,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAMP = "2026-01-02T03:04:05Z"
Play = Callable[..., list[Change]]


def obj(name: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": name, **metadata}}


def home(**metadata: Any) -> dict[str, Any]:
    return {**obj("dev", **metadata), "spec": {"finalizers": ["kubernetes"]}}


def reference(name: str, *, blocks: bool = True) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": name,
        "uid": name,
        "blockOwnerDeletion": blocks,
    }


def test_a_namespace_starts_with_an_account_and_the_authority(play: Play) -> None:
    metadata = {"name": "default", "namespace": "dev"}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    metadata = {"name": "kube-root-ca.crt", "namespace": "dev"}
    data = {"ca.crt": "PEM"}
    root = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    assert play(namespace.reconcile(home(), [], None, None, "PEM", now=NOW)) == [
        Create(SERVICE_ACCOUNTS, account),
        Create(CONFIG_MAPS, root),
    ]
    assert play(namespace.reconcile(home(), [], account, root, "PEM", now=NOW)) == []
    assert play(namespace.reconcile(home(), [], account, root, "NEW", now=NOW)) == [
        Update(CONFIG_MAPS, {**root, "data": {"ca.crt": "NEW"}})
    ]


def test_a_namespace_ends_when_it_is_empty(play: Play) -> None:
    leaving = home(deletionTimestamp=STAMP)
    going, gone = obj("a"), obj("b", deletionTimestamp=STAMP)
    contents = [(CONFIG_MAPS, going), (PODS, gone)]
    assert play(namespace.reconcile(leaving, contents, None, None, "", now=NOW)) == [
        Delete(CONFIG_MAPS, going),
        After(0),
    ]
    [said] = play(namespace.reconcile(leaving, [(PODS, gone)], None, None, "", now=NOW))
    assert isinstance(said, UpdateStatus)
    assert said.object["status"]["conditions"][3] == {
        "type": "NamespaceContentRemaining",
        "status": "True",
        "reason": "SomeResourcesRemain",
        "message": "Some resources are remaining: pods. has 1 resource instances",
        "lastTransitionTime": STAMP,
    }
    assert play(namespace.reconcile(said.object, [(PODS, gone)], None, None, "", now=NOW)) == []
    assert play(namespace.reconcile(leaving, [], None, None, "", now=NOW)) == [
        Update(NAMESPACES, {**leaving, "spec": {}})
    ]


def test_a_dependent_of_nobody_is_deleted(play: Play) -> None:
    pod = obj("p", ownerReferences=[reference("a"), reference("b")])
    assert play(gc.reconcile(PODS, pod, [None, None], [])) == [Delete(PODS, pod)]


def test_a_dependent_stays_with_the_owner_it_has_left(play: Play) -> None:
    pod = obj("p", ownerReferences=[reference("a"), reference("b")])
    assert play(gc.reconcile(PODS, pod, [None, obj("b")], [])) == [
        Update(PODS, obj("p", ownerReferences=[reference("b")]))
    ]
    assert play(gc.reconcile(PODS, pod, [obj("a"), obj("b")], [])) == []


def test_in_the_foreground_the_owner_waits_for_those_who_block(play: Play) -> None:
    owner = obj("a", deletionTimestamp=STAMP, finalizers=["foregroundDeletion"])
    pod = obj("p", ownerReferences=[reference("a")])
    assert play(gc.reconcile(REPLICA_SETS, owner, [], [(PODS, pod)])) == [Delete(PODS, pod)]
    leaving = obj("p", ownerReferences=[reference("a")], deletionTimestamp=STAMP)
    assert play(gc.reconcile(REPLICA_SETS, owner, [], [(PODS, leaving)])) == []
    idle = obj("p", ownerReferences=[reference("a", blocks=False)], deletionTimestamp=STAMP)
    freed = Update(REPLICA_SETS, obj("a", deletionTimestamp=STAMP, finalizers=[]))
    assert play(gc.reconcile(REPLICA_SETS, owner, [], [(PODS, idle)])) == [freed]
    assert play(gc.reconcile(REPLICA_SETS, owner, [], [])) == [freed]


@pytest.mark.parametrize(("has_children", "how"), [(True, "Foreground"), (False, "Background")])
def test_a_dependent_of_a_waiting_owner_goes_the_same_way(
    play: Play, how: Any, *, has_children: bool
) -> None:
    owner = obj("d", deletionTimestamp=STAMP, finalizers=["foregroundDeletion"])
    replica_set = obj("a", ownerReferences=[reference("d")])
    children = [(PODS, obj("p"))] if has_children else []
    assert play(gc.reconcile(REPLICA_SETS, replica_set, [owner], children)) == [
        Delete(REPLICA_SETS, replica_set, how)
    ]


def test_orphans_lose_their_owner_and_stay(play: Play) -> None:
    owner = obj("a", deletionTimestamp=STAMP, finalizers=["orphan"])
    child: Object = obj("p", ownerReferences=[reference("a")])
    assert play(gc.reconcile(DEPLOYMENTS, owner, [], [(REPLICA_SETS, child)])) == [
        Update(REPLICA_SETS, obj("p")),
        Update(DEPLOYMENTS, obj("a", deletionTimestamp=STAMP, finalizers=[])),
    ]
