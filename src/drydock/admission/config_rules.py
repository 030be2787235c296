"""What must hold for secrets, config maps, leases, roles and their bindings."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from drydock.admission import names
from drydock.admission.invalid import FieldCause, forbidden, invalid, required
from drydock.admission.rules import Causes, immutable, named, not_negative, one_of
from drydock.resources import Object

_MOST_BYTES: Final = 1024 * 1024
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_FROZEN: Final = "field is immutable when `immutable` is set"


def check_secret(secret: Object, before: Object | None) -> Causes:
    data = secret.get("data", {})
    yield from _check_keys(data, "data")
    for key in _NEEDED.get(secret["type"], ()):
        if key not in data:
            yield required(f"data[{key}]")
    yield from _check_size(len(base64.b64decode(value)) for value in data.values())
    if before is not None:
        yield from immutable(secret, before, "", "type")
        yield from _check_frozen(secret, before, "data")


def check_config_map(config_map: Object, before: Object | None) -> Causes:
    data, binary = config_map.get("data", {}), config_map.get("binaryData", {})
    yield from _check_keys(data, "data")
    yield from _check_keys(binary, "binaryData")
    for key in data.keys() & binary.keys():
        yield invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    sizes = [len(value.encode()) for value in data.values()]
    yield from _check_size(sizes + [len(base64.b64decode(value)) for value in binary.values()])
    if before is not None:
        yield from _check_frozen(config_map, before, "data", "binaryData")


def _check_keys(data: Mapping[str, str], path: str) -> Causes:
    for key in data:
        yield from named(names.config_key, key, f"{path}[{key}]")


def _check_size(sizes: Iterable[int]) -> Causes:
    if sum(sizes) > _MOST_BYTES:
        yield FieldCause(
            "data", "FieldValueTooLong", f"Too long: may not be more than {_MOST_BYTES} bytes"
        )


def _check_frozen(obj: Object, before: Object, *fields: str) -> Causes:
    if not before.get("immutable"):
        return
    if not obj.get("immutable"):
        yield forbidden("immutable", _FROZEN)
    for field in fields:
        if obj.get(field, {}) != before.get(field, {}):
            yield forbidden(field, _FROZEN)


def check_lease(lease: Object, _before: Object | None) -> Causes:
    spec = lease.get("spec", {})
    seconds = spec.get("leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        yield invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")
    yield from not_negative(spec, "spec", "leaseTransitions")


def check_storage_class(storage_class: Object, before: Object | None) -> Causes:
    if not storage_class.get("provisioner"):
        yield required("provisioner")
    yield from one_of(storage_class["reclaimPolicy"], ("Delete", "Retain"), "reclaimPolicy")
    modes = ("Immediate", "WaitForFirstConsumer")
    yield from one_of(storage_class["volumeBindingMode"], modes, "volumeBindingMode")
    if before is not None:
        for field in ("parameters", "provisioner", "reclaimPolicy"):
            if storage_class.get(field) != before.get(field):
                yield forbidden(field, f"updates to {field} are forbidden.")
        yield from immutable(storage_class, before, "", "volumeBindingMode")


def check_role_binding(binding: Object, before: Object | None) -> Causes:
    yield from _check_binding(binding, before, ("Role", "ClusterRole"))


def check_cluster_role_binding(binding: Object, before: Object | None) -> Causes:
    yield from _check_binding(binding, before, ("ClusterRole",))


def _check_binding(binding: Object, before: Object | None, kinds: Sequence[str]) -> Causes:
    role = binding["roleRef"]
    yield from one_of(role.get("kind", ""), kinds, "roleRef.kind")
    if not role.get("name"):
        yield required("roleRef.name")
    if before is not None and role != before["roleRef"]:
        yield invalid("roleRef", role, "cannot change roleRef")


def check_role(role: Object, _before: Object | None) -> Causes:
    for index, rule in enumerate(role.get("rules", [])):
        if rule.get("nonResourceURLs"):
            why = "namespaced rules cannot apply to non-resource URLs"
            yield invalid(f"rules[{index}].nonResourceURLs", rule["nonResourceURLs"], why)
        yield from _check_rule(rule, f"rules[{index}]")


def check_cluster_role(role: Object, _before: Object | None) -> Causes:
    for index, rule in enumerate(role.get("rules") or []):
        at = f"rules[{index}]"
        if not rule.get("nonResourceURLs"):
            yield from _check_rule(rule, at)
            continue
        if not rule.get("verbs"):
            yield required(f"{at}.verbs", "verbs must contain at least one value")
        if any(rule.get(field) for field in ("apiGroups", "resources", "resourceNames")):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            yield invalid(f"{at}.nonResourceURLs", rule["nonResourceURLs"], why)


def _check_rule(rule: Object, path: str) -> Causes:
    if not rule.get("verbs"):
        yield required(f"{path}.verbs", "verbs must contain at least one value")
    for field, why in (
        ("apiGroups", "resource rules must supply at least one api group"),
        ("resources", "resource rules must supply at least one resource"),
    ):
        if not rule.get(field):
            yield required(f"{path}.{field}", why)
