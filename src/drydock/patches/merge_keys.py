"""The lists of Kubernetes objects that are maps or sets in disguise: strategic merge and apply share this table.

A place is named by the fields that lead to it, the kind first: ("Deployment", "spec", "replicas").
Items of a list add nothing, so a container's ports are (…, "spec", "containers", "ports").
Source: patchMergeKey and listMapKey of the Go types in k8s.io/api v0.36.
"""

from collections.abc import Mapping
from typing import Any, Final

from drydock.resources import Object

Place = tuple[str, ...]

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_OF_A_CONTAINER: Mapping[str, tuple[str, ...]] = {
    "ports": ("containerPort", "protocol"),
    "env": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
}

# By parent and field. Strategic merge goes by the first key alone, apply by all of them.
_KEYS: Final[Mapping[Place, tuple[str, ...]]] = {
    **{("spec", field): ("name",) for field in _CONTAINERS},
    **{(p, field): keys for p in _CONTAINERS for field, keys in _OF_A_CONTAINER.items()},
    ("spec", "volumes"): ("name",),
    ("spec", "imagePullSecrets"): ("name",),
    ("spec", "hostAliases"): ("ip",),
    ("spec", "topologySpreadConstraints"): ("topologyKey", "whenUnsatisfiable"),
    ("spec", "schedulingGates"): ("name",),
    ("spec", "resourceClaims"): ("name",),
    ("spec", "ports"): ("port", "protocol"),
    ("metadata", "ownerReferences"): ("uid",),
    ("status", "conditions"): ("type",),
    ("status", "addresses"): ("type",),
    ("status", "podIPs"): ("ip",),
    ("status", "resourceClaimStatuses"): ("name",),
    ("ServiceAccount", "secrets"): ("name",),
}
_SETS: Final = frozenset({("metadata", "finalizers"), ("spec", "podCIDRs")})

# Apply's own view, where it differs.
_APPLY_KEYS: Final[Mapping[Place, tuple[str, ...]]] = {
    ("resources", "claims"): ("name",),
}
_ATOMIC: Final = frozenset(
    (
        # label selectors, and Service's selector
        "selector",
        "podSelector",
        "namespaceSelector",
        "labelSelector",
        "nodeSelector",
        # references, which mean something only as a whole
        "configMapKeyRef",
        "secretKeyRef",
        "fieldRef",
        "resourceFieldRef",
        "fileKeyRef",
        "secretRef",
        "nodePublishSecretRef",
        "involvedObject",
        "related",
        "roleRef",
        "dataSource",
        "resource",  # an Ingress backend's
        "port",  # an Ingress backend's
        "scopeSelector",
        # lists of references: each item is one value
        "imagePullSecrets",
        "ownerReferences",
        "secrets",
    )
)
_ATOMIC_AFFINITY: Final = ("nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")

# Fields that every Go object of their kind has: no write adds or removes them.
_STRUCTS: Final[frozenset[Place]] = frozenset(
    {
        ("template", "metadata"),
        ("template", "spec"),
        ("spec", "template"),
        ("spec", "strategy"),
        ("spec", "updateStrategy"),
        ("spec", "jobTemplate"),
        ("jobTemplate", "metadata"),
        ("jobTemplate", "spec"),
        ("spec", "containers"),
        ("spec", "scaleTargetRef"),
        ("spec", "podSelector"),
        ("status", "loadBalancer"),
        *((field, "resources") for field in _CONTAINERS),
    }
)
_TOP_STRUCTS: Final = ("metadata", "spec", "status")

_KEY_DEFAULTS: Final[Mapping[str, Any]] = {"protocol": "TCP", "port": 0, "containerPort": 0}


def merge_keys(place: Place) -> tuple[str, ...]:
    """What identifies an item of the list at this place; empty where the list is replaced as a whole."""
    return _KEYS.get(place[-2:], ())


def apply_keys(place: Place) -> tuple[str, ...]:
    """The same for server-side apply."""
    if place == ("Job", "status", "conditions"):
        return ()
    return _KEYS.get(place[-2:]) or _APPLY_KEYS.get(place[-2:], ())


def key_value(item: Mapping[str, Any], key: str) -> Any:
    """What an item has for a key, as the schema fills it in where it is left out."""
    return item.get(key, _KEY_DEFAULTS.get(key, ""))


def is_set(place: Place) -> bool:
    return place[-2:] in _SETS


def is_atomic(place: Place) -> bool:
    """Whether an object at this place has one owner as a whole."""
    return place[-1] in _ATOMIC or place[-2:] == _ATOMIC_AFFINITY


def is_struct(place: Place) -> bool:
    return place[-2:] in _STRUCTS or (len(place) == 2 and place[-1] in _TOP_STRUCTS)


def kind_of(obj: Object) -> Place:
    return (str(obj.get("kind", "")),)
