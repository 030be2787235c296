from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drydock.events import Recorder, expire
from drydock.resources import EVENTS, NAMESPACES, PODS, Object
from drydock.store import Store

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
POD = {
    "metadata": {"name": "web-1", "namespace": "dev", "uid": "u-1", "resourceVersion": "7"},
}


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def store() -> Store:
    store = Store()
    store.create(NAMESPACES, {"metadata": {"name": "dev"}})
    return store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(store: Store, clock: Clock) -> Recorder:
    return Recorder(store, "kubelet", "here", clock=clock)


def messages(store: Store) -> Sequence[tuple[str, int]]:
    return [(event["message"], event["count"]) for event in store.list(EVENTS)]


def test_an_event_says_who_saw_what_when_and_where(store: Store, recorder: Recorder) -> None:
    field = "spec.containers{app}"
    recorder.record(PODS, POD, "BackOff", "again", type_="Warning", field=field)
    (event,) = store.list(EVENTS)
    assert {key: value for key, value in event.items() if key != "metadata"} == {
        "apiVersion": "v1",
        "kind": "Event",
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": "web-1",
            "namespace": "dev",
            "uid": "u-1",
            "resourceVersion": "7",
            "fieldPath": "spec.containers{app}",
        },
        "type": "Warning",
        "reason": "BackOff",
        "message": "again",
        "source": {"component": "kubelet", "host": "here"},
        "reportingComponent": "kubelet",
        "reportingInstance": "here",
        "firstTimestamp": "2026-01-02T12:00:00Z",
        "lastTimestamp": "2026-01-02T12:00:00Z",
        "eventTime": None,
        "count": 1,
    }


def test_a_component_without_a_host_names_none(store: Store, clock: Clock) -> None:
    Recorder(store, "job-controller", clock=clock).record(PODS, POD, "Made", "a pod")
    (event,) = store.list(EVENTS)
    assert (event["source"], event["reportingInstance"]) == ({"component": "job-controller"}, "")


def test_a_repetition_is_counted(store: Store, recorder: Recorder, clock: Clock) -> None:
    recorder.record(PODS, POD, "Pulling", "one")
    clock.time += timedelta(minutes=1)
    recorder.record(PODS, POD, "Pulling", "one")
    (event,) = store.list(EVENTS)
    assert (event["count"], event["firstTimestamp"], event["lastTimestamp"]) == (
        2,
        "2026-01-02T12:00:00Z",
        "2026-01-02T12:01:00Z",
    )


@pytest.mark.parametrize(
    "other",
    [
        {"about": {"metadata": {**POD["metadata"], "uid": "u-2"}}},
        {"reason": "Pulled"},
        {"message": "two"},
        {"type_": "Warning"},
        {"field": "spec.containers{app}"},
    ],
)
def test_what_differs_is_another_event(
    store: Store, recorder: Recorder, other: dict[str, Any]
) -> None:
    said: dict[str, Any] = {"about": POD, "reason": "Pulling", "message": "one"}
    recorder.record(PODS, **said)
    recorder.record(PODS, **{**said, **other})
    assert [event["count"] for event in store.list(EVENTS)] == [1, 1]


def test_a_list_of_events_is_in_the_order_of_time(
    store: Store, recorder: Recorder, clock: Clock
) -> None:
    for message in ("c", "b", "a"):
        recorder.record(PODS, POD, "Said", message)
        clock.time += timedelta(milliseconds=1)
    recorder.record(PODS, POD, "Said", "at the same time")
    recorder.record(PODS, POD, "Said", "as this")
    assert [message for message, _ in messages(store)] == [
        *("c", "b", "a"),
        *("at the same time", "as this"),
    ]


def test_a_deleted_event_is_told_anew(store: Store, recorder: Recorder) -> None:
    recorder.record(PODS, POD, "Said", "one")
    recorder.record(PODS, POD, "Said", "one")
    (event,) = store.list(EVENTS)
    store.delete(EVENTS, "dev", event["metadata"]["name"])
    recorder.record(PODS, POD, "Said", "one")
    assert messages(store) == [("one", 1)]


def test_a_namespace_at_its_end_takes_no_more(store: Store, recorder: Recorder) -> None:
    home: Object = {"metadata": {"name": "dev"}, "spec": {"finalizers": ["kubernetes"]}}
    store.update(NAMESPACES, home)
    store.delete(NAMESPACES, "", "dev")
    recorder.record(PODS, POD, "Killing", "at the end")
    store.update(NAMESPACES, {"metadata": {"name": "dev"}, "spec": {}})
    recorder.record(PODS, POD, "Killing", "after the end")
    assert messages(store) == []


def test_events_live_for_an_hour_after_they_were_last_seen(
    store: Store, recorder: Recorder, clock: Clock
) -> None:
    recorder.record(PODS, POD, "Said", "once")
    recorder.record(PODS, POD, "Said", "twice")
    clock.time += timedelta(minutes=1)
    recorder.record(PODS, POD, "Said", "twice")
    expire(store, NOON + timedelta(hours=1))
    assert messages(store) == [("once", 1), ("twice", 2)]
    expire(store, NOON + timedelta(hours=1, seconds=1))
    assert messages(store) == [("twice", 2)]


def test_an_event_without_a_time_of_its_own_lives_for_an_hour(store: Store) -> None:
    created = store.create(EVENTS, {"metadata": {"name": "bare", "namespace": "dev"}})
    born = datetime.fromisoformat(created["metadata"]["creationTimestamp"])
    expire(store, born + timedelta(hours=1))
    assert len(store.list(EVENTS)) == 1
    expire(store, born + timedelta(hours=1, seconds=1))
    assert store.list(EVENTS) == []
