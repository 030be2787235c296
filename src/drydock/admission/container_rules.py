"""What must hold for a container."""

from collections.abc import Collection
from typing import Any, Final

from drydock import quantities
from drydock.admission import names
from drydock.admission.invalid import duplicate, forbidden, invalid, not_found, required
from drydock.admission.pod_defaults import PROBES
from drydock.admission.rules import (
    PROTOCOLS,
    Causes,
    Json,
    named,
    not_negative,
    one_of,
    port,
)

_PULL: Final = ("Always", "IfNotPresent", "Never")
_MESSAGES: Final = ("File", "FallbackToLogsOnError")
_SOURCES: Final = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_HANDLERS: Final = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_STANDARD_RESOURCES: Final = ("cpu", "memory", "ephemeral-storage")
_PLAIN_FIELDS: Final = frozenset(
    {
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "metadata.annotations",
        "metadata.labels",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    }
)


def check_container(
    container: Json, path: str, *, volumes: Collection[str | None], grace_seconds: int
) -> Causes:
    if not container.get("image"):
        yield required(f"{path}.image")
    yield from _check_ports(container.get("ports", []), f"{path}.ports")
    yield from _check_env(container.get("env", []), f"{path}.env")
    yield from _check_env_from(container.get("envFrom", []), f"{path}.envFrom")
    yield from _check_mounts(container.get("volumeMounts", []), volumes, f"{path}.volumeMounts")
    yield from _check_resources(container["resources"], f"{path}.resources")
    yield from one_of(container["imagePullPolicy"], _PULL, f"{path}.imagePullPolicy")
    policy = container["terminationMessagePolicy"]
    yield from one_of(policy, _MESSAGES, f"{path}.terminationMessagePolicy")
    for name in PROBES:
        if name in container:
            yield from _check_probe(container[name], f"{path}.{name}", name)
    for name in ("postStart", "preStop"):
        if name in container.get("lifecycle", {}):
            at = f"{path}.lifecycle.{name}"
            yield from _check_handler(container["lifecycle"][name], at)
            yield from _check_sleep(container["lifecycle"][name], at, grace_seconds)
    yield from _check_security(container.get("securityContext", {}), f"{path}.securityContext")


def _check_ports(ports: list[Json], path: str) -> Causes:
    seen: set[str] = set()
    for index, each in enumerate(ports):
        at = f"{path}[{index}]"
        if name := each.get("name"):
            yield from named(names.port_name, name, f"{at}.name")
            if name in seen:
                yield duplicate(f"{at}.name", name)
            seen.add(name)
        if not each.get("containerPort"):
            yield required(f"{at}.containerPort")
        else:
            yield from port(each["containerPort"], f"{at}.containerPort")
        yield from one_of(each["protocol"], PROTOCOLS, f"{at}.protocol")


def _check_env(env: list[Json], path: str) -> Causes:
    for index, variable in enumerate(env):
        at = f"{path}[{index}]"
        if not variable.get("name"):
            yield required(f"{at}.name")
        else:
            yield from named(names.variable_name, variable["name"], f"{at}.name")
        if "valueFrom" in variable:
            yield from _check_source(variable, f"{at}.valueFrom")


def _check_source(variable: Json, path: str) -> Causes:
    source = variable["valueFrom"]
    if not source:
        choices = ", ".join(f"`{name}`" for name in _SOURCES[:-1]) + f" or `{_SOURCES[-1]}`"
        yield invalid(path, "", f"must specify one of: {choices}")
    elif variable.get("value"):
        yield invalid(path, "", "may not be specified when `value` is not empty")
    elif len(source) > 1:
        yield invalid(path, "", "may not have more than one field specified at a time")
    if "fieldRef" in source:
        yield from _check_field_ref(source["fieldRef"], f"{path}.fieldRef")
    for name in ("configMapKeyRef", "secretKeyRef"):
        if name in source:
            yield from _check_key_ref(source[name], f"{path}.{name}")


def _check_field_ref(ref: Json, path: str) -> Causes:
    field = ref.get("fieldPath", "")
    plain, _, key = field.partition("[")
    if not field:
        yield required(f"{path}.fieldPath")
    elif key and plain in {"metadata.labels", "metadata.annotations"}:
        return
    elif field not in _PLAIN_FIELDS:
        why = f"error converting fieldPath: field label not supported: {field}"
        yield invalid(f"{path}.fieldPath", field, why)


