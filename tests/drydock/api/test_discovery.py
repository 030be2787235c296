"""Discovery, OpenAPI and access reviews over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import msgspec
import pytest

from drydock.api import openapi
from drydock.resources import RESOURCES, Resource
from tests.drydock.api.conftest import TOKEN

Call = Callable[..., Awaitable[tuple[int, Any]]]

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def schemas(group: str, version: str) -> Any:
    document = openapi.document(group, version)
    assert document is not None
    return msgspec.json.decode(document)["components"]["schemas"]


async def test_the_version_is_one_that_clients_can_compare(call: Call) -> None:
    code, answer = await call("GET", "/version")
    assert (code, answer["major"], answer["minor"]) == (200, "1", "36")
    assert answer["gitVersion"].startswith("v1.36.")


@pytest.mark.parametrize(
    ("path", "groups"),
    [
        ("/api", [""]),
        (
            "/apis",
            [
                "apps",
                "authentication.k8s.io",
                "authorization.k8s.io",
                "autoscaling",
                "batch",
                "coordination.k8s.io",
                "discovery.k8s.io",
                "metrics.k8s.io",
                "networking.k8s.io",
                "policy",
                "rbac.authorization.k8s.io",
                "scheduling.k8s.io",
                "storage.k8s.io",
            ],
        ),
    ],
)
async def test_aggregated_discovery_says_in_its_content_type_what_it_is(
    client: httpx2.AsyncClient, path: str, groups: list[str]
) -> None:
    response = await client.get(path, headers={"Accept": f"{AGGREGATED},application/json"})
    assert response.headers["content-type"] == AGGREGATED
    assert [item["metadata"]["name"] for item in response.json()["items"]] == groups


async def test_aggregated_discovery_describes_a_kind(client: httpx2.AsyncClient) -> None:
    answer = (await client.get("/apis", headers={"Accept": AGGREGATED})).json()
    [deployments, *_] = answer["items"][0]["versions"][0]["resources"]
    assert deployments == {
        "resource": "deployments",
        "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "scope": "Namespaced",
        "singularResource": "deployment",
        "verbs": [
            *("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"),
        ],
        "shortNames": ["deploy"],
        "categories": ["all"],
        "subresources": [
            {
                "subresource": "status",
                "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                "verbs": ["get", "patch", "update"],
            },
            {
                "subresource": "scale",
                "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
                "verbs": ["get", "patch", "update"],
            },
        ],
    }


async def test_older_clients_get_lists(call: Call) -> None:
    assert (await call("GET", "/api"))[1]["versions"] == ["v1"]
    _, groups = await call("GET", "/apis")
    assert "apps" in [group["name"] for group in groups["groups"]]
    assert (await call("GET", "/apis/apps"))[1]["preferredVersion"]["groupVersion"] == "apps/v1"
    _, core = await call("GET", "/api/v1")
    eviction = next(entry for entry in core["resources"] if entry["name"] == "pods/eviction")
    assert eviction == {
        "name": "pods/eviction",
        "singularName": "",
        "namespaced": True,
        "group": "policy",
        "version": "v1",
        "kind": "Eviction",
        "verbs": ["create"],
    }
    assert (await call("GET", "/apis/apps/v9"))[0] == 404


async def test_openapi_leads_to_a_document_per_group_version(call: Call) -> None:
    _, index = await call("GET", "/openapi/v3")
    assert len(index["paths"]) == 14
    for entry in index["paths"].values():
        code, document = await call("GET", entry["serverRelativeURL"])
        assert (code, document["openapi"]) == (200, "3.0.0")
        assert document["paths"]
    assert (await call("GET", "/openapi/v3/apis/apps/v9"))[0] == 404
    assert (await call("GET", "/openapi/v2"))[1]["swagger"] == "2.0"


async def test_openapi_says_that_fields_can_be_validated(call: Call) -> None:
    _, document = await call("GET", "/openapi/v3/apis/apps/v1")
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {
        "group": "apps",
        "version": "v1",
        "kind": "Deployment",
    }
    assert "fieldValidation" in [parameter["name"] for parameter in patch["parameters"]]


def test_openapi_schemas_say_how_lists_merge() -> None:
    containers = schemas("apps", "v1")["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    assert containers["description"].startswith("List of containers belonging to the pod.")
    assert {k: v for k, v in containers.items() if k != "description"} == {
        "type": "array",
        "items": {
            "allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"}],
            "default": {},
        },
        "x-kubernetes-patch-strategy": "merge",
        "x-kubernetes-patch-merge-key": "name",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
    }


def test_openapi_schemas_have_the_names_of_json() -> None:
    peers = schemas("networking.k8s.io", "v1")
    rule = peers["io.k8s.api.networking.v1.NetworkPolicyIngressRule"]
    assert sorted(rule["properties"]) == ["from", "ports"]


@pytest.mark.parametrize("kind", RESOURCES, ids=lambda kind: kind.plural)
def test_every_reference_of_every_schema_leads_somewhere(kind: Resource) -> None:
    found = schemas(kind.group, kind.version)
    assert found
    named = [
        schema["x-kubernetes-group-version-kind"][0]["kind"]
        for schema in found.values()
        if "x-kubernetes-group-version-kind" in schema
    ]
    assert kind.kind in named
    assert set(references(found)) <= {f"#/components/schemas/{name}" for name in found}


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for inner in value.values() for found in references(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in references(inner)]
    return []


async def test_the_bearer_may_do_everything(call: Call) -> None:
    path = "/apis/authorization.k8s.io/v1"
    attributes = {"resourceAttributes": {"verb": "delete", "resource": "pods"}}
    code, answer = await call("POST", f"{path}/selfsubjectaccessreviews", {"spec": attributes})
    assert (code, answer) == (
        201,
        {
            "metadata": {},
            "spec": attributes,
            "kind": "SelfSubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "status": {"allowed": True},
        },
    )
    _, rules = await call("POST", f"{path}/selfsubjectrulesreviews", {"spec": {"namespace": "d"}})
    assert rules["status"]["resourceRules"] == [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    ]
    assert (await call("GET", f"{path}/selfsubjectaccessreviews"))[0] == 405


async def test_a_token_is_known_or_it_is_not(call: Call) -> None:
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    code, known = await call("POST", path, {"spec": {"token": TOKEN}})
    user = {"username": "drydock-admin", "groups": ["system:masters", "system:authenticated"]}
    assert (code, known["status"]) == (201, {"authenticated": True, "user": user})
    _, unknown = await call("POST", path, {"spec": {"token": "guessed"}})
    assert unknown["status"] == {"user": {}, "error": "invalid bearer token"}
    _, none = await call("POST", path, {"spec": {}})
    assert none["status"] == unknown["status"]
