"""Events: what the parts of the cluster tell people, repeated ones counted instead of repeated."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from drydock.metadata import deleting, key_of
from drydock.resources import EVENTS, NAMESPACES, Object, Resource
from drydock.store import Store
from drydock.timestamps import seconds_since, timestamp

LIFETIME = 3600.0  # seconds, as the API server's --event-ttl

_REMEMBERED = 1024  # events that a recorder knows again

Type = Literal["Normal", "Warning"]


def _now() -> datetime:
    return datetime.now(UTC)


class Recorder:
    """Speaks for one component, on one host if it has one."""

    def __init__(
        self,
        store: Store,
        component: str,
        host: str = "",
        *,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._component = component
        self._host = host
        self._clock = clock
        self._known: dict[tuple[str, ...], str] = {}

    def record(
        self,
        resource: Resource,
        about: Object,
        reason: str,
        message: str,
        *,
        type_: Type = "Normal",
        field: str = "",
    ) -> None:
        """`field` is the part that is meant, such as `spec.containers{app}`. A namespace at its end takes no more."""
        namespace = about["metadata"]["namespace"]
        home = self._store.get(NAMESPACES, "", namespace)
        if home is None or deleting(home):
            return
        identity = (about["metadata"]["uid"], type_, reason, message, field)
        now = timestamp(self._clock())
        before = self._store.get(EVENTS, namespace, self._known.pop(identity, ""))
        if before is None:
            name = self._fresh_name(about)
            self._store.create(
                EVENTS,
                {
                    "metadata": {"name": name, "namespace": namespace},
                    "involvedObject": _involved(resource, about, field),
                    "type": type_,
                    "reason": reason,
                    "message": message,
                    **self._source(),
                    "firstTimestamp": now,
                    "lastTimestamp": now,
                    "eventTime": None,
                    "count": 1,
                },
            )
        else:
            name = before["metadata"]["name"]
            again = {**before, "count": before["count"] + 1, "lastTimestamp": now}
            self._store.update(EVENTS, again)
        self._known[identity] = name
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]

    def _fresh_name(self, about: Object) -> str:
        """As client-go names events: the nanoseconds in it keep lists of them in order."""
        namespace, name = key_of(about)
        nanoseconds = int(self._clock().timestamp() * 1e6) * 1000
        while self._store.get(EVENTS, namespace, fresh := f"{name}.{nanoseconds:x}"):
            nanoseconds += 1
        return fresh

    def _source(self) -> dict[str, Any]:
        host = {"host": self._host} if self._host else {}
        return {
            "source": {"component": self._component, **host},
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }


def expire(store: Store, now: datetime) -> None:
    """Events live for an hour after they were last seen."""
    for event in store.list(EVENTS):
        seen = event.get("lastTimestamp") or event["metadata"]["creationTimestamp"]
        if seconds_since(seen, now) > LIFETIME:
            store.delete(EVENTS, *key_of(event))


def _involved(resource: Resource, about: Object, field: str) -> dict[str, Any]:
    metadata = about["metadata"]
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "uid": metadata["uid"],
        "resourceVersion": metadata.get("resourceVersion", ""),
        **({"fieldPath": field} if field else {}),
    }
