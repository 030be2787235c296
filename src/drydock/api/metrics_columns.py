"""The columns of metrics.k8s.io. Source: the printers of metrics-server."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from drydock import quantities
from drydock.api.columns import Cells, Printer, columns
from drydock.resources import NODE_METRICS, POD_METRICS, Object, Resource


def _pod(metrics: Object, _now: datetime) -> Cells:
    return _cells(metrics, [container["usage"] for container in metrics["containers"]])


def _node(metrics: Object, _now: datetime) -> Cells:
    return _cells(metrics, [metrics["usage"]])


def _cells(metrics: Object, usages: Sequence[Mapping[str, str]]) -> Cells:
    nanos = sum(quantities.parse(usage["cpu"]) for usage in usages) * 10**9
    kibibytes = sum(quantities.parse(usage["memory"]) for usage in usages) / 1024
    return [
        metrics["metadata"]["name"],
        quantities.canonical(f"{round(nanos)}n"),
        quantities.canonical(f"{round(kibibytes)}Ki"),
        metrics["window"],
    ]


_COLUMNS = columns("Name,cpu,memory,Window")

PRINTERS: Mapping[Resource, Printer] = {
    POD_METRICS: Printer(_COLUMNS, _pod),
    NODE_METRICS: Printer(_COLUMNS, _node),
}
