"""Server-side printing: the Table that `kubectl get` and `helm status` show."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from drydock.api import cluster_columns, metrics_columns, network_columns, workload_columns
from drydock.api.columns import Cells, Column, Printer, age, columns
from drydock.api.sent import SCALE
from drydock.resources import NEVER_ANY, Object, Resource


def _name_and_age(obj: Object, now: datetime) -> Cells:
    return [obj["metadata"]["name"], age(obj, now)]


def _scale(scale: Object, now: datetime) -> Cells:
    replicas = (scale["spec"]["replicas"], scale["status"]["replicas"])
    return [scale["metadata"]["name"], *replicas, age(scale, now)]


_PRINTERS: Mapping[Resource, Printer] = {
    **workload_columns.PRINTERS,
    **network_columns.PRINTERS,
    **cluster_columns.PRINTERS,
    **metrics_columns.PRINTERS,
    **{kind: Printer(columns("Name,Age"), _name_and_age) for kind in NEVER_ANY},
    SCALE: Printer(columns("Name,Desired#,Available#,Age"), _scale),
}


def table(
    resource: Resource,
    objects: Sequence[Object],
    *,
    metadata: Mapping[str, Any],
    include_object: str,
    now: datetime | None = None,
) -> dict[str, Any]:
    """`include_object` is Object, Metadata or None: what each row carries beside its cells."""
    printer = _PRINTERS[resource]
    now = now or datetime.now(UTC)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [_definition(column) for column in printer.columns],
        "rows": [
            {"cells": printer.cells(obj, now), **_carried(obj, include_object)} for obj in objects
        ],
    }


def partial(obj: Object) -> dict[str, Any]:
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }


def _definition(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "format": "name" if column.name == "Name" else "",
        "description": "",
        "priority": int(column.wide),
    }


def _carried(obj: Object, include_object: str) -> dict[str, Any]:
    match include_object:
        case "Object":
            return {"object": obj}
        case "None":
            return {}
    return {"object": partial(obj)}
