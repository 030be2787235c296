"""The node's Events, with the kubelet's reasons; a repetition raises the count of the first."""

import contextlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal
from uuid import uuid4

from drydock.node import clock
from drydock.resources import EVENTS
from drydock.store import NotFound, Store

Object = Mapping[str, Any]

_REMEMBERED = 1024


class Recorder:
    def __init__(self, store: Store, component: str, host: str) -> None:
        self._store = store
        self._component = component
        self._host = host
        self._known: OrderedDict[tuple[str, ...], str] = OrderedDict()

    def record(
        self,
        pod: Object,
        reason: str,
        message: str,
        *,
        type_: Literal["Normal", "Warning"] = "Normal",
        field: str = "",
    ) -> None:
        """`field` is the part of the pod that is meant, such as `spec.containers{app}`."""
        key = (pod["metadata"]["uid"], type_, reason, message, field)
        namespace = pod["metadata"]["namespace"]
        name = self._known.get(key)
        if name and self._repeat(namespace, name):
            return
        name = f"{pod['metadata']['name']}.{uuid4().hex[:16]}"
        now = clock.now()
        self._store.create(
            EVENTS,
            {
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": _involved(pod, field),
                "reason": reason,
                "message": message,
                "type": type_,
                "source": {"component": self._component, "host": self._host},
                "reportingComponent": self._component,
                "reportingInstance": self._host,
                "firstTimestamp": now,
                "lastTimestamp": now,
                "eventTime": None,
                "count": 1,
            },
        )
        self._known[key] = name
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _repeat(self, namespace: str, name: str) -> bool:
        event = self._store.get(EVENTS, namespace, name)
        if event is None:
            return False
        repeated = {**event, "count": event["count"] + 1, "lastTimestamp": clock.now()}
        with contextlib.suppress(NotFound):
            self._store.update(EVENTS, repeated)
        return True


def _involved(pod: Object, field: str) -> dict[str, Any]:
    metadata = pod["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "uid": metadata["uid"],
        "resourceVersion": metadata.get("resourceVersion", ""),
        **({"fieldPath": field} if field else {}),
    }
