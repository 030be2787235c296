"""Two looks at an object, compared field by field."""

from typing import Any

import pytest

from shipway.model.drift import Difference, Drift, as_sent, differences

Object = dict[str, Any]


def thing(kind: str = "Deployment", owned: Object | None = None, **content: Any) -> Object:
    """As the API server tells it, with all of `owned` helm's."""
    entry = {"manager": "helm", "operation": "Apply", "fieldsV1": owned or {"f:spec": {}}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "app", "resourceVersion": "7", "managedFields": [entry]},
        "status": {"replicas": 3},
        **content,
    }


def told(released: Object, live: Object, *, autoscaled: bool = False) -> list[str]:
    found = differences("Deployment/app", released, live, autoscaled=autoscaled)
    return [str(each).removeprefix("Deployment/app ") for each in found]


def specs(released: Any, live: Any) -> list[str]:
    return told(thing(spec=released), thing(spec=live))


def test_equal_objects_differ_in_nothing_whatever_the_cluster_keeps_about_them() -> None:
    released, live = thing(spec={"replicas": 1}), thing(spec={"replicas": 1})
    live["metadata"] |= {"resourceVersion": "8", "generation": 4, "finalizers": ["x/y"]}
    live["status"] = {"replicas": 1}
    assert told(released, live) == []


@pytest.mark.parametrize(
    ("released", "live", "line"),
    [
        ({"paused": False}, {"paused": True}, "spec.paused: release says false, live is true"),
        ({"replicas": 1}, {"replicas": 3}, "spec.replicas: release says 1, live is 3"),
        ({"port": 80}, {"port": "80"}, 'spec.port: release says 80, live is "80"'),
        ({"min": 0}, {"min": False}, "spec.min: release says 0, live is false"),
        ({"type": "a"}, {}, 'spec.type: release says "a", live is not there'),
        ({}, {"type": "a"}, 'spec.type: release does not name it, live is "a"'),
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"env": [{"name": "B", "value": "3"}, {"name": "A", "value": "1"}]},
            'spec.env[B].value: release says "2", live is "3"',
        ),
        (
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 54, "protocol": "TCP"}]},
            "spec.ports[1].port: release says 53, live is 54",
        ),
        ({"args": ["a", "b"]}, {"args": ["a", "c"]}, 'spec.args[1]: release says "b", live is "c"'),
        (
            {"args": ["a", "b"]},
            {"args": ["a"]},
            'spec.args: release says ["a", "b"], live is ["a"]',
        ),
        (
            {"nodeSelector": {"example.com/zone": "a"}},
            {"nodeSelector": {"example.com/zone": "b"}},
            'spec.nodeSelector[example.com/zone]: release says "a", live is "b"',
        ),
    ],
)
def test_a_difference_is_told_where_it_is(released: Object, live: Object, line: str) -> None:
    assert specs(released, live) == [line]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("0.5", "500m", True),
        ("1", 1, True),
        ("1Gi", "1024Mi", True),
        ("1k", "1000", True),
        ("1e3", "1k", True),
        ("128Mi", "128M", False),
        ("500m", "501m", False),
        ("much", "500m", False),
    ],
)
def test_quantities_are_compared_by_value(one: Any, other: Any, equal: bool) -> None:
    limits = [{"resources": {"limits": {"cpu": each}}} for each in (one, other)]
    assert (specs(*limits) == []) is equal


def test_other_values_are_compared_as_they_are_spelled() -> None:
    assert specs({"version": "1.0"}, {"version": "1"}) != []


def test_an_autoscaler_owns_the_replicas_it_scales() -> None:
    released, live = thing(spec={"replicas": 1}), thing(spec={"replicas": 3})
    assert told(released, live, autoscaled=True) == []


def test_labels_and_annotations_are_compared_but_not_the_notes_that_others_keep_there() -> None:
    released, live = thing(), thing()
    released["metadata"]["labels"] = {"app": "a"}
    live["metadata"]["labels"] = {"app": "b"}
    live["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "4"}
    assert told(released, live) == ['metadata.labels.app: release says "a", live is "b"']


def test_a_restart_is_no_difference() -> None:
    """It makes the same pods again, and no release says anything about it."""
    restarted = {"kubectl.kubernetes.io/restartedAt": "2026-01-02T03:04:05Z"}
    template = {"template": {"metadata": {"annotations": restarted}}}
    assert specs({"template": {"metadata": {"annotations": {}}}}, template) == []


def test_what_is_in_a_secret_stays_there() -> None:
    released, live = thing("Secret", data={"password": "b25l"}), thing("Secret", data={})
    assert told(released, live) == ["data.password: release says (hidden), live is not there"]
    live["data"] = {"password": "dHdv"}
    (found,) = differences("Secret/app", released, live, autoscaled=False)
    assert "dHdv" not in repr(found)
    assert "b25l" not in repr(found)


def test_a_field_that_somebody_changed_is_told_with_their_name() -> None:
    by = {"manager": "kubectl-scale", "operation": "Update", "fieldsV1": {"f:spec": {"f:a": {}}}}
    live = thing(spec={"a": 2})
    live["metadata"]["managedFields"].append(by)
    released = thing(spec={"a": 1})
    assert told(released, live) == ["spec.a: release says 1, live is 2 (kubectl-scale)"]


def test_what_somebody_added_is_told_only_of_an_object_that_is_helms_at_all() -> None:
    by = {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:b": {}}}}
    live = thing(owned={"f:spec": {"f:a": {}}}, spec={"a": 1, "b": 2})
    live["metadata"]["managedFields"].append(by)
    assert told(live, live) == ["spec.b: release does not name it, live is 2 (kubectl-edit)"]
    anew = {**live, "metadata": {**live["metadata"], "managedFields": [by]}}
    assert told(live, anew) == []


def test_a_long_value_is_cut_in_a_line_and_whole_in_the_answer() -> None:
    (found,) = differences("ConfigMap/app", thing(data={"a": "x" * 999}), thing(), autoscaled=False)
    assert str(found).startswith('ConfigMap/app data: release says {"a": "xxxx')
    assert str(found).endswith("x…, live is not there")
    assert found.released == {"a": "x" * 999}


def test_an_object_is_missing_or_cannot_be_set_right() -> None:
    assert str(Difference("Service/app")) == "Service/app: is not there"
    refused = Difference("Deployment/app", refused="spec.selector: field is\nimmutable")
    assert str(refused) == (
        "Deployment/app: cannot become what was released: spec.selector: field is immutable"
    )


@pytest.mark.parametrize(
    ("drift", "line", "remedy"),
    [
        (Drift("dev"), "dev: not deployed", None),
        (
            Drift("dev", 4, "deployed", "v2", objects=9),
            "dev: as released (revision 4, v2), 9 objects",
            None,
        ),
        (
            Drift("dev", 4, "failed", "v2", objects=1, differences=(Difference("Service/app"),)),
            "dev: 1 difference from what was released (revision 4 failed, v2), 1 object",
            "shipway deploy --env dev --tag v2",
        ),
        (
            Drift("dev", 4, "deployed", "latest", "sha256:ab", 2, (Difference("Service/app"),)),
            "dev: 1 difference from what was released (revision 4, latest), 2 objects",
            "shipway deploy --env dev --tag sha256:ab",
        ),
        (
            Drift("dev", 4, "deployed", objects=2, differences=(Difference("Service/app"),) * 2),
            "dev: 2 differences from what was released (revision 4), 2 objects",
            "shipway history dev",
        ),
    ],
)
def test_an_environment_in_a_line_and_what_sets_it_right(
    drift: Drift, line: str, remedy: str | None
) -> None:
    assert (str(drift), drift.remedy) == (line, remedy)


def test_the_manifest_is_sent_as_helm_sends_it() -> None:
    bare = {"kind": "Service", "metadata": {"name": "app", "labels": {"a": "b"}}, "spec": {}}
    assert as_sent(bare, "app-dev", "dev") == {
        "kind": "Service",
        "metadata": {
            "name": "app",
            "labels": {"a": "b", "app.kubernetes.io/managed-by": "Helm"},
            "annotations": {
                "meta.helm.sh/release-name": "app-dev",
                "meta.helm.sh/release-namespace": "dev",
            },
        },
        "spec": {},
    }
    assert bare["metadata"] == {"name": "app", "labels": {"a": "b"}}
