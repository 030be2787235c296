"""The refusals are those of the API server's LimitRanger and ResourceQuota plug-ins, word for word."""

from typing import Any

import pytest

from drydock import gate
from drydock.admission import Denied, quotas
from drydock.resources import (
    CONFIG_MAPS,
    LIMIT_RANGES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    RESOURCE_QUOTAS,
    SERVICES,
    Object,
    Resource,
)
from drydock.store import Store

Json = dict[str, Any]


@pytest.fixture
def store() -> Store:
    return Store()


def put(store: Store, resource: Resource, name: str, **fields: Any) -> Object:
    obj = {"metadata": {"name": name, "namespace": "dev"}, **fields}
    return store.create(resource, gate.admit(store, resource, obj, None))


def refused(store: Store, resource: Resource, name: str, **fields: Any) -> str:
    """The reason alone."""
    with pytest.raises(Denied) as denied:
        put(store, resource, name, **fields)
    prefix = f'{resource.plural} "{name}" is forbidden: '
    assert str(denied.value).startswith(prefix)
    return str(denied.value).removeprefix(prefix)


def pod(
    requests: Json | None = None, limits: Json | None = None, *, containers: int = 1, **spec: Any
) -> Json:
    resources = {"requests": requests or {}, "limits": limits or {}}
    listed = [
        {"name": f"c{n}", "image": "app:1", "resources": resources} for n in range(containers)
    ]
    return {"containers": listed, **spec}


def limit(store: Store, **item: Any) -> None:
    put(store, LIMIT_RANGES, "usual", spec={"limits": [{"type": "Container", **item}]})


def quota(store: Store, hard: Json, *scopes: str) -> None:
    spec: Json = {"hard": {name: str(most) for name, most in hard.items()}}
    put(store, RESOURCE_QUOTAS, "small", spec=spec | ({"scopes": list(scopes)} if scopes else {}))


def used(store: Store) -> Any:
    found = store.get(RESOURCE_QUOTAS, "dev", "small")
    assert found is not None
    return quotas.status(found, lambda resource: store.list(resource, "dev"))["used"]


# ---- limit ranges


def test_a_container_that_says_nothing_gets_the_namespaces_defaults(store: Store) -> None:
    limit(store, default={"cpu": "200m", "memory": "64Mi"}, defaultRequest={"cpu": "100m"})
    made = put(store, PODS, "app", spec=pod(limits={"cpu": "1"}))
    assert made["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "1", "memory": "64Mi"},
        "limits": {"cpu": "1", "memory": "64Mi"},
    }
    assert made["metadata"]["annotations"] == {
        "kubernetes.io/limit-ranger": (
            "LimitRanger plugin set: memory request for container c0; memory limit for container c0"
        )
    }


@pytest.mark.parametrize(
    ("item", "requests", "limits", "why"),
    [
        (
            {"max": {"cpu": "1"}},
            {},
            {"cpu": "2"},
            "maximum cpu usage per Container is 1, but limit is 2",
        ),
        (
            {"min": {"memory": "64Mi"}},
            {"memory": "1Mi"},
            {"memory": "1Gi"},
            "minimum memory usage per Container is 64Mi, but request is 1Mi",
        ),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"cpu": "100m"},
            {"cpu": "300m"},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
        ),
        (
            {"type": "Pod", "max": {"cpu": "1"}},
            {"cpu": "100m"},
            {},
            "maximum cpu usage per Pod is 1.  No limit is specified",
        ),
        (
            {"type": "Pod", "max": {"cpu": "1"}, "min": {"memory": "1Gi"}},
            {"memory": "1Mi"},
            {"cpu": "2"},
            "[minimum memory usage per Pod is 1Gi, but request is 1Mi, "
            "maximum cpu usage per Pod is 1, but limit is 2]",
        ),
    ],
)
def test_too_much_or_too_little_is_refused(
    store: Store, item: Json, requests: Json, limits: Json, why: str
) -> None:
    limit(store, **item)
    assert refused(store, PODS, "app", spec=pod(requests, limits)) == why


def test_a_claim_is_measured_too(store: Store) -> None:
    limit(store, type="PersistentVolumeClaim", max={"storage": "1Gi"})
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    why = "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"
    assert refused(store, PERSISTENT_VOLUME_CLAIMS, "data", spec=spec) == why


# ---- quotas


