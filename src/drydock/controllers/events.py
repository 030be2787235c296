"""Events: what controllers tell people, repeated ones counted instead of repeated."""

from typing import Any

from drydock.controllers.changes import Record
from drydock.resources import (
    DEPLOYMENTS,
    HORIZONTAL_POD_AUTOSCALERS,
    JOBS,
    REPLICA_SETS,
    Resource,
)
from drydock.store import Object

LIFETIME = 3600.0  # seconds, as the API server's --event-ttl

_SOURCES: dict[Resource, str] = {
    DEPLOYMENTS: "deployment-controller",
    REPLICA_SETS: "replicaset-controller",
    JOBS: "job-controller",
    HORIZONTAL_POD_AUTOSCALERS: "horizontal-pod-autoscaler",
}


def event(record: Record, now: str) -> Object:
    """The first of its kind. The store completes its name."""
    metadata = record.object["metadata"]
    source = _SOURCES.get(record.resource, "controllermanager")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": record.resource.api_version,
            "kind": record.resource.kind,
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
        "type": record.type,
        "reason": record.reason,
        "message": record.message,
        "count": 1,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "source": {"component": source},
        "reportingComponent": source,
        "reportingInstance": "",
    }


def again(event: Object, now: str) -> dict[str, Any]:
    return {**event, "count": event.get("count", 1) + 1, "lastTimestamp": now}


def identity(record: Record) -> tuple[str, ...]:
    """Two records of one identity are one event."""
    return record.object["metadata"]["uid"], record.type, record.reason, record.message
