"""What is expected here was also given by the API server's own field manager (apimachinery v0.36)."""

from copy import deepcopy
from typing import Any

import pytest

from drydock.patches.apply import ApplyConflict, Cause, apply, track
from drydock.patches.managed_fields import settled
from drydock.patches.patch_error import PatchError

Json = dict[str, Any]

NOON = "2026-01-02T12:00:00Z"
LATER = "2026-01-02T12:00:09Z"


def deployment(*, image: str = "app:1", metadata: Json | None = None, **spec: Any) -> Json:
    container = {"name": "app", "image": image, "ports": [{"containerPort": 80}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "app", "namespace": "dev", **(metadata or {})},
        "spec": {"template": {"spec": {"containers": [container]}}, **spec},
    }


def config(manager: str, live: Any, wanted: Json, *, force: bool = False, now: str = NOON) -> Any:
    return apply(live, wanted, manager=manager, force=force, now=now)


def settings(*, metadata: Json | None = None, **data: Any) -> Json:
    named = {"name": "settings", "namespace": "dev", **(metadata or {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": data}


def owners(obj: Any) -> dict[str, Any]:
    return {entry["manager"]: entry["fieldsV1"] for entry in obj["metadata"]["managedFields"]}


def data(obj: Any) -> Any:
    return obj["data"]


# ---- who owns what


def test_the_first_apply_owns_what_it_sent() -> None:
    live = config("helm", None, deployment(replicas=2, selector={"matchLabels": {"a": "b"}}))
    assert live["metadata"]["managedFields"] == [
        {
            "manager": "helm",
            "operation": "Apply",
            "apiVersion": "apps/v1",
            "time": NOON,
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:spec": {
                    "f:replicas": {},
                    "f:selector": {},
                    "f:template": {
                        "f:spec": {
                            "f:containers": {
                                'k:{"name":"app"}': {
                                    ".": {},
                                    "f:image": {},
                                    "f:name": {},
                                    "f:ports": {
                                        'k:{"containerPort":80,"protocol":"TCP"}': {
                                            ".": {},
                                            "f:containerPort": {},
                                        }
                                    },
                                }
                            }
                        }
                    },
                }
            },
        }
    ]


def test_a_created_object_is_owned_by_its_creator_interior_nodes_included() -> None:
    created = deployment(replicas=1, metadata={"labels": {"a": "1"}, "finalizers": ["x/y"]})
    assert owners(track(None, created, manager="kubectl-create", now=NOON)) == {
        "kubectl-create": {
            "f:metadata": {
                "f:finalizers": {".": {}, 'v:"x/y"': {}},
                "f:labels": {".": {}, "f:a": {}},
            },
            "f:spec": {
                "f:replicas": {},
                "f:template": {
                    "f:spec": {
                        "f:containers": {
                            'k:{"name":"app"}': {
                                ".": {},
                                "f:image": {},
                                "f:name": {},
                                "f:ports": {
                                    ".": {},
                                    'k:{"containerPort":80,"protocol":"TCP"}': {
                                        ".": {},
                                        "f:containerPort": {},
                                    },
                                },
                            }
                        }
                    }
                },
            },
        }
    }


def test_an_update_takes_the_fields_that_it_changes_and_leaves_the_rest() -> None:
    live = config("helm", None, settings(a="1", b="2"))
    updated = track(live, {**live, "data": {"a": "9", "b": "2"}}, manager="edit", now=LATER)
    assert owners(updated) == {"helm": {"f:data": {"f:b": {}}}, "edit": {"f:data": {"f:a": {}}}}


def test_a_field_that_an_update_removes_belongs_to_nobody() -> None:
    live = config("helm", None, settings(a="1", b="2"))
    updated = track(live, {**live, "data": {"b": "2"}}, manager="edit", now=LATER)
    assert owners(updated) == {"helm": {"f:data": {"f:b": {}}}}


def test_an_update_that_changes_nothing_owns_nothing() -> None:
    live = config("helm", None, settings(a="1"))
    assert track(live, live, manager="edit", now=LATER) == live


def test_a_status_is_owned_apart_from_the_spec() -> None:
    live = config("helm", None, deployment(replicas=1))
    status = {"replicas": 1, "conditions": [{"type": "Available", "status": "True"}]}
    updated = track(
        live, {**live, "status": status}, manager="controller", now=LATER, subresource="status"
    )
    assert updated["metadata"]["managedFields"][1] == {
        "manager": "controller",
        "operation": "Update",
        "apiVersion": "apps/v1",
        "time": LATER,
        "fieldsType": "FieldsV1",
        "fieldsV1": {
            "f:status": {
                "f:conditions": {
                    ".": {},
                    'k:{"type":"Available"}': {".": {}, "f:status": {}, "f:type": {}},
                },
                "f:replicas": {},
            }
        },
        "subresource": "status",
    }


# ---- conflicts


def test_a_change_to_what_another_applier_owns_is_a_conflict() -> None:
    live = config("helm", None, deployment(replicas=2))
    with pytest.raises(ApplyConflict) as conflict:
        config("argo", live, deployment(replicas=3))
    assert (
        conflict.value.message
        == 'Apply failed with 1 conflict: conflict with "helm": .spec.replicas'
    )
    assert conflict.value.causes == (Cause("helm", "Apply", "apps/v1", "", ".spec.replicas"),)
    assert conflict.value.causes[0].message == 'conflict with "helm"'


def test_conflicts_are_grouped_by_owner_and_name_the_version_of_updates() -> None:
    live = config("helm", None, deployment(replicas=2))
    changed = deepcopy(live)
    changed["spec"]["replicas"] = 5
    live = track(live, changed, manager="kubectl-edit", now=LATER)
    scaled = {**live, "spec": {**live["spec"], "paused": True}}
    live = track(live, scaled, manager="kubectl", now=LATER, subresource="scale")
    with pytest.raises(ApplyConflict) as conflict:
        config("helm2", live, deployment(image="app:2", replicas=2, paused=False))
    assert conflict.value.message == (
        "Apply failed with 3 conflicts: "
        'conflicts with "helm":\n'
        '- .spec.template.spec.containers[name="app"].image\n'
        'conflicts with "kubectl" with subresource "scale" using apps/v1:\n'
        "- .spec.paused\n"
        'conflicts with "kubectl-edit" using apps/v1:\n'
        "- .spec.replicas"
    )


def test_force_takes_the_field_over() -> None:
    live = config("helm", None, settings(a="1", b="2"))
    forced = config("argo", live, settings(a="9"), force=True, now=LATER)
    assert data(forced) == {"a": "9", "b": "2"}
    assert owners(forced) == {"argo": {"f:data": {"f:a": {}}}, "helm": {"f:data": {"f:b": {}}}}


def test_the_same_value_is_owned_together_without_a_conflict() -> None:
    live = config("helm", None, settings(a="1"))
    shared = config("argo", live, settings(a="1"), now=LATER)
    assert owners(shared) == {"argo": {"f:data": {"f:a": {}}}, "helm": {"f:data": {"f:a": {}}}}


# ---- giving up fields


def test_what_an_applier_no_longer_sends_goes_away() -> None:
    live = config("helm", None, settings(a="1", b="2"))
    assert data(config("helm", live, settings(a="1"), now=LATER)) == {"a": "1"}


def test_what_another_applier_owns_too_stays() -> None:
    live = config("argo", config("helm", None, settings(a="1", b="2")), settings(b="2"))
    assert data(config("helm", live, settings(a="1"), now=LATER)) == {"a": "1", "b": "2"}


def test_what_somebody_put_beside_it_stays() -> None:
    live = config("helm", None, settings(a="1", b="2"))
    live = track(live, {**live, "data": {"a": "1", "b": "2", "c": "3"}}, manager="edit", now=LATER)
    assert data(config("helm", live, settings(a="1"), now=LATER)) == {"a": "1", "c": "3"}


def test_a_container_that_is_no_longer_sent_goes_with_its_defaults() -> None:
    two = deployment()
    two["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "side:1"})
    live = config("helm", None, two)
    live["spec"]["template"]["spec"]["containers"][1]["imagePullPolicy"] = "Always"
    live["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = "Always"
    applied = config("helm", live, deployment(), now=LATER)
    assert applied["spec"]["template"]["spec"]["containers"] == [
        {**deployment()["spec"]["template"]["spec"]["containers"][0], "imagePullPolicy": "Always"}
    ]


def test_name_and_uid_survive_an_applier_that_gives_up_all_metadata() -> None:
    live = config("helm", None, settings(metadata={"labels": {"a": "1"}}, a="1"))
    live["metadata"]["uid"] = "u-1"
    applied = config("helm", live, settings(a="1"), now=LATER)
    assert {k: v for k, v in applied["metadata"].items() if k != "managedFields"} == {
        "name": "settings",
        "namespace": "dev",
        "uid": "u-1",
    }


# ---- lists


def test_items_come_in_the_appliers_order_and_others_keep_their_place() -> None:
    def pods(*images: str) -> Json:
        wanted = deployment()
        wanted["spec"]["template"]["spec"]["containers"] = [{"name": n} for n in images]
        return wanted

    live = config("helm", None, pods("a", "b", "c"))
    live = config("argo", live, pods("x", "b"))
    names = [each["name"] for each in live["spec"]["template"]["spec"]["containers"]]
    assert names == ["a", "x", "b", "c"]


def test_finalizers_of_several_appliers_add_up() -> None:
    live = config("helm", None, settings(metadata={"finalizers": ["x/a"]}))
    live = config("argo", live, settings(metadata={"finalizers": ["x/b"]}))
    assert live["metadata"]["finalizers"] == ["x/a", "x/b"]
    live = config("helm", live, settings(), now=LATER)
    assert live["metadata"]["finalizers"] == ["x/b"]


def test_a_lists_items_that_share_a_key_live_side_by_side_until_somebody_applies_them() -> None:
    twice = deployment()
    env = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "B", "value": "3"}]
    twice["spec"]["template"]["spec"]["containers"][0]["env"] = env
    live = track(None, twice, manager="kubectl", now=NOON)
    wanted = deployment(replicas=1)
    applied = config("helm", live, wanted)
    assert applied["spec"]["template"]["spec"]["containers"][0]["env"] == env
    with pytest.raises(PatchError) as error:
        config("helm", live, twice)
    assert error.value.message == (
        "failed to create typed patch object (dev/app; apps/v1, Kind=Deployment): "
        '.spec.template.spec.containers[name="app"].env: duplicate entries for key [name="A"]'
    )


# ---- nothing changes


def test_applying_the_same_again_gives_back_the_very_object() -> None:
    live = config("helm", None, deployment(replicas=2))
    assert settled(live, config("helm", live, deployment(replicas=2), now=LATER)) is live


def test_a_new_owner_is_a_change_though_no_value_is() -> None:
    live = config("helm", None, settings(a="1"))
    applied = config("argo", live, settings(a="1"), now=LATER)
    assert settled(live, applied) is applied


def test_a_value_spelled_otherwise_leaves_no_trace_once_it_is_stored_in_its_own_form() -> None:
    def limited(cpu: str) -> Json:
        wanted = deployment()
        wanted["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": cpu}}
        return wanted

    live = config("helm", None, limited("1"))
    applied = config("helm", live, limited("1000m"), now=LATER)
    assert applied["metadata"]["managedFields"][0]["time"] == LATER
    stored = {**applied, "spec": live["spec"]}  # as admission writes the quantity
    assert settled(live, stored) is live
    assert settled(live, applied) is applied


# ---- clients that write managedFields


def test_a_client_that_rewrites_the_owners_is_believed() -> None:
    live = track(None, settings(a="1"), manager="helm", now=NOON)
    moved = deepcopy(live)
    moved["metadata"]["managedFields"][0].update(operation="Apply", manager="helm4")
    updated = track(live, moved, manager="helm4", now=LATER)
    assert updated == moved
    assert data(config("helm4", updated, settings(a="2"), now=LATER)) == {"a": "2"}


@pytest.mark.parametrize("reset", [[], [{}]])
def test_an_empty_list_of_owners_forgets_them_all(reset: list[Any]) -> None:
    live = config("helm", None, settings(a="1"))
    sent = {**live, "metadata": {**live["metadata"], "managedFields": reset}}
    forgotten = track(live, sent, manager="edit", now=LATER)
    assert forgotten == settings(a="1")
    untracked = {**settings(a="1"), "data": {"a": "2"}}
    assert track(forgotten, untracked, manager="edit", now=LATER) == untracked


def test_what_nobody_tracked_belongs_to_before_first_apply() -> None:
    with pytest.raises(ApplyConflict) as conflict:
        config("helm", settings(a="1"), settings(a="2"))
    assert conflict.value.message == (
        'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a'
    )


def test_owners_that_make_no_sense_are_ignored() -> None:
    nonsense = [{"manager": "x", "operation": "Steal", "apiVersion": "v1"}]
    live = config("helm", None, settings(a="1"))
    sent = {**live, "metadata": {**live["metadata"], "managedFields": nonsense}}
    assert track(live, sent, manager="edit", now=LATER) == live


