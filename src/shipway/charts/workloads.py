"""Rendered objects by what they run: workloads, their pods, and who selects whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipway.charts.render import Object, name

_POD_TEMPLATE = {
    "Deployment": ("template",),
    "StatefulSet": ("template",),
    "DaemonSet": ("template",),
    "ReplicaSet": ("template",),
    "Job": ("template",),
    "CronJob": ("jobTemplate", "spec", "template"),
}


@dataclass(frozen=True, slots=True)
class Workload:
    """An object that makes pods, or is one."""

    object: Object
    pod: Mapping[str, Any]  # the pod's metadata and spec

    @property
    def name(self) -> str:
        return name(self.object)

    @property
    def kind(self) -> str:
        return str(self.object["kind"])

    @property
    def labels(self) -> Mapping[str, str]:
        return self.pod.get("metadata", {}).get("labels") or {}

    @property
    def pod_spec(self) -> Mapping[str, Any]:
        return self.pod.get("spec") or {}

    @property
    def containers(self) -> Sequence[Mapping[str, Any]]:
        return [
            *(self.pod_spec.get("initContainers") or ()),
            *(self.pod_spec.get("containers") or ()),
        ]

    @property
    def hooks(self) -> frozenset[str]:
        """What helm runs it for, such as test; none for what stays in the release."""
        listed = annotation(self.object, "helm.sh/hook")
        return frozenset(word.strip() for word in listed.split(",") if word.strip())


def workloads(objects: Sequence[Object]) -> Iterator[Workload]:
    for found in objects:
        if found.get("kind") == "Pod":
            yield Workload(found, found)
        path = _POD_TEMPLATE.get(str(found.get("kind")))
        if path:
            template = found.get("spec") or {}
            for step in path:
                template = template.get(step) or {}
            yield Workload(found, template)


def of_kind(objects: Sequence[Object], kind: str) -> list[Object]:
    return [found for found in objects if found.get("kind") == kind]


def annotation(found: Object, key: str) -> str:
    return str((found.get("metadata", {}).get("annotations") or {}).get(key, ""))


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """A LabelSelector (matchLabels, matchExpressions). An empty one selects everything, none at all nothing."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions") or ()
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels
