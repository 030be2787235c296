"""The refusals are those of the API server's validation and of its Priority plug-in, word for word."""

from typing import Any

import pytest

from drydock import gate
from drydock.admission import Denied, Invalid, priorities
from drydock.resources import PODS, PRIORITY_CLASSES, STORAGE_CLASSES, Object
from drydock.store import Store


@pytest.fixture
def store() -> Store:
    store = Store()
    for each in priorities.system_classes():
        store.create(PRIORITY_CLASSES, gate.admit(store, PRIORITY_CLASSES, each, None))
    return store


def add(store: Store, name: str, value: int, **fields: Any) -> Object:
    obj = {"metadata": {"name": name}, "value": value, **fields}
    return store.create(PRIORITY_CLASSES, gate.admit(store, PRIORITY_CLASSES, obj, None))


def pod(store: Store, **spec: Any) -> Any:
    containers = [{"name": "app", "image": "app:1"}]
    obj = {
        "metadata": {"name": "app", "namespace": "dev"},
        "spec": {"containers": containers, **spec},
    }
    spec = gate.admit(store, PODS, obj, None)["spec"]
    return spec.get("priorityClassName"), spec["priority"], spec["preemptionPolicy"]


def test_a_pod_gets_the_priority_of_its_class_or_of_the_default(store: Store) -> None:
    assert pod(store) == (None, 0, "PreemptLowerPriority")
    assert pod(store, priority=0) == (None, 0, "PreemptLowerPriority")
    add(store, "usual", 100, globalDefault=True)
    add(store, "patient", 500, preemptionPolicy="Never")
    assert pod(store) == ("usual", 100, "PreemptLowerPriority")
    assert pod(store, priorityClassName="patient") == ("patient", 500, "Never")
    assert pod(store, priorityClassName="system-node-critical") == (
        "system-node-critical",
        2_000_001_000,
        "PreemptLowerPriority",
    )


def test_a_pod_does_not_choose_its_priority_itself(store: Store) -> None:
    with pytest.raises(Denied) as unknown:
        pod(store, priorityClassName="high")
    assert str(unknown.value) == (
        'pods "app" is forbidden: no PriorityClass with name high was found'
    )
    with pytest.raises(Denied) as chosen:
        pod(store, priority=7)
    assert str(chosen.value) == (
        'pods "app" is forbidden: the integer value of priority (7) must not be provided in pod spec; '
        "priority admission controller computed 0 from the given PriorityClass name"
    )


def test_a_pod_keeps_its_priority_when_the_classes_change(store: Store) -> None:
    spec = {"containers": [{"name": "app", "image": "app:1"}]}
    sent = {"metadata": {"name": "app", "namespace": "dev"}, "spec": spec}
    stored = store.create(PODS, gate.admit(store, PODS, sent, None))
    add(store, "usual", 100, globalDefault=True)
    assert gate.admit(store, PODS, sent, stored)["spec"]["priority"] == 0


@pytest.mark.parametrize(
    ("name", "fields", "cause"),
    [
        (
            "high",
            {"value": 1_000_000_001},
            "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
        ),
        (
            "system-high",
            {"value": 1},
            "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. "
            "error: system-high is not a known system priority class",
        ),
        (
            "high",
            {"value": 1, "preemptionPolicy": "Always"},
            'preemptionPolicy: Unsupported value: "Always": supported values: "Never", "PreemptLowerPriority"',
        ),
    ],
)
def test_a_class_that_cannot_be_is_refused(
    store: Store, name: str, fields: Any, cause: str
) -> None:
    with pytest.raises(Invalid) as refused:
        add(store, name, **fields)
    assert str(refused.value) == cause


def test_a_class_keeps_its_value(store: Store) -> None:
    high = add(store, "high", 5)
    with pytest.raises(Invalid) as refused:
        gate.admit(store, PRIORITY_CLASSES, {**high, "value": 6}, high)
    assert str(refused.value) == "value: Forbidden: may not be changed in an update."


def test_a_storage_class_is_kept_as_it_was_made(store: Store) -> None:
    obj = {"metadata": {"name": "fast"}, "provisioner": "none"}
    fast = store.create(STORAGE_CLASSES, gate.admit(store, STORAGE_CLASSES, obj, None))
    assert (fast["reclaimPolicy"], fast["volumeBindingMode"]) == ("Delete", "Immediate")
    with pytest.raises(Invalid) as refused:
        gate.admit(store, STORAGE_CLASSES, {**fast, "provisioner": "other"}, fast)
    assert str(refused.value) == "provisioner: Forbidden: updates to provisioner are forbidden."
