"""managedFields as the API server tells them: who added what, and how helm gets it back."""

from typing import Any

from shipway.model.ownership import Owned, added, is_released, labels, owners, reclaimed

Object = dict[str, Any]

HELMS: Object = {
    "f:spec": {
        "f:replicas": {},
        "f:containers": {
            'k:{"name":"app"}': {
                ".": {},
                "f:name": {},
                "f:image": {},
                "f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}},
            }
        },
    }
}
SPEC: Object = {
    "replicas": 1,
    "paused": True,
    "containers": [
        {
            "name": "app",
            "image": "app:1",
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        },
        {"name": "side", "image": "side:1"},
    ],
    "finalizers": ["one", "two"],
}


def entry(manager: str, fields: Object, *, subresource: str = "", by: str = "Update") -> Object:
    found = {
        "manager": manager,
        "operation": by,
        "apiVersion": "apps/v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    return {**found, "subresource": subresource} if subresource else found


def owned_by(*others: Object, helm: Object | None = HELMS) -> Object:
    helms = [entry("helm", helm, by="Apply")] if helm else []
    return {
        "apiVersion": "apps/v1",
        "metadata": {"managedFields": [*helms, *others]},
        "spec": SPEC,
        "status": {"replicas": 1},
    }


def containers(below: Object) -> Object:
    return {"f:spec": {"f:containers": below}}


def test_an_item_that_somebody_added_is_told_whole() -> None:
    env: Object = {'k:{"name":"B"}': {".": {}, "f:name": {}, "f:value": {}}}
    side: Object = {".": {}, "f:name": {}, "f:image": {}}
    both = containers({'k:{"name":"app"}': {"f:env": env}, 'k:{"name":"side"}': side})
    assert list(added(owned_by(entry("kubectl-edit", both)))) == [
        Owned(
            ("spec", "containers", "[app]", "env", "[B]"),
            {"name": "B", "value": "2"},
            "kubectl-edit",
        ),
        Owned(
            ("spec", "containers", "[side]"), {"name": "side", "image": "side:1"}, "kubectl-edit"
        ),
    ]


def test_a_field_is_told_alone_and_an_item_of_a_set_by_its_value() -> None:
    fields: Object = {"f:spec": {"f:paused": {}, "f:finalizers": {'v:"two"': {}, 'v:"gone"': {}}}}
    assert list(added(owned_by(entry("kubectl-edit", fields)))) == [
        Owned(("spec", "paused"), True, "kubectl-edit"),
        Owned(("spec", "finalizers", "[two]"), "two", "kubectl-edit"),
    ]


def test_what_helm_owns_too_is_no_addition() -> None:
    same: Object = {"f:spec": {"f:replicas": {}}}
    assert list(added(owned_by(entry("kubectl", same, subresource="scale")))) == []


def test_what_is_gone_is_no_addition() -> None:
    assert list(added(owned_by(entry("kubectl-edit", {"f:spec": {"f:gone": {}}})))) == []


def test_controllers_keep_their_own_house() -> None:
    """Who writes the status is one, whatever it is called."""
    paused: Object = {"f:spec": {"f:paused": {}}}
    balancer = (
        entry("controller", paused),
        entry("controller", {"f:status": {}}, subresource="status"),
    )
    plane = entry("kube-controller-manager", paused)
    assert list(added(owned_by(*balancer, plane))) == []


def test_helm_3_owned_what_it_updated() -> None:
    obj = owned_by(entry("helm", {"f:spec": {"f:paused": {}}}))
    assert list(added(obj)) == []
    assert is_released(owned_by(entry("helm", HELMS), helm=None))


def test_what_somebody_made_anew_is_not_released() -> None:
    assert not is_released(owned_by(entry("kubectl-create", HELMS), helm=None))
    assert not is_released({"metadata": {}})


def test_each_field_that_is_not_helms_has_an_owner() -> None:
    image: Object = containers({'k:{"name":"app"}': {"f:image": {}}})
    assert owners(owned_by(entry("kubectl-set", image))) == {
        ("spec", "containers", "[app]", "image"): "kubectl-set"
    }


def test_items_are_told_apart_by_the_first_key_that_all_have() -> None:
    assert labels([{"name": "a"}, {"name": "b"}]) == ["[a]", "[b]"]
    assert labels([{"port": 80}, {"port": 443, "name": "https"}]) == ["[80]", "[443]"]
    assert labels([{"port": 53}, {"port": 53}]) is None
    assert labels(["a", "b"]) is None
    assert labels([]) is None


def test_helm_gets_back_what_is_named_and_all_below_it() -> None:
    image: Object = {"f:image": {}}
    env: Object = {'k:{"name":"B"}': {".": {}, "f:name": {}, "f:value": {}}}
    hand = entry(
        "kubectl-edit",
        {
            "f:metadata": {"f:annotations": {"f:note": {}}},
            **containers({'k:{"name":"app"}': {**image, "f:env": env}}),
        },
    )
    scaled = entry("kubectl", {"f:spec": {"f:replicas": {}}}, subresource="scale")
    app = ("spec", "containers", "[app]")
    assert reclaimed(owned_by(hand, scaled), [(*app, "env", "[B]"), (*app, "image")]) == [
        entry(
            "helm",
            {
                "f:spec": {
                    "f:replicas": {},
                    "f:containers": {
                        'k:{"name":"app"}': {
                            ".": {},
                            "f:name": {},
                            "f:image": {},
                            "f:env": {
                                'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}},
                                **env,
                            },
                        }
                    },
                }
            },
            by="Apply",
        ),
        entry("kubectl-edit", {"f:metadata": {"f:annotations": {"f:note": {}}}}),
        scaled,
    ]


def test_who_has_nothing_left_owns_nothing() -> None:
    scaled = entry("kubectl", {"f:spec": {"f:replicas": {}}}, subresource="scale")
    before = owned_by(scaled)
    assert reclaimed(before, [("spec", "replicas")]) == before["metadata"]["managedFields"][:1]


def test_helm_gets_its_first_share_of_what_somebody_made_anew() -> None:
    made = entry("kubectl-create", {"f:spec": {"f:replicas": {}, "f:paused": {}}})
    assert reclaimed(owned_by(made, helm=None), [("spec", "replicas")]) == [
        entry("helm", {"f:spec": {"f:replicas": {}}}, by="Apply"),
        entry("kubectl-create", {"f:spec": {"f:paused": {}}}),
    ]
