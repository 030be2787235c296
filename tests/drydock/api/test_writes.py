"""Creates, replacements, patches and applies over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import msgspec
import pytest

from drydock.resources import CONFIG_MAPS, DEPLOYMENTS, JOBS, NAMESPACES, Object
from drydock.store import Store

Call = Callable[..., Awaitable[tuple[int, Any]]]

CONFIG_MAPS_OF_DEV = "/api/v1/namespaces/dev/configmaps"
DEPLOYMENTS_OF_DEV = "/apis/apps/v1/namespaces/dev/deployments"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


def config_map(name: str = "settings", **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": data,
    }


def deployment(image: str = "example/web:1", **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": image}]},
            },
            **spec,
        },
    }


@pytest.fixture
async def web(call: Call) -> Object:
    code, created = await call("POST", DEPLOYMENTS_OF_DEV, deployment())
    assert code == 201
    found: Object = created
    return found


def managers(obj: Any) -> list[tuple[str, str, str]]:
    return [
        (entry["manager"], entry["operation"], entry.get("subresource", ""))
        for entry in obj["metadata"]["managedFields"]
    ]


class TestCreate:
    async def test_stores_and_answers_201(self, call: Call, store: Store) -> None:
        code, answer = await call("POST", CONFIG_MAPS_OF_DEV, config_map(colour="red"))
        assert code == 201
        assert answer == store.get(CONFIG_MAPS, "dev", "settings")
        assert answer["data"] == {"colour": "red"}
        assert managers(answer) == [("tests", "Update", "")]

    async def test_names_the_manager_it_is_told(self, call: Call) -> None:
        _, answer = await call("POST", CONFIG_MAPS_OF_DEV, config_map(a="b"), fieldManager="me")
        assert managers(answer) == [("me", "Update", "")]

    async def test_refuses_a_name_in_use(self, call: Call) -> None:
        await call("POST", CONFIG_MAPS_OF_DEV, config_map())
        code, answer = await call("POST", CONFIG_MAPS_OF_DEV, config_map())
        assert (code, answer["reason"], answer["message"]) == (
            409,
            "AlreadyExists",
            'configmaps "settings" already exists',
        )

    async def test_makes_up_the_end_of_a_generated_name(self, call: Call) -> None:
        body = {**config_map(), "metadata": {"generateName": "made-"}}
        code, answer = await call("POST", CONFIG_MAPS_OF_DEV, body)
        assert code == 201
        assert answer["metadata"]["name"].startswith("made-")
        assert len(answer["metadata"]["name"]) == 10

    async def test_gives_its_own_uid(self, call: Call) -> None:
        body = {**config_map(), "metadata": {"name": "settings", "uid": "forged"}}
        _, answer = await call("POST", CONFIG_MAPS_OF_DEV, body)
        assert answer["metadata"]["uid"] != "forged"

    async def test_a_job_selects_by_the_uid_it_is_stored_with(
        self, call: Call, store: Store
    ) -> None:
        containers = [{"name": "main", "image": "example/job"}]
        template = {"spec": {"containers": containers, "restartPolicy": "Never"}}
        body = {"metadata": {"name": "once"}, "spec": {"template": template}}
        code, answer = await call("POST", "/apis/batch/v1/namespaces/dev/jobs", body)
        assert code == 201
        assert answer == store.get(JOBS, "dev", "once")
        assert answer["spec"]["selector"]["matchLabels"] == {
            "batch.kubernetes.io/controller-uid": answer["metadata"]["uid"]
        }

    async def test_ignores_a_status_that_only_the_subresource_may_write(self, call: Call) -> None:
        body = {**deployment(), "status": {"replicas": 9}}
        _, answer = await call("POST", DEPLOYMENTS_OF_DEV, body)
        assert answer.get("status", {}).get("replicas") is None

    async def test_of_a_dry_run_stores_nothing(self, call: Call, store: Store) -> None:
        code, answer = await call("POST", CONFIG_MAPS_OF_DEV, config_map(), dryRun="All")
        assert (code, answer["metadata"]["name"]) == (201, "settings")
        assert store.list(CONFIG_MAPS) == []

    async def test_takes_yaml(self, call: Call, store: Store) -> None:
        body = b"kind: ConfigMap\napiVersion: v1\nmetadata: {name: y}\ndata: {day: '2026-01-02'}\n"
        code, _ = await call("POST", CONFIG_MAPS_OF_DEV, body, content_type="application/yaml")
        assert code == 201
        assert store.list(CONFIG_MAPS)[0]["data"] == {"day": "2026-01-02"}

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                {"metadata": {"name": "settings", "namespace": "prod"}},
                "the namespace of the provided object does not match the namespace sent on the "
                "request",
            ),
            (
                {"apiVersion": "v2"},
                "the API version in the data (v2) does not match the expected API version (v1)",
            ),
            (
                {"metadata": {"name": "settings", "resourceVersion": "1"}},
                "resourceVersion should not be set on objects to be created",
            ),
        ],
    )
    async def test_refuses_what_does_not_belong_here(
        self, call: Call, change: dict[str, Any], message: str
    ) -> None:
        code, answer = await call("POST", CONFIG_MAPS_OF_DEV, {**config_map(), **change})
        assert (code, answer["reason"], answer["message"]) == (400, "BadRequest", message)

    async def test_refuses_another_kind(self, call: Call) -> None:
        code, answer = await call("POST", CONFIG_MAPS_OF_DEV, deployment())
        assert code == 400
        assert answer["message"].startswith(
            'Deployment in version "v1" cannot be handled as a ConfigMap'
        )

    async def test_refuses_an_object_without_a_name(self, call: Call) -> None:
        code, answer = await call("POST", CONFIG_MAPS_OF_DEV, {"data": {}})
        assert (code, answer["message"]) == (
            422,
            'ConfigMap "" is invalid: metadata.name: Required value: '
            "name or generateName is required",
        )

    async def test_refuses_a_namespace_that_is_not_there(self, call: Call) -> None:
        code, answer = await call("POST", "/api/v1/namespaces/nowhere/configmaps", config_map())
        assert (code, answer["message"]) == (404, 'namespaces "nowhere" not found')

    async def test_tells_every_cause_why_an_object_is_invalid(self, call: Call) -> None:
        body = deployment(selector={"matchLabels": {"app": "other"}}, replicas=-1)
        code, answer = await call("POST", DEPLOYMENTS_OF_DEV, body)
        assert (code, answer["reason"]) == (422, "Invalid")
        assert answer["message"].startswith('Deployment.apps "web" is invalid: [')
        assert {cause["field"] for cause in answer["details"]["causes"]} == {
            "spec.replicas",
            "spec.template.metadata.labels",
        }
        assert answer["details"]["kind"] == "Deployment"

    async def test_refuses_a_value_of_the_wrong_type(self, call: Call) -> None:
        code, answer = await call("POST", DEPLOYMENTS_OF_DEV, deployment(replicas="two"))
        assert code == 400
        assert answer["message"].startswith(
            'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal '
            "string into Go struct field "
        )

    async def test_refuses_a_body_that_is_too_large(self, call: Call) -> None:
        code, answer = await call(
            "POST", CONFIG_MAPS_OF_DEV, config_map(big="x" * (3 * 1024 * 1024))
        )
        assert (code, answer["reason"]) == (413, "RequestEntityTooLarge")


class TestFieldValidation:
    TYPO = deployment(replica=3)

    async def test_strict_refuses_fields_that_the_kind_does_not_have(self, call: Call) -> None:
        code, answer = await call("POST", DEPLOYMENTS_OF_DEV, self.TYPO, fieldValidation="Strict")
        assert (code, answer["message"]) == (
            400,
            'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
            'unknown field "spec.replica"',
        )

    @pytest.mark.parametrize(
        ("mode", "warnings"),
        [({}, 1), ({"fieldValidation": "Warn"}, 1), ({"fieldValidation": "Ignore"}, 0)],
    )
    async def test_others_drop_them_with_or_without_a_warning(
        self, client: httpx2.AsyncClient, mode: dict[str, str], warnings: int
    ) -> None:
        response = await client.post(
            DEPLOYMENTS_OF_DEV, params=mode, content=msgspec.json.encode(self.TYPO)
        )
        assert response.status_code == 201
        assert "replica" not in response.json()["spec"]
        expected = ['299 - "unknown field \\"spec.replica\\""'] * warnings
        assert response.headers.get_list("warning") == expected

    async def test_refuses_other_modes(self, call: Call) -> None:
        code, answer = await call("POST", DEPLOYMENTS_OF_DEV, self.TYPO, fieldValidation="Maybe")
        assert (code, answer["reason"]) == (422, "Invalid")


class TestReplace:
    async def test_bumps_version_and_generation(self, call: Call, web: Object) -> None:
        wanted = {**web, "spec": {**web["spec"], "replicas": 5}}
        code, answer = await call("PUT", f"{DEPLOYMENTS_OF_DEV}/web", wanted)
        assert (code, answer["spec"]["replicas"], answer["metadata"]["generation"]) == (200, 5, 2)
        assert int(answer["metadata"]["resourceVersion"]) > int(web["metadata"]["resourceVersion"])

    async def test_that_changes_nothing_bumps_nothing(self, call: Call, web: Object) -> None:
        assert await call("PUT", f"{DEPLOYMENTS_OF_DEV}/web", web) == (200, web)

    async def test_from_a_stale_copy_is_a_conflict(self, call: Call, web: Object) -> None:
        path = f"{DEPLOYMENTS_OF_DEV}/web"
        await call("PUT", path, {**web, "spec": {**web["spec"], "replicas": 5}})
        code, answer = await call("PUT", path, {**web, "spec": {**web["spec"], "replicas": 6}})
        assert (code, answer["reason"], answer["message"]) == (
            409,
            "Conflict",
            'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; '
            "please apply your changes to the latest version and try again",
        )

    async def test_of_another_name_is_refused(self, call: Call, web: Object) -> None:
        body = {**web, "metadata": {**web["metadata"], "name": "other"}}
        code, answer = await call("PUT", f"{DEPLOYMENTS_OF_DEV}/web", body)
        assert (code, answer["message"]) == (
            400,
            "the name of the object (other) does not match the name on the URL (web)",
        )

    async def test_of_what_is_not_there_is_404(self, call: Call) -> None:
        code, answer = await call("PUT", f"{CONFIG_MAPS_OF_DEV}/settings", config_map())
        assert (code, answer["message"]) == (404, 'configmaps "settings" not found')

    async def test_of_the_status_leaves_the_rest_alone(self, call: Call, web: Object) -> None:
        wanted = {**web, "spec": {"replicas": 77}, "status": {"replicas": 2}}
        code, answer = await call("PUT", f"{DEPLOYMENTS_OF_DEV}/web/status", wanted)
        assert code == 200
        assert (answer["spec"], answer["status"]["replicas"]) == (web["spec"], 2)
        assert answer["metadata"]["generation"] == 1
        assert managers(answer) == [("tests", "Update", ""), ("tests", "Update", "status")]

    async def test_of_the_main_resource_leaves_the_status_alone(
        self, call: Call, web: Object
    ) -> None:
        await call("PUT", f"{DEPLOYMENTS_OF_DEV}/web/status", {**web, "status": {"replicas": 2}})
        wanted = {**deployment(), "status": {"replicas": 9}}
        _, answer = await call("PUT", f"{DEPLOYMENTS_OF_DEV}/web", wanted)
        assert answer["status"]["replicas"] == 2

    async def test_of_a_lease_needs_its_version(self, call: Call) -> None:
        path = "/apis/coordination.k8s.io/v1/namespaces/dev/leases"
        lease = {"metadata": {"name": "mine"}, "spec": {"holderIdentity": "me"}}
        assert (await call("POST", path, lease))[0] == 201
        code, answer = await call("PUT", f"{path}/mine", lease)
        assert (code, answer["message"]) == (
            422,
            'leases.coordination.k8s.io "mine" is invalid: metadata.resourceVersion: '
            "Invalid value: 0: must be specified for an update",
        )

    async def test_of_a_namespace_keeps_its_finalizers(self, call: Call, store: Store) -> None:
        body = {"metadata": {"name": "dev", "labels": {"a": "b"}}, "spec": {}}
        code, _ = await call("PUT", "/api/v1/namespaces/dev", body)
        found = store.get(NAMESPACES, "", "dev")
        assert code == 200
        assert found is not None
        assert found["spec"] == {"finalizers": ["kubernetes"]}
        assert found["metadata"]["labels"]["a"] == "b"


@pytest.mark.usefixtures("web")
class TestPatch:
    PATH = f"{DEPLOYMENTS_OF_DEV}/web"

    @pytest.mark.parametrize(
        ("content_type", "patch"),
        [
            (JSON_PATCH, [{"op": "replace", "path": "/spec/replicas", "value": 7}]),
            (MERGE_PATCH, {"spec": {"replicas": 7}}),
            (STRATEGIC_PATCH, {"spec": {"replicas": 7}}),
        ],
    )
    async def test_of_each_type(self, call: Call, content_type: str, patch: Any) -> None:
        code, answer = await call("PATCH", self.PATH, patch, content_type=content_type)
        assert (code, answer["spec"]["replicas"], answer["metadata"]["generation"]) == (200, 7, 2)

    async def test_of_another_type_is_415(self, call: Call) -> None:
        code, answer = await call("PATCH", self.PATH, {}, content_type="application/json")
        assert (code, answer["message"]) == (
            415,
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json-patch+json, application/merge-patch+json, "
            "application/strategic-merge-patch+json, application/apply-patch+yaml",
        )

    async def test_that_does_not_fit_is_refused(self, call: Call) -> None:
        patch = [{"op": "test", "path": "/spec/replicas", "value": 99}]
        code, answer = await call("PATCH", self.PATH, patch, content_type=JSON_PATCH)
        assert (code, answer["reason"]) == (422, "Invalid")
        assert answer["message"].startswith(
            "the server rejected our request due to an error in our request: "
        )

    async def test_with_a_stale_version_is_a_conflict(self, call: Call) -> None:
        patch = {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 7}}
        code, answer = await call("PATCH", self.PATH, patch, content_type=MERGE_PATCH)
        assert (code, answer["reason"]) == (409, "Conflict")

    async def test_that_would_make_it_invalid_is_refused(self, call: Call, store: Store) -> None:
        patch = {"spec": {"selector": {"matchLabels": {"app": "other"}}}}
        code, answer = await call("PATCH", self.PATH, patch, content_type=MERGE_PATCH)
        assert (code, answer["reason"]) == (422, "Invalid")
        assert "field is immutable" in answer["message"]
        assert store.list(DEPLOYMENTS)[0]["metadata"]["generation"] == 1

    async def test_of_the_status(self, call: Call) -> None:
        patch = {"spec": {"replicas": 9}, "status": {"observedGeneration": 1}}
        code, answer = await call("PATCH", f"{self.PATH}/status", patch, content_type=MERGE_PATCH)
        assert (code, answer["status"]["observedGeneration"]) == (200, 1)
        assert answer["spec"]["replicas"] == 2

    async def test_of_a_dry_run_changes_nothing(self, call: Call, store: Store) -> None:
        before = store.list(DEPLOYMENTS)
        patch = {"spec": {"replicas": 7}}
        code, answer = await call("PATCH", self.PATH, patch, content_type=MERGE_PATCH, dryRun="All")
        assert (code, answer["spec"]["replicas"]) == (200, 7)
        assert store.list(DEPLOYMENTS) == before


class TestApply:
    PATH = f"{DEPLOYMENTS_OF_DEV}/web"

    async def test_creates_and_then_changes_only_what_differs(
        self, call: Call, store: Store
    ) -> None:
        async def apply(body: Any) -> tuple[int, Any]:
            return await call("PATCH", self.PATH, body, content_type=APPLY, fieldManager="me")

        code, created = await apply(deployment())
        assert (code, managers(created)) == (201, [("me", "Apply", "")])
        assert await apply(deployment()) == (200, created)
        code, changed = await apply(deployment("example/web:2"))
        assert (code, changed["metadata"]["generation"]) == (200, 2)
        assert store.list(DEPLOYMENTS) == [changed]

    async def test_conflicts_with_another_manager_until_forced(self, call: Call) -> None:
        await call("POST", DEPLOYMENTS_OF_DEV, deployment(), fieldManager="other")

        async def apply(**query: str) -> tuple[int, Any]:
            body = deployment(replicas=3)
            return await call(
                "PATCH", self.PATH, body, content_type=APPLY, fieldManager="me", **query
            )

        code, answer = await apply()
        assert (code, answer["reason"], answer["message"]) == (
            409,
            "Conflict",
            'Apply failed with 1 conflict: conflict with "other" using apps/v1: .spec.replicas',
        )
        assert answer["details"]["causes"] == [
            {
                "reason": "FieldManagerConflict",
                "message": 'conflict with "other" using apps/v1',
                "field": ".spec.replicas",
            }
        ]
        code, answer = await apply(force="true")
        assert (code, answer["spec"]["replicas"]) == (200, 3)

    async def test_needs_a_field_manager(self, call: Call) -> None:
        code, answer = await call("PATCH", self.PATH, deployment(), content_type=APPLY)
        assert (code, answer["reason"]) == (422, "Invalid")
        assert "fieldManager: Required value: is required for apply patch" in answer["message"]

    async def test_of_the_same_spelled_otherwise_changes_nothing(
        self, call: Call, store: Store
    ) -> None:
        wanted = deployment()
        container = wanted["spec"]["template"]["spec"]["containers"][0]
        container["resources"] = {"limits": {"cpu": "1000m", "memory": "1024Mi"}}
        container["env"] = [{"name": "EMPTY", "value": ""}]
        query = {"content_type": APPLY, "fieldManager": "helm"}
        code, created = await call("PATCH", self.PATH, wanted, **query)
        stored = created["spec"]["template"]["spec"]["containers"][0]
        assert (code, stored["resources"]["limits"]) == (201, {"cpu": "1", "memory": "1Gi"})
        assert stored["env"] == [{"name": "EMPTY"}]
        version = store.version
        assert await call("PATCH", self.PATH, wanted, **query) == (200, created)
        assert store.version == version

    async def test_of_what_does_not_fit_its_kind_is_the_servers_nameless_error(
        self, call: Call
    ) -> None:
        body = deployment(replicaz=3)
        code, answer = await call("PATCH", self.PATH, body, content_type=APPLY, fieldManager="me")
        assert (code, answer) == (
            500,
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": "failed to create typed patch object (dev/web; apps/v1, Kind=Deployment): "
                ".spec.replicaz: field not declared in schema",
                "code": 500,
            },
        )

    async def test_may_not_name_the_owners(self, call: Call) -> None:
        body = config_map(a="1")
        body["metadata"]["managedFields"] = [{"manager": "x"}]
        path = f"{CONFIG_MAPS_OF_DEV}/settings"
        code, answer = await call("PATCH", path, body, content_type=APPLY, fieldManager="me")
        assert (code, answer["message"]) == (400, "metadata.managedFields must be nil")
