"""ResourceQuota: its status says how much of it is used."""

from collections.abc import Callable, Sequence

from drydock.admission import quotas
from drydock.controllers.changes import Reconcile, UpdateStatus
from drydock.metadata import deleting
from drydock.resources import RESOURCE_QUOTAS, Object, Resource


def reconcile(quota: Object, objects: Callable[[Resource], Sequence[Object]]) -> Reconcile:
    """`objects` lists those of a kind in the quota's namespace."""
    if deleting(quota):
        return
    status = quotas.status(quota, objects)
    if status != quota.get("status"):
        yield UpdateStatus(RESOURCE_QUOTAS, {**quota, "status": status})