def test_storage_is_counted_by_class_too(store: Store) -> None:
    fast = "fast.storageclass.storage.k8s.io"
    quota(store, {"requests.storage": "3Gi", f"{fast}/persistentvolumeclaims": 1})
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    put(store, PERSISTENT_VOLUME_CLAIMS, "first", spec=spec)
    assert refused(store, PERSISTENT_VOLUME_CLAIMS, "second", spec=spec) == (
        f"exceeded quota: small, requested: {fast}/persistentvolumeclaims=1, "
        f"used: {fast}/persistentvolumeclaims=1, limited: {fast}/persistentvolumeclaims=1"
    )
    assert used(store) == {"requests.storage": "1Gi", f"{fast}/persistentvolumeclaims": "1"}


def test_a_quota_counts_until_it_is_full_and_frees_what_is_deleted(store: Store) -> None:
    quota(store, {"pods": 1})
    put(store, PODS, "first", spec=pod())
    why = "exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1"
    assert refused(store, PODS, "second", spec=pod()) == why
    store.delete(PODS, "dev", "first")
    put(store, PODS, "second", spec=pod())
    assert used(store) == {"pods": "1"}


def test_only_what_is_exceeded_is_named(store: Store) -> None:
    quota(store, {"requests.memory": "256Mi", "limits.cpu": 1, "pods": 9})
    put(store, PODS, "first", spec=pod({"memory": "128Mi"}, {"cpu": "250m"}, containers=2))
    asked = pod({"memory": "64Mi"}, {"cpu": "600m"})
    assert refused(store, PODS, "second", spec=asked) == (
        "exceeded quota: small, requested: limits.cpu=600m,requests.memory=64Mi, "
        "used: limits.cpu=500m,requests.memory=256Mi, limited: limits.cpu=1,requests.memory=256Mi"
    )
    assert used(store) == {"requests.memory": "256Mi", "limits.cpu": "500m", "pods": "1"}


def test_whoever_is_counted_by_a_request_must_make_one(store: Store) -> None:
    quota(store, {"requests.cpu": 1, "limits.memory": "1Gi"})
    why = "failed quota: small: must specify limits.memory for: c0,c1; requests.cpu for: c0,c1"
    assert refused(store, PODS, "app", spec=pod(containers=2)) == why


def test_a_pod_that_has_ended_uses_nothing_but_its_name(store: Store) -> None:
    quota(store, {"pods": 1, "count/pods": 2})
    done = put(store, PODS, "done", spec=pod())
    store.update(PODS, {**done, "status": {"phase": "Succeeded"}}, subresource="status")
    assert used(store) == {"pods": "0", "count/pods": "1"}
    put(store, PODS, "second", spec=pod())


@pytest.mark.parametrize(
    ("scope", "inside", "outside"),
    [
        ("BestEffort", pod(), pod({"cpu": "1"})),
        ("NotBestEffort", pod({"cpu": "1"}), pod()),
        ("Terminating", pod(activeDeadlineSeconds=9), pod()),
        ("NotTerminating", pod(), pod(activeDeadlineSeconds=9)),
    ],
)
def test_a_scope_says_which_pods_count(
    store: Store, scope: str, inside: Json, outside: Json
) -> None:
    quota(store, {"pods": 0}, scope)
    put(store, PODS, "outside", spec=outside)
    assert refused(store, PODS, "inside", spec=inside).startswith("exceeded quota: small")


def test_any_kind_can_be_counted(store: Store) -> None:
    quota(store, {"configmaps": 1, "services.nodeports": 0, "count/services": 5})
    put(store, CONFIG_MAPS, "one", data={})
    assert refused(store, CONFIG_MAPS, "two", data={}) == (
        "exceeded quota: small, requested: configmaps=1, used: configmaps=1, limited: configmaps=1"
    )
    plain: Json = {"ports": [{"port": 80}]}
    service = put(store, SERVICES, "web", spec=plain)
    wanted = {**service, "spec": {**service["spec"], "type": "NodePort"}}
    with pytest.raises(Denied) as denied:
        gate.admit(store, SERVICES, wanted, service)
    assert str(denied.value).endswith(
        "exceeded quota: small, requested: services.nodeports=1, used: services.nodeports=0, "
        "limited: services.nodeports=0"
    )
    assert used(store) == {"configmaps": "1", "services.nodeports": "0", "count/services": "1"}


def test_a_change_that_uses_no_more_is_taken_by_a_full_quota(store: Store) -> None:
    quota(store, {"configmaps": 1})
    before = put(store, CONFIG_MAPS, "one", data={"a": "1"})
    assert gate.admit(store, CONFIG_MAPS, {**before, "data": {"a": "2"}}, before)["data"] == {
        "a": "2"
    }
