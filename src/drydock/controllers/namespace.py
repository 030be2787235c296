"""Namespace: what each one starts with, and its end, once it is empty."""

from collections.abc import Iterable, Sequence

from drydock.controllers.changes import After, Create, Delete, Reconcile, Update
from drydock.metadata import deleting
from drydock.resources import CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS, Object, Resource

ROOT_CA = "kube-root-ca.crt"
DEFAULT_ACCOUNT = "default"


def reconcile(
    namespace: Object,
    contents: Iterable[tuple[Resource, Object]],
    account: Object | None,
    root_ca: Object | None,
    authority: str,
) -> Reconcile:
    """`contents` is everything inside; `authority` the PEM that clients inside trust."""
    if deleting(namespace):
        yield from _empty(namespace, list(contents))
        return
    name = namespace["metadata"]["name"]
    if account is None:
        metadata = {"name": DEFAULT_ACCOUNT, "namespace": name}
        obj: Object = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
        yield Create(SERVICE_ACCOUNTS, obj)
    data = {"ca.crt": authority}
    if root_ca is None:
        metadata = {"name": ROOT_CA, "namespace": name}
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        yield Create(CONFIG_MAPS, obj)
    elif root_ca.get("data") != data:
        yield Update(CONFIG_MAPS, {**root_ca, "data": data})


def sweep(contents: Iterable[tuple[Resource, Object]]) -> Reconcile:
    """What was written into a namespace after its end."""
    for resource, obj in contents:
        if not deleting(obj):
            yield Delete(resource, obj)


def _empty(namespace: Object, contents: Sequence[tuple[Resource, Object]]) -> Reconcile:
    yield from sweep(contents)
    if not contents and namespace["spec"].get("finalizers"):
        spec = {key: value for key, value in namespace["spec"].items() if key != "finalizers"}
        yield Update(NAMESPACES, {**namespace, "spec": spec})
    elif not all(deleting(obj) for _, obj in contents):
        yield After(0)
