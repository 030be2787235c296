import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from drydock.node import machine
from drydock.node.heartbeat import beat
from drydock.resources import LEASES, NAMESPACES, NODES
from drydock.store import Store
from tests.drydock.node.conftest import until

LONG_AGO = "2026-01-01T00:00:00Z"


@pytest.fixture
async def beating(store: Store) -> AsyncIterator[Store]:
    """A node that signs ten times a second since long ago."""
    store.create(NAMESPACES, {"metadata": {"name": "kube-node-lease"}})
    status = machine.node_status(machine.allocatable())
    status["conditions"] = [
        {**each, "lastHeartbeatTime": LONG_AGO, "lastTransitionTime": LONG_AGO}
        for each in status["conditions"]
    ]
    store.create(NODES, {**machine.node(), "status": status})
    task = asyncio.create_task(beat(store, period=0.01))
    yield store
    task.cancel()


def lease(store: Store) -> Any:
    return store.get(LEASES, "kube-node-lease", "drydock")


async def test_a_node_holds_its_lease_and_renews_it(beating: Store) -> None:
    first = await until(lambda: lease(beating))
    node = beating.get(NODES, "", "drydock")
    assert node
    assert first["metadata"]["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "Node", "name": "drydock", "uid": node["metadata"]["uid"]}
    ]
    renewed = await until(lambda: (now := lease(beating)) != first and now)
    assert first["spec"] == {
        "holderIdentity": "drydock",
        "leaseDurationSeconds": 40,
        "renewTime": first["spec"]["renewTime"],
    }
    assert renewed["spec"]["renewTime"] > first["spec"]["renewTime"]


async def test_a_node_tells_its_heartbeat_more_seldom_and_no_transition(beating: Store) -> None:
    def told() -> set[tuple[bool, str]]:
        node = beating.get(NODES, "", "drydock")
        assert node
        conditions = node["status"]["conditions"]
        return {(c["lastHeartbeatTime"] > LONG_AGO, c["lastTransitionTime"]) for c in conditions}

    assert await until(lambda: (now := told()) != {(False, LONG_AGO)} and now) == {(True, LONG_AGO)}
    assert int(lease(beating)["metadata"]["resourceVersion"]) >= 30


async def test_a_lease_does_not_keep_its_namespace_alive(beating: Store) -> None:
    await until(lambda: lease(beating))
    beating.delete(NAMESPACES, "", "kube-node-lease")
    beating.delete(LEASES, "kube-node-lease", "drydock")
    version = beating.version
    await asyncio.sleep(0.05)
    assert (lease(beating), beating.version) == (None, version)
