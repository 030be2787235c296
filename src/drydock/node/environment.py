"""The environment of a container, from its pod, ConfigMaps and Secrets."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from drydock import quantities
from drydock.resources import Object

_REFERENCE = re.compile(r"\$(?:\$|\(([^()]*)\))")
_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")


class ConfigError(Exception):
    """What the pod refers to is missing: CreateContainerConfigError, with the kubelet's words."""


@dataclass(frozen=True, slots=True)
class Configs:
    """Reads the ConfigMaps and Secrets of one namespace, decoded; None where there is none.

    `claim` makes sure of the folder that a PersistentVolumeClaim stands for, and names it.
    """

    namespace: str
    config_map: Callable[[str], Mapping[str, bytes] | None]
    secret: Callable[[str], Mapping[str, bytes] | None]
    claim: Callable[[str], str | None] = lambda _name: None


def config_map_data(obj: Object) -> dict[str, bytes]:
    text = {key: value.encode() for key, value in (obj.get("data") or {}).items()}
    return text | {k: base64.b64decode(v) for k, v in (obj.get("binaryData") or {}).items()}


def secret_data(obj: Object) -> dict[str, bytes]:
    return {key: base64.b64decode(value) for key, value in (obj.get("data") or {}).items()}


@dataclass(frozen=True, slots=True)
class Downward:
    """What the downward API tells: the pod, and what only its node knows."""

    pod: Object
    pod_ip: str
    host_ip: str
    allocatable: Mapping[str, str]

    def field(self, path: str) -> str:
        metadata, spec = self.pod["metadata"], self.pod["spec"]
        if found := _SUBSCRIPT.fullmatch(path):
            return str((metadata.get(found[1]) or {}).get(found[2], ""))
        if path in {"metadata.labels", "metadata.annotations"}:
            entries = metadata.get(path.removeprefix("metadata.")) or {}
            return "\n".join(f'{k}="{_quoted(v)}"' for k, v in sorted(entries.items()))
        known = {
            "metadata.name": metadata["name"],
            "metadata.namespace": metadata["namespace"],
            "metadata.uid": metadata["uid"],
            "spec.nodeName": spec.get("nodeName", ""),
            "spec.serviceAccountName": spec.get("serviceAccountName", "default"),
            "status.hostIP": self.host_ip,
            "status.hostIPs": self.host_ip,
            "status.podIP": self.pod_ip,
            "status.podIPs": self.pod_ip,
        }
        if path not in known:
            raise ConfigError(f"unsupported fieldPath: {path}")
        return str(known[path])

    def resource(self, container: Object, reference: Object) -> str:
        """A request or limit in units of the divisor, rounded up; without a limit, what the node has."""
        name = reference.get("containerName") or container["name"]
        containers = (*self.pod["spec"].get("initContainers", ()), *self.pod["spec"]["containers"])
        meant = next((c for c in containers if c["name"] == name), None)
        kind, _, resource = str(reference["resource"]).partition(".")
        if meant is None or kind not in {"limits", "requests"}:
            raise ConfigError(f"unsupported container resource: {reference['resource']}")
        amounts = meant.get("resources", {}).get(kind, {})
        fallback = self.allocatable.get(resource, "0") if kind == "limits" else "0"
        amount = quantities.parse(amounts.get(resource, fallback))
        divisor = quantities.parse(reference.get("divisor") or "1") or Decimal(1)
        return str(ceil(amount / divisor))


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def environment(container: Object, downward: Downward, configs: Configs) -> dict[str, str]:
    """`envFrom` in order, then `env` in order, where a later one may refer to what stands before it."""
    values: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        values |= dict(_imported(source, configs))
    for variable in container.get("env") or ():
        if "valueFrom" in variable:
            value = _value_from(container, variable["valueFrom"], downward, configs)
            if value is not None:
                values[variable["name"]] = value
        else:
            values[variable["name"]] = expand(variable.get("value") or "", values)
    return values


def expand(text: str, values: Mapping[str, str]) -> str:
    """`$(NAME)` becomes its value, `$$(NAME)` stays `$(NAME)`, an unknown name stays as it is."""

    def one(found: re.Match[str]) -> str:
        if found[1] is None:
            return "$"
        return values.get(found[1], found[0])

    return _REFERENCE.sub(one, text)


def expand_all(words: Sequence[str], values: Mapping[str, str]) -> list[str]:
    return [expand(word, values) for word in words]


def _imported(source: Object, configs: Configs) -> Iterator[tuple[str, str]]:
    prefix = source.get("prefix", "")
    for reference, read, kind in (
        (source.get("configMapRef"), configs.config_map, "configmap"),
        (source.get("secretRef"), configs.secret, "secret"),
    ):
        data = _read(read, kind, reference) if reference else None
        for key, value in sorted((data or {}).items()):
            if _NAME.fullmatch(prefix + key):
                yield prefix + key, value.decode(errors="replace")


def _value_from(
    container: Object, source: Object, downward: Downward, configs: Configs
) -> str | None:
    if field := source.get("fieldRef"):
        return downward.field(field["fieldPath"])
    if resource := source.get("resourceFieldRef"):
        return downward.resource(container, resource)
    if reference := source.get("configMapKeyRef"):
        return _key(
            _read(configs.config_map, "configmap", reference), "ConfigMap", reference, configs
        )
    if reference := source.get("secretKeyRef"):
        return _key(_read(configs.secret, "secret", reference), "Secret", reference, configs)
    raise ConfigError("unsupported valueFrom: " + ", ".join(source))


def _key(
    data: Mapping[str, bytes] | None, kind: str, reference: Object, configs: Configs
) -> str | None:
    key = reference["key"]
    if data is not None and key in data:
        return data[key].decode(errors="replace")
    if reference.get("optional"):
        return None
    raise ConfigError(f"couldn't find key {key} in {kind} {configs.namespace}/{reference['name']}")


def _read(
    read: Callable[[str], Mapping[str, bytes] | None], kind: str, reference: Object
) -> Mapping[str, bytes] | None:
    data = read(reference["name"])
    if data is None and not reference.get("optional"):
        raise ConfigError(f'{kind} "{reference["name"]}" not found')
    return data
