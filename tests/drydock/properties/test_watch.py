"""A client that only follows watches knows what a list would say, through drops and through windows that have passed."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import msgspec
from hypothesis import given
from hypothesis import strategies as some

from drydock.api.selectors import matcher
from drydock.api.watch import Selection, Watch, lines
from drydock.metadata import key_of
from drydock.resources import CONFIG_MAPS, SECRETS
from drydock.store import Store

WINDOW = 6  # changes: the shorter, the more often a client comes too late
SELECTION = Selection(CONFIG_MAPS, "dev", matcher(CONFIG_MAPS, "app=web", ""))

names = some.sampled_from("abc")
steps = some.lists(
    some.one_of(
        some.tuples(some.just("write"), names, some.sampled_from(("web", "db"))),
        some.tuples(some.just("delete"), names, some.just("")),
        some.tuples(some.just("elsewhere"), names, some.just("web")),
        some.tuples(some.just("follow"), some.just(""), some.just("")),
        some.tuples(some.just("drop"), some.just(""), some.just("")),
    ),
    max_size=40,
)

State = dict[tuple[str, str], str]


class Client:
    """Knows only what its watches tell. It begins anew where it left, or from nothing when that is too long ago."""

    def __init__(self, store: Store) -> None:
        self.known: State = {}
        self.began_anew = 0
        self._store = store
        self._since: int | None = None
        self._watch: AsyncGenerator[bytes] | None = None

    async def drop(self) -> None:
        if self._watch:
            await self._watch.aclose()
        self._watch = None

    async def follow(self) -> None:
        """Until all that has happened is known."""
        while self._since != self._store.version:
            if self._watch is None:
                self._watch = self._begin()
            async with asyncio.timeout(30):
                chunk = await anext(self._watch)
            for line in chunk.splitlines():
                await self._hear(msgspec.json.decode(line))

    def _begin(self) -> AsyncGenerator[bytes]:
        since = self._since
        if since is None:
            self.known = {}
            self.began_anew += 1
        watch = Watch(
            SELECTION,
            since,
            send_initial_events=since is None,
            bookmarks=True,
            bookmark_period=0.0,  # so that it learns of versions that do not concern it
        )
        return cast("AsyncGenerator[bytes]", lines(self._store, watch))

    async def _hear(self, event: dict[str, Any]) -> None:
        obj = event["object"]
        if event["type"] == "ERROR":
            assert obj["code"] == 410
            self._since = None
            await self.drop()
            return
        self._since = int(obj["metadata"]["resourceVersion"])
        if event["type"] in {"ADDED", "MODIFIED"}:
            assert (key_of(obj) in self.known) == (event["type"] == "MODIFIED")
            self.known[key_of(obj)] = obj["data"]["n"]
        elif event["type"] == "DELETED":
            del self.known[key_of(obj)]


@given(steps)
def test_a_client_that_only_follows_watches_ends_with_what_a_list_says(
    sequence: list[tuple[str, str, str]],
) -> None:
    asyncio.run(followed(sequence))


def test_a_client_that_comes_too_late_begins_anew() -> None:
    busy = [("write", "abc"[n % 3], "web") for n in range(3 * WINDOW)]
    client = asyncio.run(followed([*busy[:2], ("follow", "", ""), ("drop", "", ""), *busy]))

    assert client.began_anew == 2


async def followed(sequence: list[tuple[str, str, str]]) -> Client:
    store = Store(window=WINDOW)
    client = Client(store)
    for number, (step, name, app) in enumerate(sequence):
        if step == "follow":
            await client.follow()
        elif step == "drop":
            await client.drop()
        else:
            change(store, step, name, app, number)
    await client.follow()
    assert client.known == listed(store)
    await client.drop()
    store.close()
    return client


def change(store: Store, step: str, name: str, app: str, number: int) -> None:
    resource = SECRETS if step == "elsewhere" else CONFIG_MAPS
    there = store.get(resource, "dev", name) is not None
    if step == "delete":
        if there:
            store.delete(resource, "dev", name)
        return
    metadata = {"namespace": "dev", "name": name, "labels": {"app": app}}
    obj = {"metadata": metadata, "data": {"n": str(number)}}
    if there:
        store.update(resource, obj)
    else:
        store.create(resource, obj)


def listed(store: Store) -> State:
    found = store.list(SELECTION.resource, SELECTION.namespace)
    return {key_of(obj): obj["data"]["n"] for obj in found if obj in SELECTION}
