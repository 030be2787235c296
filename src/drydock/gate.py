"""Admission with what it has to know of the store: addresses that are taken, classes, accounts, limits and quotas.

Every new object passes here, the API's and the controllers' alike. Check and write happen in one go of the event loop.
"""

from collections.abc import Sequence

from drydock import admission
from drydock.admission import quotas
from drydock.resources import (
    INGRESS_CLASSES,
    INGRESSES,
    LIMIT_RANGES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    PRIORITY_CLASSES,
    RESOURCE_QUOTAS,
    SERVICE_ACCOUNTS,
    SERVICES,
    Object,
    Resource,
)
from drydock.store import Store

_LIMITED = {PODS, PERSISTENT_VOLUME_CLAIMS}


def admit(store: Store, resource: Resource, obj: Object, before: Object | None) -> Object:
    """The object to store in place of `before`. Raises Invalid, Mistyped and Denied of `admission`."""
    if before is None and not (obj["metadata"].get("name") and obj["metadata"].get("uid")):
        obj = store.identify(resource, obj)
    namespace = obj["metadata"].get("namespace", "")
    taken: frozenset[str] = frozenset()
    if resource == SERVICES:
        others = (other for other in store.list(SERVICES) if other is not before)
        taken = frozenset(other["spec"].get("clusterIP", "") for other in others)
    ranges: Sequence[Object] = ()
    if before is None and resource in _LIMITED:
        ranges = store.list(LIMIT_RANGES, namespace)
    admitted = admission.admit(
        resource,
        obj,
        before,
        taken_ips=taken,
        limit_ranges=ranges,
        ingress_classes=store.list(INGRESS_CLASSES) if resource == INGRESSES else (),
        priority_classes=store.list(PRIORITY_CLASSES) if resource == PODS else (),
    )
    if resource == PODS and before is None:
        _check_account(store, admitted)
    found = store.list(RESOURCE_QUOTAS, namespace) if namespace else ()
    if found:
        others_of_kind = [each for each in store.list(resource, namespace) if each is not before]
        quotas.check(found, resource, admitted, before, others_of_kind)
    return admitted


def _check_account(store: Store, pod: Object) -> None:
    """`default` is on its way: its controller makes it in every namespace."""
    name, namespace = pod["spec"]["serviceAccountName"], pod["metadata"]["namespace"]
    if name != "default" and store.get(SERVICE_ACCOUNTS, namespace, name) is None:
        why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
        raise admission.Denied(PODS, pod, why)
