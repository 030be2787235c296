import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from drydock.api.request import Form
from drydock.api.selectors import matcher
from drydock.api.watch import Selection, Watch, lines
from drydock.resources import CONFIG_MAPS, PODS, SECRETS
from drydock.store import Store


def pod(name: str = "a", namespace: str = "dev", **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"metadata": metadata, "spec": {"containers": [{"name": "main"}]}}


def everything(since: int | None = 0, **options: Any) -> Watch:
    return Watch(Selection(PODS, None), since, **options)


def selecting(labels: str, since: int | None = 0) -> Watch:
    return Watch(Selection(PODS, "dev", matcher(PODS, labels, "")), since)


def shown(event: Any) -> tuple[str, str, str]:
    metadata = event["object"]["metadata"]
    return event["type"], metadata.get("name", ""), metadata["resourceVersion"]


async def events(stream: AsyncIterator[bytes], count: int) -> list[Any]:
    """The first `count` events, within a deadline."""
    text = b""
    async with asyncio.timeout(45):
        while text.count(b"\n") < count:
            text += await anext(stream)
    return [msgspec.json.decode(line) for line in text.splitlines()]


async def all_events(stream: AsyncIterator[bytes]) -> list[Any]:
    async with asyncio.timeout(45):
        text = b"".join([chunk async for chunk in stream])
    return [msgspec.json.decode(line) for line in text.splitlines()]


async def test_tells_each_change_of_its_kind_from_the_asked_version_on() -> None:
    store = Store()
    store.create(PODS, pod("a"))
    store.create(SECRETS, {"metadata": {"name": "s", "namespace": "dev"}})
    stream = lines(store, everything(since=1))
    store.create(PODS, pod("b"))
    store.update(PODS, pod("b", app="web"))
    first = await events(stream, 2)
    store.delete(PODS, "dev", "a")
    assert [shown(event) for event in first + await events(stream, 1)] == [
        ("ADDED", "b", "3"),
        ("MODIFIED", "b", "4"),
        ("DELETED", "a", "5"),
    ]


async def test_without_a_version_begins_with_what_there_is() -> None:
    store = Store()
    store.create(PODS, pod("a"))
    stream = lines(store, everything(since=None))
    first = await events(stream, 1)
    store.create(PODS, pod("b"))
    assert [shown(event) for event in first + await events(stream, 1)] == [
        ("ADDED", "a", "1"),
        ("ADDED", "b", "2"),
    ]


async def test_ends_initial_events_with_a_bookmark() -> None:
    store = Store()
    created = store.create(PODS, pod("a"))
    store.create(SECRETS, {"metadata": {"name": "s", "namespace": "dev"}})
    watch = everything(since=None, send_initial_events=True)
    assert await events(lines(store, watch), 2) == [
        {"type": "ADDED", "object": created},
        {
            "type": "BOOKMARK",
            "object": {
                "kind": "Pod",
                "apiVersion": "v1",
                "metadata": {
                    "resourceVersion": "2",
                    "creationTimestamp": None,
                    "annotations": {"k8s.io/initial-events-end": "true"},
                },
            },
        },
    ]


async def test_objects_that_come_to_match_are_added_and_those_that_cease_to_are_deleted() -> None:
    store = Store()
    store.create(PODS, pod(app="web"))
    store.update(PODS, pod(app="api"))
    store.update(PODS, pod(app="api", tier="back"))
    store.update(PODS, pod(app="web", tier="back"))
    store.delete(PODS, "dev", "a")
    store.create(PODS, pod(namespace="prod", app="web"))
    found = await events(lines(store, selecting("app=web")), 4)
    assert [shown(event) for event in found] == [
        ("ADDED", "a", "1"),
        ("DELETED", "a", "2"),
        ("ADDED", "a", "4"),
        ("DELETED", "a", "5"),
    ]
    assert found[1]["object"]["metadata"]["labels"] == {"app": "web"}  # as it last matched


async def test_a_version_outside_the_window_is_an_error_event_and_the_end() -> None:
    store = Store(window=1)
    for name in "abc":
        store.create(PODS, pod(name))
    assert await all_events(lines(store, everything(since=1))) == [
        {
            "type": "ERROR",
            "object": {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": "too old resource version: 1 (2)",
                "reason": "Expired",
                "code": 410,
            },
        }
    ]


async def test_ends_when_its_time_is_up() -> None:
    store = Store()
    store.create(PODS, pod())
    found = await all_events(lines(store, everything(seconds=0.05)))
    assert [shown(event) for event in found] == [("ADDED", "a", "1")]


async def test_sends_bookmarks_to_who_takes_them() -> None:
    store = Store()
    store.create(CONFIG_MAPS, {"metadata": {"name": "c", "namespace": "dev"}})
    watch = everything(bookmarks=True, bookmark_period=0.01)
    found = await events(lines(store, watch), 2)
    assert [shown(event) for event in found] == [("BOOKMARK", "", "1")] * 2


async def test_ends_when_the_store_closes() -> None:
    store = Store()
    reading = asyncio.create_task(all_events(lines(store, everything())))
    await asyncio.sleep(0)
    store.close()
    assert await reading == []


async def test_loses_nothing_while_bookmarks_and_changes_race() -> None:
    store = Store(window=100_000)
    stream = lines(store, everything(bookmarks=True, bookmark_period=0.0001, seconds=30))

    async def write() -> None:
        for number in range(500):
            store.create(PODS, pod(f"pod-{number}"))
            if number % 3 == 0:
                await asyncio.sleep(0.0001)

    writing = asyncio.create_task(write())
    names: list[str] = []
    bookmarks: list[int] = []
    while len(names) < 500:
        for event in await events(stream, 1):
            if event["type"] == "BOOKMARK":
                bookmarks.append(int(event["object"]["metadata"]["resourceVersion"]))
                assert bookmarks[-1] == len(names)  # it promises nothing that was not told
            else:
                names.append(event["object"]["metadata"]["name"])
    await writing
    assert names == [f"pod-{number}" for number in range(500)]
    assert bookmarks


@pytest.mark.parametrize("form", ["Table", "PartialObjectMetadata"])
async def test_forms(form: Form) -> None:
    store = Store()
    created = store.create(PODS, pod("a"))
    partial = {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": created["metadata"],
    }
    stream = lines(store, everything(since=None, form=form))
    [added] = await events(stream, 1)
    store.create(PODS, pod("b"))
    [second] = await events(stream, 1)
    if form == "PartialObjectMetadata":
        assert added["object"] == partial
    else:
        names = [column["name"] for column in added["object"]["columnDefinitions"]]
        assert names[:3] == ["Name", "Ready", "Status"]
        assert [row["object"] for row in added["object"]["rows"]] == [partial]
        assert second["object"]["columnDefinitions"] is None
        assert second["object"]["rows"][0]["cells"][:3] == ["b", "0/1", "Pending"]
