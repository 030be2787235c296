"""Patches against what they mean: a model that is too simple to be wrong."""

import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from drydock.patches.json_patch import json_patch
from drydock.patches.merge_patch import merge
from drydock.patches.strategic_merge import strategic

keys = some.text("ab/~", min_size=1, max_size=3)
scalars = some.none() | some.booleans() | some.integers(-2, 2) | some.text("xyz", max_size=2)
documents = some.recursive(
    scalars,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)
objects = some.dictionaries(keys, documents, max_size=4)


def without_nulls(value: Any) -> Any:
    """What a merge patch can make: it cannot say null."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return value


def merge_difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    patch: dict[str, Any] = dict.fromkeys(before.keys() - after.keys())
    for key, value in after.items():
        old = before.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            patch[key] = merge_difference(old, value)
        elif key not in before or not same(old, value):
            patch[key] = value
    return patch


def json_difference(before: Any, after: Any, path: str = "") -> list[dict[str, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        gone = [{"op": "remove", "path": step(path, key)} for key in before.keys() - after.keys()]
        new = [
            {"op": "add", "path": step(path, key), "value": after[key]}
            for key in after.keys() - before.keys()
        ]
        both = [
            operation
            for key in before.keys() & after.keys()
            for operation in json_difference(before[key], after[key], step(path, key))
        ]
        return [*gone, *new, *both]
    if same(before, after):
        return [{"op": "test", "path": path, "value": after}]
    return [{"op": "replace", "path": path, "value": after}]


def step(path: str, key: str) -> str:
    return f"{path}/{key.replace('~', '~0').replace('/', '~1')}"


def same(one: Any, other: Any) -> bool:
    """JSON's equality, in which true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


@given(objects, objects)
def test_a_merge_patch_made_of_a_difference_brings_it_about(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    before, after = without_nulls(before), without_nulls(after)
    original = copy.deepcopy(before)

    assert same(merge(before, merge_difference(before, after)), after)
    assert same(before, original)  # a patch leaves what it is given alone


@given(objects, objects)
def test_a_merge_patch_applied_again_changes_nothing(
    before: dict[str, Any], patch: dict[str, Any]
) -> None:
    once = merge(before, patch)

    assert same(merge(once, patch), once)


@given(objects, objects)
def test_a_json_patch_made_of_a_difference_brings_it_about(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    original = copy.deepcopy(before)

    assert same(json_patch(before, json_difference(before, after)), after)
    assert same(before, original)


images = some.dictionaries(some.sampled_from("abcdef"), some.sampled_from("123"), max_size=5)


def pod(containers: Mapping[str, str]) -> dict[str, Any]:
    listed = [{"name": name, "image": image} for name, image in containers.items()]
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": listed}}


def containers_of(obj: Mapping[str, Any]) -> dict[str, str]:
    listed = obj["spec"]["containers"]
    found = {each["name"]: each["image"] for each in listed}
    assert len(found) == len(listed)
    return found


@given(images, images, some.sets(some.sampled_from("abcdef")))
def test_a_strategic_patch_changes_and_deletes_list_entries_by_their_key(
    before: dict[str, str], changes: dict[str, str], deleted: set[str]
) -> None:
    patch = pod(changes)
    gone = sorted(deleted - changes.keys())
    patch["spec"]["containers"] += [{"$patch": "delete", "name": name} for name in gone]

    patched = strategic(pod(before), patch)

    kept = {name: image for name, image in before.items() if name not in gone}
    assert containers_of(patched) == kept | changes


@given(images, some.permutations("abcdef"))
def test_a_strategic_patch_orders_a_list_as_it_says(
    before: dict[str, str], order: list[str]
) -> None:
    wanted = [name for name in order if name in before]
    entries = [{"name": name} for name in wanted]
    patch = {"spec": {"$setElementOrder/containers": entries, "containers": entries}}

    assert list(containers_of(strategic(pod(before), patch))) == wanted
