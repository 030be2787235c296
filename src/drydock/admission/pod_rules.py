"""What must hold for pods and pod templates."""

from collections.abc import Iterable
from typing import Any, Final

from drydock.admission import names
from drydock.admission.container_rules import check_container
from drydock.admission.invalid import duplicate, forbidden, invalid, required
from drydock.admission.rules import Causes, Json, labels, named, one_of, required_name

_RESTART: Final = ("Always", "OnFailure", "Never")
_DNS: Final = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_UNSATISFIABLE: Final = ("DoNotSchedule", "ScheduleAnyway")
_NEEDED_BY_SOURCE: Final = (
    ("configMap", "name"),
    ("secret", "secretName"),
    ("persistentVolumeClaim", "claimName"),
    ("hostPath", "path"),
    ("csi", "driver"),
    ("projected", "sources"),
)
_MAY_CHANGE: Final = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def check_pod_spec(spec: Json, path: str) -> Causes:
    yield from _check_volumes(spec.get("volumes", []), f"{path}.volumes")
    yield from _check_containers(spec, path)
    yield from one_of(spec["restartPolicy"], _RESTART, f"{path}.restartPolicy")
    yield from one_of(spec["dnsPolicy"], _DNS, f"{path}.dnsPolicy")
    yield from labels(spec.get("nodeSelector", {}), f"{path}.nodeSelector")
    if account := spec.get("serviceAccountName"):
        yield from named(names.dns_subdomain, account, f"{path}.serviceAccountName")
    if (seconds := spec.get("activeDeadlineSeconds")) is not None and seconds < 1:
        why = "must be between 1 and 2147483647, inclusive"
        yield invalid(f"{path}.activeDeadlineSeconds", seconds, why)
    yield from _check_tolerations(spec.get("tolerations", []), f"{path}.tolerations")
    yield from _check_spread(spec, f"{path}.topologySpreadConstraints")
    yield from _check_affinity(spec.get("affinity", {}), f"{path}.affinity")


def _check_containers(spec: Json, path: str) -> Causes:
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    volumes = {volume.get("name") for volume in spec.get("volumes", [])}
    seen: set[str] = set()
    for field in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(field, [])):
            at = f"{path}.{field}[{index}]"
            yield from required_name(names.dns_label, container, at)
            yield from _unique(container.get("name"), seen, f"{at}.name")
            yield from check_container(
                container, at, volumes=volumes, grace_seconds=spec["terminationGracePeriodSeconds"]
            )


def _unique(name: str | None, seen: set[str], path: str) -> Causes:
    if name and name in seen:
        yield duplicate(path, name)
    seen.add(name or "")


def _check_volumes(volumes: Iterable[Json], path: str) -> Causes:
    seen: set[str] = set()
    for index, volume in enumerate(volumes):
        at = f"{path}[{index}]"
        yield from required_name(names.dns_label, volume, at)
        yield from _unique(volume.get("name"), seen, f"{at}.name")
        sources = [field for field in volume if field != "name"]
        for extra in sources[1:]:
            yield forbidden(f"{at}.{extra}", "may not specify more than 1 volume type")
        for source, field in _NEEDED_BY_SOURCE:
            if source in volume and not volume[source].get(field):
                yield required(f"{at}.{source}.{field}")


def _check_tolerations(tolerations: Iterable[Json], path: str) -> Causes:
    for index, toleration in enumerate(tolerations):
        at = f"{path}[{index}]"
        operator = toleration.get("operator", "Equal")
        if not toleration.get("key") and operator != "Exists":
            why = (
                "operator must be Exists when `key` is empty, "
                'which means "match all values and all keys"'
            )
            yield invalid(f"{at}.operator", operator, why)
        if operator == "Exists" and toleration.get("value"):
            why = "value must be empty when `operator` is 'Exists'"
            yield invalid(f"{at}.operator", toleration["value"], why)
        yield from one_of(operator, ("Equal", "Exists"), f"{at}.operator")
        if toleration.get("effect"):
            yield from one_of(toleration["effect"], _EFFECTS, f"{at}.effect")


def _check_spread(spec: Json, path: str) -> Causes:
    for index, constraint in enumerate(spec.get("topologySpreadConstraints", [])):
        at = f"{path}[{index}]"
        skew = constraint.get("maxSkew", 0)
        if skew <= 0:
            yield invalid(f"{at}.maxSkew", skew, "must be greater than zero")
        if not constraint.get("topologyKey"):
            yield required(f"{at}.topologyKey", "can not be empty")
        unsatisfiable = constraint.get("whenUnsatisfiable", "")
        yield from one_of(unsatisfiable, _UNSATISFIABLE, f"{at}.whenUnsatisfiable")


def _check_affinity(affinity: Json, path: str) -> Causes:
    required_terms, preferred_terms = (
        f"{strength}DuringSchedulingIgnoredDuringExecution"
        for strength in ("required", "preferred")
    )
    for field in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(field, {})
        for index, term in enumerate(terms.get(required_terms, [])):
            yield from _check_term(term, f"{path}.{field}.{required_terms}[{index}]")
        for index, weighted in enumerate(terms.get(preferred_terms, [])):
            at = f"{path}.{field}.{preferred_terms}[{index}]"
            weight = weighted.get("weight", 0)
            if not 1 <= weight <= 100:
                yield invalid(f"{at}.weight", weight, "must be in the range 1-100")
            yield from _check_term(weighted.get("podAffinityTerm", {}), f"{at}.podAffinityTerm")


def _check_term(term: Json, path: str) -> Causes:
    key = term.get("topologyKey", "")
    if not key:
        yield required(f"{path}.topologyKey", "can not be empty")
    yield from named(names.qualified_name, key, f"{path}.topologyKey")


# ---- updates


def check_pod_update(spec: Json, before: Json, path: str) -> Causes:
    for field in ("containers", "initContainers"):
        if len(spec.get(field, [])) != len(before.get(field, [])):
            yield forbidden(f"{path}.{field}", "pod updates may not add or remove containers")
            return
    if not _only_adds(spec, before):
        why = "existing toleration can not be modified except its tolerationSeconds"
        yield forbidden(f"{path}.tolerations", why)
    if _frozen(spec) != _frozen(before):
        yield forbidden(path, _MAY_CHANGE)


def _frozen(spec: Json) -> dict[str, Any]:
    """The part of a running pod's spec that stays what it is."""
    kept = {k: v for k, v in spec.items() if k not in {"activeDeadlineSeconds", "tolerations"}}
    for field in ("containers", "initContainers"):
        if field in spec:
            kept[field] = [{**container, "image": ""} for container in spec[field]]
    return kept


def _only_adds(spec: Json, before: Json) -> bool:
    now = [_without_seconds(toleration) for toleration in spec.get("tolerations", [])]
    return all(_without_seconds(toleration) in now for toleration in before.get("tolerations", []))


def _without_seconds(toleration: Json) -> dict[str, Any]:
    return {field: value for field, value in toleration.items() if field != "tolerationSeconds"}
