"""What admission looks up in the store: the default class of an Ingress, the account of a pod."""

from typing import Any

import pytest

from drydock import gate
from drydock.admission import Denied
from drydock.admission.ingress_class import default_class
from drydock.resources import INGRESS_CLASSES, INGRESSES, PODS, SERVICE_ACCOUNTS, Object
from drydock.store import Store

Json = dict[str, Any]


@pytest.fixture
def store() -> Store:
    return Store()


def ingress_class(name: str, *, default: bool = True, born: str = "") -> Object:
    notes = {"ingressclass.kubernetes.io/is-default-class": str(default).lower()}
    metadata = {"name": name, "annotations": notes, "creationTimestamp": born}
    return {"metadata": metadata, "spec": {"controller": "x/y"}}


def have(store: Store, *classes: Object) -> None:
    for each in classes:
        store.create(INGRESS_CLASSES, each)


def ingress(store: Store, *, annotations: Json | None = None, **spec: Any) -> Object:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    metadata = {"name": "web", "namespace": "dev", "annotations": annotations or {}}
    obj = {"metadata": metadata, "spec": {"defaultBackend": backend, **spec}}
    return gate.admit(store, INGRESSES, obj, None)


def test_an_ingress_without_a_class_gets_the_default_one(store: Store) -> None:
    have(store, ingress_class("traefik"), ingress_class("other", default=False))
    assert ingress(store)["spec"]["ingressClassName"] == "traefik"


def test_of_several_default_classes_the_youngest_is_taken_and_then_the_first() -> None:
    old, young = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
    classes = [ingress_class(name, born=born) for name, born in (("a", old), ("c", young))]
    obj: Json = {"metadata": {}, "spec": {}}
    default_class(obj, [*classes, ingress_class("b", born=young)])
    assert obj["spec"] == {"ingressClassName": "b"}


def test_an_ingress_that_names_its_class_keeps_it(store: Store) -> None:
    have(store, ingress_class("traefik"), ingress_class("other", default=False))
    assert ingress(store, ingressClassName="nginx")["spec"]["ingressClassName"] == "nginx"
    of_old = ingress(store, annotations={"kubernetes.io/ingress.class": "nginx"})
    assert "ingressClassName" not in of_old["spec"]


def test_without_a_default_class_and_at_an_update_an_ingress_stays_without(store: Store) -> None:
    before = ingress(store)
    assert "ingressClassName" not in before["spec"]
    have(store, ingress_class("traefik"), ingress_class("other", default=False))
    assert "ingressClassName" not in gate.admit(store, INGRESSES, before, before)["spec"]


def pod(store: Store, **spec: Any) -> Object:
    obj = {
        "metadata": {"name": "web", "namespace": "dev"},
        "spec": {"containers": [{"name": "web", "image": "web:1"}], **spec},
    }
    return gate.admit(store, PODS, obj, None)


def test_a_pod_of_an_account_that_is_not_there_is_refused(store: Store) -> None:
    said = (
        'pods "web" is forbidden: error looking up service account dev/robot: '
        'serviceaccount "robot" not found'
    )
    with pytest.raises(Denied) as denied:
        pod(store, serviceAccountName="robot")
    assert str(denied.value) == said
    store.create(SERVICE_ACCOUNTS, {"metadata": {"name": "robot", "namespace": "dev"}})
    assert pod(store, serviceAccountName="robot")["spec"]["serviceAccountName"] == "robot"


def test_the_default_account_may_come_a_moment_later(store: Store) -> None:
    assert pod(store)["spec"]["serviceAccountName"] == "default"
