"""The store against a dictionary, in memory and on disk."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from drydock.metadata import key_of
from drydock.resources import CONFIG_MAPS, PODS, SECRETS, Resource
from drydock.store import AlreadyExists, Conflict, NotFound, Store

RESOURCES = (CONFIG_MAPS, SECRETS)
Key = tuple[Resource, str, str]

places = some.tuples(
    some.sampled_from(RESOURCES), some.sampled_from(("dev", "prod")), some.sampled_from("ab")
)
values = some.sampled_from("xyz")
steps = some.lists(
    some.one_of(
        some.tuples(some.just("create"), places, values),
        some.tuples(some.just("update"), places, values),
        some.tuples(some.just("stale"), places, values),
        some.tuples(some.just("delete"), places, values),
        some.tuples(some.just("restart"), places, values),
    ),
    max_size=20,
)


def obj(key: Key, value: str) -> dict[str, Any]:
    return {"metadata": {"namespace": key[1], "name": key[2]}, "data": {"value": value}}


def contents(store: Store) -> dict[Key, tuple[str, int]]:
    return {
        (resource, *key_of(found)): (
            found["data"]["value"],
            int(found["metadata"]["resourceVersion"]),
        )
        for resource in RESOURCES
        for found in store.list(resource)
    }


@given(steps)
def test_what_was_written_is_there_at_its_version_also_after_a_restart(
    sequence: list[tuple[str, Key, str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(Path(folder) / "state.db")
        try:
            for step, key, value in sequence:
                pair.take(step, key, value)
                assert contents(pair.store) == pair.model
                assert pair.store.version == pair.version
        finally:
            pair.store.close()


class Pair:
    """A store, and what it should hold at which version."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.model: dict[Key, tuple[str, int]] = {}
        self.version = 0
        self._path = path

    def take(self, step: str, key: Key, value: str) -> None:
        known = self.model.get(key)
        match step:
            case "restart":
                self.store.close()
                self.store = Store(self._path)
            case "create" if known:
                with pytest.raises(AlreadyExists):
                    self.store.create(key[0], obj(key, value))
            case "create":
                self.store.create(key[0], obj(key, value))
                self._note(key, value)
            case "delete" if known:
                self.store.delete(*key)
                del self.model[key]
                self.version += 1
            case "delete":
                with pytest.raises(NotFound):
                    self.store.delete(*key)
            case "stale" if known:
                stale = obj(key, value)
                stale["metadata"]["resourceVersion"] = str(known[1] + 1)
                with pytest.raises(Conflict):
                    self.store.update(key[0], stale)
            case _ if known:
                self.store.update(key[0], obj(key, value))
                if value != known[0]:
                    self._note(key, value)
            case _:
                with pytest.raises(NotFound):
                    self.store.update(key[0], obj(key, value))

    def _note(self, key: Key, value: str) -> None:
        self.version += 1
        self.model[key] = (value, self.version)


@given(some.integers(0, 60), some.none() | some.integers(0, 60), some.none() | some.integers(0, 60))
def test_a_pods_end_is_only_ever_brought_forward(
    own: int, first: int | None, second: int | None
) -> None:
    store = Store()
    spec = {"nodeName": "drydock", "terminationGracePeriodSeconds": own}
    store.create(PODS, {"metadata": {"name": "web", "namespace": "dev"}, "spec": spec})

    store.delete(PODS, "dev", "web", grace_seconds=first)
    once = grace(store)
    if once is not None:
        store.delete(PODS, "dev", "web", grace_seconds=second)

    assert once == ((own if first is None else first) or None)
    if once is not None:
        assert grace(store) == (min(once, own if second is None else second) or None)


def grace(store: Store) -> int | None:
    """Seconds; None once the pod is gone."""
    pod = store.get(PODS, "dev", "web")
    return None if pod is None else pod["metadata"]["deletionGracePeriodSeconds"]
