"""Namespace: what each one starts with, and its end, once it is empty."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from drydock import conditions
from drydock.conditions import Verdict
from drydock.controllers.changes import After, Create, Delete, Reconcile, Update, UpdateStatus
from drydock.metadata import deleting
from drydock.resources import CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS, Object, Resource

ROOT_CA = "kube-root-ca.crt"
DEFAULT_ACCOUNT = "default"

_FINE: Final[Mapping[str, Verdict]] = {
    "NamespaceDeletionDiscoveryFailure": (
        "False",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "False",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": (
        "False",
        "ContentRemoved",
        "All content successfully removed",
    ),
    "NamespaceFinalizersRemaining": (
        "False",
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
}


def reconcile(
    namespace: Object,
    contents: Iterable[tuple[Resource, Object]],
    account: Object | None,
    root_ca: Object | None,
    authority: str,
    *,
    now: datetime,
) -> Reconcile:
    """`contents` is everything inside; `authority` the PEM that clients inside trust."""
    if deleting(namespace):
        yield from _empty(namespace, list(contents), now)
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


def _empty(
    namespace: Object, contents: Sequence[tuple[Resource, Object]], now: datetime
) -> Reconcile:
    yield from sweep(contents)
    if not contents and namespace["spec"].get("finalizers"):
        spec = {key: value for key, value in namespace["spec"].items() if key != "finalizers"}
        yield Update(NAMESPACES, {**namespace, "spec": spec})
    elif not all(deleting(obj) for _, obj in contents):
        yield After(0)
    elif contents:
        before = namespace.get("status") or {}
        status = {**before, "conditions": _remaining(namespace, contents, now)}
        if status != before:
            yield UpdateStatus(NAMESPACES, {**namespace, "status": status})


def _remaining(
    namespace: Object, contents: Sequence[tuple[Resource, Object]], now: datetime
) -> list[Object]:
    """What a namespace says of itself while something in it still lives."""
    kinds = Counter(f"{resource.plural}.{resource.group}" for resource, _ in contents)
    finalizers = Counter(
        finalizer for _, obj in contents for finalizer in obj["metadata"].get("finalizers") or ()
    )
    verdicts = dict(_FINE)
    listed = ", ".join(f"{kind} has {kinds[kind]} resource instances" for kind in sorted(kinds))
    message = f"Some resources are remaining: {listed}"
    verdicts["NamespaceContentRemaining"] = ("True", "SomeResourcesRemain", message)
    if finalizers:
        listed = ", ".join(f"{n} in {finalizers[n]} resource instances" for n in sorted(finalizers))
        message = f"Some content in the namespace has finalizers remaining: {listed}"
        verdicts["NamespaceFinalizersRemaining"] = ("True", "SomeFinalizersRemain", message)
    said: list[Object] = list(conditions.of(namespace))
    for kind, verdict in verdicts.items():
        said = conditions.put(said, kind, verdict, now)
    return said