# ---- what does not fit the kind


def typed(path: str, value: Any) -> str:
    wanted = deployment()
    container = wanted["spec"]["template"]["spec"]["containers"][0]
    target = container if path != "replicas" else wanted["spec"]
    target[path] = value
    with pytest.raises(PatchError) as error:
        config("helm", None, wanted)
    opening = "failed to create typed patch object (dev/app; apps/v1, Kind=Deployment): "
    return error.value.message.removeprefix(opening)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "imagee",
            "x",
            '.spec.template.spec.containers[name="app"].imagee: field not declared in schema',
        ),
        ("replicas", "2", ".spec.replicas: expected numeric (int or float), got string"),
        (
            "env",
            [{"name": "A", "value": 1}],
            '.spec.template.spec.containers[name="app"].env[name="A"].value: '
            "expected string, got &value.valueUnstructured{Value:1}",
        ),
        ("args", "x", '.spec.template.spec.containers[name="app"].args: expected list, got &{x}'),
        (
            "args",
            [1],
            '.spec.template.spec.containers[name="app"].args[0]: '
            "expected string, got &value.valueUnstructured{Value:1}",
        ),
        (
            "securityContext",
            {"runAsNonRoot": "true"},
            '.spec.template.spec.containers[name="app"].securityContext.runAsNonRoot: '
            "expected boolean, got &{true}",
        ),
        (
            "resources",
            {"limits": []},
            '.spec.template.spec.containers[name="app"].resources.limits: expected map, got &{[]}',
        ),
        (
            "ports",
            ["x"],
            '.spec.template.spec.containers[name="app"].ports: '
            "element 0: associative list with keys may not have non-map elements",
        ),
    ],
)
def test_an_applier_is_told_what_does_not_fit(field: str, value: Any, message: str) -> None:
    assert typed(field, value) == message


def test_numbers_are_quantities_too() -> None:
    wanted = deployment()
    wanted["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": 1}}
    assert config("helm", None, wanted)["spec"] == wanted["spec"]


def test_neither_side_is_changed() -> None:
    live = config("helm", None, deployment(replicas=2))
    wanted = deployment(image="app:2")
    untouched = deepcopy((live, wanted))
    config("helm", live, wanted, now=LATER)
    track(live, wanted, manager="edit", now=LATER)
    assert (live, wanted) == untouched
