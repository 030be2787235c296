from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from drydock.patches.json_patch import json_patch
from drydock.patches.merge_patch import merge
from drydock.patches.patch_error import PatchError
from drydock.patches.strategic_merge import strategic

Json = dict[str, Any]


def deployment(**spec: Any) -> Json:
    containers = [
        {
            "name": "app",
            "image": "app:1",
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "ports": [{"containerPort": 80, "protocol": "TCP"}],
            "args": ["--one"],
        },
        {"name": "side", "image": "side:1"},
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "app", "labels": {"a": "1"}, "finalizers": ["x/a", "x/b"]},
        "spec": {"template": {"spec": {"containers": containers, **spec}}},
    }


def in_pod(**spec: Any) -> Json:
    return {"spec": {"template": {"spec": spec}}}


def containers(obj: Any) -> list[Json]:
    found: list[Json] = obj["spec"]["template"]["spec"]["containers"]
    return found


# ---- JSON patch

DOCUMENT: Json = {"a": {"b": [1, 2, 3], "c": None, "x/y": 1, "m~n": 2}, "l": []}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/a/b/-", "value": 9}, {"b": [1, 2, 3, 9]}),
        ({"op": "add", "path": "/a/b/1", "value": 9}, {"b": [1, 9, 2, 3]}),
        ({"op": "add", "path": "/a/b/3", "value": 9}, {"b": [1, 2, 3, 9]}),
        ({"op": "add", "path": "/a/new", "value": {"n": 1}}, {"new": {"n": 1}}),
        ({"op": "replace", "path": "/a/b/0", "value": 7}, {"b": [7, 2, 3]}),
        ({"op": "replace", "path": "/a/x~1y", "value": 7}, {"x/y": 7}),
        ({"op": "replace", "path": "/a/m~0n", "value": 7}, {"m~n": 7}),
        ({"op": "remove", "path": "/a/b/1"}, {"b": [1, 3]}),
        ({"op": "copy", "from": "/a/b/0", "path": "/a/c"}, {"c": 1}),
        ({"op": "move", "from": "/a/b/0", "path": "/a/b/2"}, {"b": [2, 3, 1]}),
        ({"op": "test", "path": "/a/b", "value": [1, 2, 3]}, {}),
        ({"op": "test", "path": "/a/c", "value": None}, {}),
    ],
)
def test_an_operation_changes_what_it_points_at(operation: Json, expected: Json) -> None:
    before = deepcopy(DOCUMENT)
    assert json_patch(DOCUMENT, [operation]) == {"a": {**DOCUMENT["a"], **expected}, "l": []}
    assert before == DOCUMENT


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            {"op": "remove", "path": "/a/z"},
            "remove operation does not apply: doc is missing path: /a/z: missing value",
        ),
        (
            {"op": "replace", "path": "/a/z", "value": 1},
            "replace operation does not apply: doc is missing path: /a/z: missing value",
        ),
        (
            {"op": "add", "path": "/q/r", "value": 1},
            "add operation does not apply: doc is missing path: /q/r: missing value",
        ),
        (
            {"op": "add", "path": "/a/b/4", "value": 1},
            "add operation does not apply: doc is missing path: /a/b/4: missing value",
        ),
        (
            {"op": "remove", "path": "/a/b/01"},
            "remove operation does not apply: doc is missing path: /a/b/01: missing value",
        ),
        (
            {"op": "test", "path": "/a/b/0", "value": True},
            "testing value /a/b/0 failed: test failed",
        ),
        ({"op": "move", "from": "/a", "path": "/a/b"}, "move operation cannot put /a into itself"),
        ({"op": "bogus", "path": "/a"}, "Unexpected kind: bogus"),
        ({"op": "add", "path": "/a"}, "add operation has no value"),
        ({"op": "add", "value": 1}, "add operation has no path"),
        (
            {"op": "remove", "path": "a"},
            "'a' is not a JSON pointer: it begins with a slash or is empty",
        ),
    ],
)
def test_an_operation_that_does_not_fit_says_why(operation: Json, message: str) -> None:
    with pytest.raises(PatchError) as error:
        json_patch(DOCUMENT, [operation])
    assert error.value.message == message


def test_operations_see_what_those_before_them_did() -> None:
    operations: list[Json] = [
        {"op": "add", "path": "/l/-", "value": 1},
        {"op": "test", "path": "/l/0", "value": 1},
        {"op": "move", "from": "/l/0", "path": "/n"},
    ]
    assert json_patch(DOCUMENT, operations) == {**DOCUMENT, "n": 1}


# ---- JSON merge patch


def test_a_merge_patch_merges_objects_replaces_lists_and_removes_nulls() -> None:
    before = {"a": {"b": 1, "c": 2}, "l": [1, 2], "gone": 1}
    patch = {"a": {"c": None, "d": {"e": None, "f": 1}}, "l": [3], "gone": None, "never": None}
    assert merge(before, patch) == {"a": {"b": 1, "d": {"f": 1}}, "l": [3]}


def test_a_merge_patch_that_is_no_object_is_refused() -> None:
    patch: Any = ["a"]
    with pytest.raises(PatchError, match="a merge patch is an object"):
        merge({}, patch)


# ---- strategic merge patch


