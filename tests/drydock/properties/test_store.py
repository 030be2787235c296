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
    model: dict[Key, tuple[str, int]] = {}
    version = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        store = Store(path)
        try:
            for step, key, value in sequence:
                if step == "restart":
                    store.close()
                    store = Store(path)
                else:
                    version = take(store, step, key, value, model, version)
                assert store.version == version
                assert contents(store) == model
        finally:
            store.close()


def take(
    store: Store,
    step: str,
    key: Key,
    value: str,
    model: dict[Key, tuple[str, int]],
    version: int,
) -> int:
    """One step in the store and in the model; the version after it."""
    resource, namespace, name = key
    known = model.get(key)
    if step == "create" and known:
        with pytest.raises(AlreadyExists):
            store.create(resource, obj(key, value))
    elif step == "create":
        store.create(resource, obj(key, value))
        model[key] = (value, version + 1)
    elif not known:
        with pytest.raises(NotFound):
            if step == "delete":
                store.delete(resource, namespace, name)
            else:
                store.update(resource, obj(key, value))
    elif step == "delete":
        store.delete(resource, namespace, name)
        del model[key]
        return version + 1
    elif step == "stale":
        stale = obj(key, value)
        stale["metadata"]["resourceVersion"] = str(known[1] - 1 or 999)
        with pytest.raises(Conflict):
            store.update(resource, stale)
    else:
        store.update(resource, obj(key, value))
        if value != known[0]:
            model[key] = (value, version + 1)
    return version if model.get(key) == known else version + 1


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
