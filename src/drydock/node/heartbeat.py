"""The node's signs of life: a lease that it renews, and the heartbeat in its status."""

import asyncio
from collections.abc import Mapping
from typing import Any

from drydock.home import Hindered
from drydock.metadata import deleting
from drydock.node import clock, machine
from drydock.resources import LEASES, NAMESPACES, NODES, Object
from drydock.store import Store

NAMESPACE = "kube-node-lease"
PERIOD = 10.0  # seconds between two renewals, as a kubelet's
_DURATION = 40  # seconds that a renewal is good for
_SELDOM = 30  # renewals for each heartbeat in the status, which wakes whoever watches nodes


async def beat(store: Store, *, period: float = PERIOD) -> None:
    """Until cancelled."""
    try:
        while True:
            for _ in range(_SELDOM):
                _renew(store)
                await asyncio.sleep(period)
            _report(store)
    except Hindered:
        pass  # that the store itself tells


def _renew(store: Store) -> None:
    home = store.get(NAMESPACES, "", NAMESPACE)
    node = store.get(NODES, "", machine.NAME)
    if home is None or deleting(home) or node is None:
        return
    if known := store.get(LEASES, NAMESPACE, machine.NAME):
        spec = {**known.get("spec", {}), **_spec()}
        store.update(LEASES, {**known, "spec": spec})
    else:
        store.create(LEASES, _lease(node))


def _report(store: Store) -> None:
    node = store.get(NODES, "", machine.NAME)
    if node is None:
        return
    now = clock.now()
    conditions = [{**each, "lastHeartbeatTime": now} for each in node["status"]["conditions"]]
    status = {**node["status"], "conditions": conditions}
    store.update(NODES, {**node, "status": status}, subresource="status")


def _spec() -> Mapping[str, Any]:
    return {
        "holderIdentity": machine.NAME,
        "leaseDurationSeconds": _DURATION,
        "renewTime": clock.precise(),
    }


def _lease(node: Object) -> Object:
    owner = {
        "apiVersion": NODES.api_version,
        "kind": NODES.kind,
        "name": machine.NAME,
        "uid": node["metadata"]["uid"],
    }
    metadata = {"name": machine.NAME, "namespace": NAMESPACE, "ownerReferences": [owner]}
    return {"metadata": metadata, "spec": _spec()}