def test_a_container_is_found_by_its_name() -> None:
    patched = strategic(deployment(), in_pod(containers=[{"name": "side", "image": "side:2"}]))
    assert containers(patched) == [
        *containers(deployment())[:1],
        {"name": "side", "image": "side:2"},
    ]


def test_a_new_container_comes_first_unless_the_patch_sets_the_order() -> None:
    new = {"name": "new", "image": "new:1"}
    first = strategic(deployment(), in_pod(containers=[new]))
    order = [{"name": "app"}, {"name": "side"}, {"name": "new"}]
    last = strategic(
        deployment(), in_pod(**{"containers": [new], "$setElementOrder/containers": order})
    )
    assert [each["name"] for each in containers(first)] == ["new", "app", "side"]
    assert [each["name"] for each in containers(last)] == ["app", "side", "new"]


def test_the_order_of_a_list_can_be_set_alone() -> None:
    order = [{"name": "side"}, {"name": "app"}]
    patched = strategic(deployment(), in_pod(**{"$setElementOrder/containers": order}))
    assert [each["name"] for each in containers(patched)] == ["side", "app"]


def test_an_item_is_deleted_by_directive() -> None:
    patch = in_pod(containers=[{"name": "app", "env": [{"name": "A", "$patch": "delete"}]}])
    assert containers(strategic(deployment(), patch))[0]["env"] == [{"name": "B", "value": "2"}]


def test_a_list_is_replaced_by_directive() -> None:
    patch = in_pod(containers=[{"name": "only", "image": "i"}, {"$patch": "replace"}])
    assert containers(strategic(deployment(), patch)) == [{"name": "only", "image": "i"}]


def test_an_object_is_replaced_or_emptied_by_directive() -> None:
    replaced = strategic(deployment(), {"metadata": {"labels": {"b": "2", "$patch": "replace"}}})
    emptied = strategic(deployment(), {"metadata": {"labels": {"$patch": "delete"}}})
    assert replaced["metadata"]["labels"] == {"b": "2"}
    assert emptied["metadata"]["labels"] == {}


def test_only_retained_keys_stay() -> None:
    live = deployment(volumes=[{"name": "v", "emptyDir": {}, "extra": 1}])
    volume = {"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "c"}}
    patched = strategic(live, in_pod(volumes=[volume]))
    assert patched["spec"]["template"]["spec"]["volumes"] == [
        {"name": "v", "configMap": {"name": "c"}}
    ]


def test_finalizers_are_a_set_that_grows_and_shrinks_by_directive() -> None:
    patch = {
        "metadata": {
            "finalizers": ["x/c"],
            "$deleteFromPrimitiveList/finalizers": ["x/a"],
        }
    }
    assert strategic(deployment(), patch)["metadata"]["finalizers"] == ["x/c", "x/b"]


def test_a_list_without_merge_keys_is_replaced() -> None:
    patched = strategic(deployment(), in_pod(containers=[{"name": "app", "args": ["--two"]}]))
    assert containers(patched)[0]["args"] == ["--two"]


def test_container_ports_go_by_container_port_and_service_ports_by_port() -> None:
    service = {"kind": "Service", "spec": {"ports": [{"port": 80, "name": "http"}]}}
    ports = [{"containerPort": 80, "name": "http"}]
    patched = strategic(deployment(), in_pod(containers=[{"name": "app", "ports": ports}]))
    assert containers(patched)[0]["ports"] == [
        {"containerPort": 80, "protocol": "TCP", "name": "http"}
    ]
    assert strategic(service, {"spec": {"ports": [{"port": 80, "targetPort": 8080}]}}) == {
        "kind": "Service",
        "spec": {"ports": [{"port": 80, "name": "http", "targetPort": 8080}]},
    }


def test_a_disruption_budgets_selector_is_replaced_as_a_whole() -> None:
    budget = {"kind": "PodDisruptionBudget", "spec": {"selector": {"matchLabels": {"a": "1"}}}}
    patch = {"spec": {"selector": {"matchLabels": {"b": "2"}}}}
    assert strategic(budget, patch) == {"kind": "PodDisruptionBudget", **patch}


def test_null_removes_and_leaves_nothing_behind_in_new_objects() -> None:
    patch = {"metadata": {"labels": None, "annotations": {"x": "1", "y": None}}}
    patched = strategic(deployment(), patch)
    assert patched["metadata"] == {
        "name": "app",
        "finalizers": ["x/a", "x/b"],
        "annotations": {"x": "1"},
    }


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (
            in_pod(containers=[{"image": "i"}]),
            "an item of containers does not contain its merge key: name",
        ),
        (in_pod(containers=["app"]), "the items of containers are objects"),
        ({"metadata": {"$patch": "shred"}}, "unknown $patch directive 'shred'"),
        (
            {"metadata": {"$retainKeys": ["name"], "labels": {}}},
            "$retainKeys does not list labels, which the patch sets",
        ),
    ],
)
def test_a_patch_that_makes_no_sense_says_why(patch: Json, message: str) -> None:
    with pytest.raises(PatchError) as error:
        strategic(deployment(), patch)
    assert error.value.message == message


@pytest.mark.parametrize("patching", [merge, strategic])
def test_what_is_patched_is_not_changed(patching: Callable[[Any, Any], Any]) -> None:
    live, patch = deployment(), in_pod(containers=[{"name": "app", "image": "app:2", "env": []}])
    untouched = deepcopy((live, patch))
    patching(live, patch)
    assert (live, patch) == untouched