def _check_key_ref(ref: Json, path: str) -> Causes:
    yield from named(names.dns_subdomain, ref.get("name", ""), f"{path}.name")
    if not ref.get("key"):
        yield required(f"{path}.key")
    else:
        yield from named(names.config_key, ref["key"], f"{path}.key")


def _check_env_from(sources: list[Json], path: str) -> Causes:
    for index, source in enumerate(sources):
        given = [name for name in ("configMapRef", "secretRef") if name in source]
        if not given:
            yield invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(given) > 1:
            yield invalid(path, "", "may not have more than one field specified at a time")
        for name in given:
            if not source[name].get("name"):
                yield required(f"{path}[{index}].{name}.name")


def _check_mounts(mounts: list[Json], volumes: Collection[str | None], path: str) -> Causes:
    seen: set[str] = set()
    for index, mount in enumerate(mounts):
        at, name, where = f"{path}[{index}]", mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield required(f"{at}.name")
        if name not in volumes:
            yield not_found(f"{at}.name", name)
        if not where:
            yield required(f"{at}.mountPath")
        if where in seen:
            yield invalid(f"{at}.mountPath", where, "must be unique")
        seen.add(where)


def _check_resources(resources: Json, path: str) -> Causes:
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            at = f"{path}.{field}[{name}]"
            if "/" not in name and not name.startswith("hugepages-"):
                yield from _check_standard(name, at)
            if quantities.parse(amount) < 0:
                yield invalid(at, amount, "must be greater than or equal to 0")
    for name in requests.keys() & limits.keys():
        if quantities.parse(requests[name]) > quantities.parse(limits[name]):
            why = f"must be less than or equal to {name} limit of {limits[name]}"
            yield invalid(f"{path}.requests", requests[name], why)


def _check_standard(name: str, path: str) -> Causes:
    if name not in _STANDARD_RESOURCES:
        yield invalid(path, name, "must be a standard resource type or fully qualified")
        yield invalid(path, name, "must be a standard resource for containers")


def _check_probe(probe: Json, path: str, name: str) -> Causes:
    yield from _check_handler(probe, path)
    yield from not_negative(
        probe,
        path,
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    )
    if name != "readinessProbe" and probe.get("successThreshold", 1) != 1:
        yield invalid(f"{path}.successThreshold", probe["successThreshold"], "must be 1")


def _check_handler(handler: Json, path: str) -> Causes:
    given = [name for name in _HANDLERS if name in handler]
    if not given:
        yield required(path, "must specify a handler type")
    for extra in given[1:]:
        yield forbidden(f"{path}.{extra}", "may not specify more than 1 handler type")
    if "exec" in handler and not handler["exec"].get("command"):
        yield required(f"{path}.exec.command")
    for name in ("httpGet", "tcpSocket", "grpc"):
        if name in given[:1]:
            yield from port(_port_of(handler[name]), f"{path}.{name}.port")
    if "httpGet" in handler:
        scheme = handler["httpGet"].get("scheme", "HTTP")
        yield from one_of(scheme, ("HTTP", "HTTPS"), f"{path}.httpGet.scheme")


def _port_of(action: Json) -> Any:
    return action.get("port", 0)


def _check_sleep(handler: Json, path: str, grace_seconds: int) -> Causes:
    seconds = handler.get("sleep", {}).get("seconds", 0)
    if not 0 <= seconds <= grace_seconds:
        why = f"must be non-negative and less than terminationGracePeriodSeconds ({grace_seconds})"
        yield invalid(f"{path}.sleep", seconds, why)


def _check_security(context: Json, path: str) -> Causes:
    for field in ("runAsUser", "runAsGroup"):
        if not 0 <= context.get(field, 0) < 1 << 31:
            why = "must be between 0 and 2147483647, inclusive"
            yield invalid(f"{path}.{field}", context[field], why)
    if context.get("privileged") and context.get("allowPrivilegeEscalation") is False:
        why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        yield invalid(path, context, why)
