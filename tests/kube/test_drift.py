"""Looks at a release's objects of every kind, through an API made for it."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError

from shipway.commands.helm import Release
from shipway.kube import drift
from shipway.model.drift import Difference

Object = dict[str, Any]

RELEASE = Release("app-dev", "dev")
HPAS = "/apis/autoscaling/v2/namespaces/dev/horizontalpodautoscalers"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SERVICE = "/api/v1/namespaces/dev/services/app"
MANIFEST: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "app"},
    "spec": {"type": "ClusterIP"},
}


@dataclass
class Api:
    """Objects by path. A dry run of apply answers with `released`, a patch with `patched`, one code after the other."""

    objects: dict[str, Object] = field(default_factory=dict)
    released: dict[str, Object] = field(default_factory=dict)
    patched: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)  # instead of a dry run

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if path in {HPAS, CRDS}:
            return httpx2.Response(200, json=self.objects.get(path, {"items": []}))
        if path not in self.objects:
            return _refused(404, "not found")
        if request.method == "GET":
            return httpx2.Response(200, json=self.objects[path])
        self.sent.append(json.loads(request.content))
        if request.headers["Content-Type"] == "application/apply-patch+yaml":
            assert dict(request.url.params) == {
                "fieldManager": "helm",
                "force": "true",
                "dryRun": "All",
            }
            if path in self.answers:
                return _refused(*self.answers[path])
            return httpx2.Response(200, json=self.released.get(path, self.objects[path]))
        code = self.patched.pop(0)
        return httpx2.Response(200, json={}) if code == 200 else _refused(code, "the test failed")


def _refused(code: int, message: str) -> httpx2.Response:
    status = {"kind": "Status", "status": "Failure", "code": code, "message": message}
    return httpx2.Response(code, json=status)


@pytest.fixture
def api() -> Api:
    return Api()


def _live(spec: Object, version: str = "7", *, by: str = "") -> Object:
    owners = [{"manager": "helm", "operation": "Apply", "fieldsV1": {"f:spec": {"f:a": {}}}}]
    if by:
        fields: Object = {"f:spec": {"f:type": {}}}
        owners.append({"manager": by, "operation": "Update", "fieldsV1": fields})
    metadata = {"name": "app", "resourceVersion": version, "managedFields": owners}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


async def test_an_object_is_compared_with_what_the_cluster_would_make_of_it(
    api: Api, client: AsyncClient
) -> None:
    api.objects[SERVICE] = _live({"type": "NodePort"}, by="kubectl-edit")
    api.released[SERVICE] = _live({"type": "ClusterIP"})
    assert await drift.find(client, RELEASE, [MANIFEST]) == (
        Difference("Service/app", ("spec", "type"), "ClusterIP", "NodePort", "kubectl-edit"),
    )
    assert api.asked == [f"GET {HPAS}", f"GET {SERVICE}", f"PATCH {SERVICE}"]
    assert api.sent[0]["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "Helm"}


async def test_what_is_not_there_is_not_asked_about_twice(api: Api, client: AsyncClient) -> None:
    assert await drift.find(client, RELEASE, [MANIFEST]) == (Difference("Service/app"),)
    assert api.sent == []


async def test_objects_are_found_wherever_their_kind_and_the_manifest_put_them(
    api: Api, client: AsyncClient
) -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    own = {"apiVersion": "stable.example.com/v1", "kind": "CronTab"}
    wide = {"apiVersion": "stable.example.com/v1", "kind": "CronPlan"}
    manifests: list[Object] = [
        {**role, "metadata": {"name": "reader"}},
        {**MANIFEST, "metadata": {"name": "app", "namespace": "other"}},
        {**own, "metadata": {"name": "nightly"}},
        {**wide, "metadata": {"name": "all"}},
    ]
    api.objects[CRDS] = {"items": [_definition("CronTab", "crontabs", "Namespaced")]}
    api.objects[CRDS]["items"].append(_definition("CronPlan", "cronplans", "Cluster"))
    found = await drift.find(client, RELEASE, manifests)
    assert [str(each) for each in found] == [
        "ClusterRole/reader: is not there",
        "Service/app: is not there",
        "CronTab/nightly: is not there",
        "CronPlan/all: is not there",
    ]
    assert set(api.asked) == {
        f"GET {HPAS}",
        f"GET {CRDS}",
        "GET /apis/rbac.authorization.k8s.io/v1/clusterroles/reader",
        "GET /api/v1/namespaces/other/services/app",
        "GET /apis/stable.example.com/v1/namespaces/dev/crontabs/nightly",
        "GET /apis/stable.example.com/v1/cronplans/all",
    }


def _definition(kind: str, plural: str, scope: str) -> Object:
    return {
        "metadata": {"name": f"{plural}.stable.example.com"},
        "spec": {
            "group": "stable.example.com",
            "names": {"kind": kind, "plural": plural},
            "scope": scope,
            "versions": [{"name": "v1", "served": True, "storage": True}],
        },
    }


async def test_a_kind_that_is_gone_is_said(api: Api, client: AsyncClient) -> None:
    own = {"apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": "a"}}
    found = await drift.find(client, RELEASE, [own])
    assert [str(each) for each in found] == [
        "CronTab/a: cannot become what was released: "
        "the cluster knows no CronTab of stable.example.com/v1"
    ]


async def test_what_the_cluster_would_not_make_is_said_but_for_a_secret(
    api: Api, client: AsyncClient
) -> None:
    secret: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}}
    keys = "/api/v1/namespaces/dev/secrets/keys"
    api.objects |= {SERVICE: _live({}), keys: {**_live({}), "kind": "Secret"}}
    api.answers[SERVICE] = (422, 'Service "app" is invalid: spec.clusterIP: field is immutable')
    api.answers[keys] = (422, 'Secret "keys" is invalid: data: "c2VjcmV0"')
    found = await drift.find(client, RELEASE, [MANIFEST, secret])
    assert [str(each) for each in found] == [
        "Service/app: cannot become what was released: "
        'Service "app" is invalid: spec.clusterIP: field is immutable',
        "Secret/keys: cannot become what was released: it is invalid",
    ]


@pytest.mark.parametrize("code", [403, 500])
async def test_a_cluster_that_does_not_tell_is_no_difference(
    api: Api, client: AsyncClient, code: int
) -> None:
    api.objects[SERVICE] = _live({})
    api.answers[SERVICE] = (code, "no")
    with pytest.raises(ApiError, match="no"):
        await drift.find(client, RELEASE, [MANIFEST])


async def test_helm_gets_its_fields_back_though_others_write_meanwhile(
    api: Api, client: AsyncClient
) -> None:
    api.objects[SERVICE] = _live({"type": "NodePort"}, by="kubectl-edit")
    api.released[SERVICE] = _live({"type": "ClusterIP"})
    api.patched = [422, 200]
    (told,) = await drift.reclaim(client, RELEASE, [MANIFEST])
    assert told.live == "NodePort"
    fields: Object = {"f:spec": {"f:a": {}, "f:type": {}}}
    helm = {"manager": "helm", "operation": "Apply", "apiVersion": "v1", "fieldsV1": fields}
    assert (
        api.sent[1:]
        == [
            [
                {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
                {"op": "add", "path": "/metadata/managedFields", "value": [helm]},
            ]
        ]
        * 2
    )


async def test_an_object_that_never_rests_is_given_up(api: Api, client: AsyncClient) -> None:
    api.objects[SERVICE] = _live({"type": "NodePort"}, by="kubectl-edit")
    api.released[SERVICE] = _live({"type": "ClusterIP"})
    api.patched = [409] * 9
    with pytest.raises(ApiError, match="the test failed"):
        await drift.reclaim(client, RELEASE, [MANIFEST])
    assert len(api.patched) == 9 - drift.ATTEMPTS


async def test_where_nothing_differs_nothing_is_written(api: Api, client: AsyncClient) -> None:
    api.objects[SERVICE] = _live({"type": "ClusterIP"})
    assert await drift.reclaim(client, RELEASE, [MANIFEST]) == ()
    assert len(api.sent) == 1, "the dry run alone"
