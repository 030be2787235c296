"""metrics.k8s.io: what pods and nodes use, in metrics-server's words, from what the node measures."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

from starlette.types import ASGIApp

from drydock import quantities
from drydock.api import status
from drydock.api.answers import object_answer, page_answer
from drydock.api.objects import Objects
from drydock.api.request import Request
from drydock.resources import NODE_METRICS, NODES, POD_METRICS, PODS, Object, Resource
from drydock.timestamps import timestamp
from drydock.usage import Measurement, Usage


class Metering(Protocol):
    """The node's side of it. None stands for what does not run here, or was not measured twice yet."""

    def measured(self, pod: Object) -> Measurement | None: ...

    def measured_node(self, name: str) -> Measurement | None: ...


@dataclass(frozen=True, slots=True)
class Metrics:
    objects: Objects
    meter: Metering

    def answer(self, request: Request) -> ASGIApp:
        """What is not measured yet is missing from a list."""
        if request.flag("watch"):
            raise status.method_not_allowed()
        place = request.place
        subject = PODS if place.resource == POD_METRICS else NODES
        asked = replace(request, place=replace(place, resource=subject))
        if not place.name:
            page = self.objects.list(asked)
            found = [each for obj in page.items if (each := self._metrics(place.resource, obj))]
            return page_answer(request, replace(page, items=found))
        measured = self._metrics(place.resource, self.objects.get(asked))
        if measured is None:
            raise _unknown(place.resource, place.namespace, place.name)
        return object_answer(request, measured)

    def _metrics(self, kind: Resource, obj: Object) -> Object | None:
        if kind == POD_METRICS:
            measured = self.meter.measured(obj)
            return pod_metrics(obj, measured) if measured else None
        measured = self.meter.measured_node(obj["metadata"]["name"])
        return node_metrics(obj, measured) if measured else None


def pod_metrics(pod: Object, measured: Measurement) -> Object:
    containers = [
        {"name": name, "usage": _usage(usage)} for name, usage in measured.containers.items()
    ]
    return {**_head(POD_METRICS, pod, measured), "containers": containers}


def node_metrics(node: Object, measured: Measurement) -> Object:
    return {**_head(NODE_METRICS, node, measured), "usage": _usage(measured.total)}


def _head(kind: Resource, of: Object, measured: Measurement) -> dict[str, Any]:
    kept = ("name", "namespace", "labels")
    at = timestamp(measured.at)
    return {
        "kind": kind.kind,
        "apiVersion": kind.api_version,
        "metadata": {
            **{key: of["metadata"][key] for key in kept if key in of["metadata"]},
            "creationTimestamp": at,
        },
        "timestamp": at,
        "window": f"{measured.window:.3f}".rstrip("0").rstrip(".") + "s",
    }


def _usage(usage: Usage) -> dict[str, str]:
    return {
        "cpu": quantities.canonical(f"{round(usage.cores * 1e9)}n"),
        "memory": quantities.canonical(f"{usage.memory // 1024}Ki"),
    }


def _unknown(kind: Resource, namespace: str | None, name: str) -> status.Refused:
    named = replace(kind, plural=kind.kind.lower())
    return status.not_found(named, f"{namespace}/{name}" if namespace else name)
