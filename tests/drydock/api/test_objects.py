"""Reads, lists and deletions over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from drydock.resources import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS, SECRETS, Object
from drydock.store import Store

Call = Callable[..., Awaitable[tuple[int, Any]]]

CONFIG_MAPS_OF_DEV = "/api/v1/namespaces/dev/configmaps"
PODS_OF_DEV = "/api/v1/namespaces/dev/pods"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PARTIAL = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"


@pytest.fixture
def config_maps(store: Store) -> list[Object]:
    return [
        store.create(
            CONFIG_MAPS,
            {
                "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
                "data": {"from": namespace},
            },
        )
        for namespace, name in [("default", "a"), ("dev", "a"), ("dev", "b"), ("dev", "c")]
    ]


def names(answer: Any) -> list[str]:
    return [item["metadata"]["name"] for item in answer["items"]]


def failure(code: int, reason: str, message: str, **details: Any) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        **({"details": details} if details else {}),
        "code": code,
    }


class TestGet:
    async def test_answers_the_object(self, call: Call, config_maps: list[Object]) -> None:
        assert await call("GET", f"{CONFIG_MAPS_OF_DEV}/b") == (200, config_maps[2])

    async def test_of_what_is_not_there_is_404(self, call: Call) -> None:
        assert await call("GET", "/apis/apps/v1/namespaces/dev/deployments/web") == (
            404,
            failure(
                404,
                "NotFound",
                'deployments.apps "web" not found',
                name="web",
                group="apps",
                kind="deployments",
            ),
        )

    @pytest.mark.parametrize("path", ["/nowhere", "/api/v1/things", "/api/v1/pods/web", "/apis/x"])
    async def test_of_an_unknown_path_is_404(self, call: Call, path: str) -> None:
        code, answer = await call("GET", path)
        message = "the server could not find the requested resource"
        assert (code, answer) == (404, failure(404, "NotFound", message) | {"details": {}})

    async def test_of_a_version_to_come_is_a_timeout(self, call: Call, store: Store) -> None:
        code, answer = await call("GET", CONFIG_MAPS_OF_DEV, resourceVersion="99")
        assert code == 504
        assert answer["message"] == f"Too large resource version: 99, current: {store.version}"
        assert answer["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", CONFIG_MAPS_OF_DEV),
        ("POST", "/api/v1/configmaps"),
        ("POST", f"{CONFIG_MAPS_OF_DEV}/a"),
        ("DELETE", "/apis/apps/v1/namespaces/dev/deployments/web/status"),
        ("POST", "/version"),
    ],
)
async def test_other_methods_are_not_allowed(call: Call, method: str, path: str) -> None:
    assert await call(method, path, {}) == (
        405,
        failure(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        ),
    )


class TestList:
    async def test_answers_one_namespace_or_all(
        self, call: Call, config_maps: list[Object], store: Store
    ) -> None:
        assert await call("GET", CONFIG_MAPS_OF_DEV) == (
            200,
            {
                "kind": "ConfigMapList",
                "apiVersion": "v1",
                "metadata": {"resourceVersion": str(store.version)},
                "items": config_maps[1:],
            },
        )
        assert (await call("GET", "/api/v1/configmaps"))[1]["items"] == config_maps

    @pytest.mark.usefixtures("config_maps")
    async def test_selects(self, call: Call) -> None:
        _, answer = await call("GET", CONFIG_MAPS_OF_DEV, labelSelector="app in (a,b)")
        assert names(answer) == ["a", "b"]
        _, answer = await call("GET", CONFIG_MAPS_OF_DEV, fieldSelector="metadata.name!=b")
        assert names(answer) == ["a", "c"]

    async def test_refuses_selectors_that_do_not_parse(self, call: Call) -> None:
        code, answer = await call("GET", CONFIG_MAPS_OF_DEV, labelSelector="a b")
        assert (code, answer["reason"]) == (400, "BadRequest")

    @pytest.mark.usefixtures("config_maps")
    async def test_comes_in_pages_of_one_version(self, call: Call, store: Store) -> None:
        version = str(store.version)
        _, first = await call("GET", CONFIG_MAPS_OF_DEV, limit="2")
        assert names(first) == ["a", "b"]
        assert first["metadata"]["remainingItemCount"] == 1
        store.delete(CONFIG_MAPS, "dev", "a")
        token = first["metadata"]["continue"]
        _, second = await call("GET", CONFIG_MAPS_OF_DEV, **{"limit": "2", "continue": token})
        assert names(second) == ["c"]
        assert second["metadata"] == {"resourceVersion": version}

    async def test_shows_on_every_page_what_was_there_at_the_first(
        self, call: Call, config_maps: list[Object], store: Store
    ) -> None:
        _, first = await call("GET", CONFIG_MAPS_OF_DEV, limit="1")
        store.delete(CONFIG_MAPS, "dev", "b")
        changed = {"metadata": {"name": "c", "namespace": "dev"}, "data": {"new": "yes"}}
        store.update(CONFIG_MAPS, changed)
        store.create(CONFIG_MAPS, {"metadata": {"name": "d", "namespace": "dev"}})
        seen, page = list(first["items"]), first
        while token := page["metadata"].get("continue"):
            _, page = await call("GET", CONFIG_MAPS_OF_DEV, **{"limit": "1", "continue": token})
            seen += page["items"]
        assert seen == config_maps[1:]

    @pytest.mark.usefixtures("config_maps")
    async def test_cannot_be_continued_after_many_others_were_begun(self, call: Call) -> None:
        _, first = await call("GET", CONFIG_MAPS_OF_DEV, limit="2")
        token = first["metadata"]["continue"]
        for _ in range(15):
            await call("GET", CONFIG_MAPS_OF_DEV, limit="2")
        assert (await call("GET", CONFIG_MAPS_OF_DEV, **{"continue": token}))[0] == 200
        await call("GET", CONFIG_MAPS_OF_DEV, limit="2")
        code, answer = await call("GET", CONFIG_MAPS_OF_DEV, **{"continue": token})
        assert (code, answer["reason"]) == (410, "Expired")

    @pytest.mark.usefixtures("config_maps")
    async def test_cannot_be_continued_as_another_one(self, call: Call) -> None:
        _, first = await call("GET", CONFIG_MAPS_OF_DEV, limit="2")
        query = {"continue": first["metadata"]["continue"]}
        code, answer = await call("GET", CONFIG_MAPS_OF_DEV, **query, labelSelector="app=a")
        assert (code, answer["reason"]) == (400, "BadRequest")

    @pytest.mark.usefixtures("config_maps")
    async def test_refuses_to_continue_what_was_not_begun(self, call: Call) -> None:
        code, answer = await call("GET", CONFIG_MAPS_OF_DEV, **{"continue": "nonsense"})
        assert (code, answer["reason"]) == (400, "BadRequest")
        assert answer["message"].startswith("continue key is not valid: ")

    @pytest.mark.usefixtures("config_maps")
    async def test_comes_as_a_table(self, call: Call, store: Store) -> None:
        _, answer = await call("GET", CONFIG_MAPS_OF_DEV, accept=TABLE, includeObject="None")
        assert [column["name"] for column in answer["columnDefinitions"]] == ["Name", "Data", "Age"]
        assert [row["cells"][:2] for row in answer["rows"]] == [["a", 1], ["b", 1], ["c", 1]]
        assert answer["metadata"] == {"resourceVersion": str(store.version)}
        assert all("object" not in row for row in answer["rows"])

    async def test_comes_as_metadata(self, call: Call, config_maps: list[Object]) -> None:
        _, answer = await call("GET", CONFIG_MAPS_OF_DEV, accept=PARTIAL)
        assert (answer["kind"], answer["apiVersion"]) == (
            "PartialObjectMetadataList",
            "meta.k8s.io/v1",
        )
        assert answer["items"] == [
            {
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": obj["metadata"],
            }
            for obj in config_maps[1:]
        ]

    async def test_watch_list_needs_what_belongs_to_it(self, call: Call) -> None:
        code, answer = await call("GET", PODS_OF_DEV, watch="true", sendInitialEvents="true")
        assert (code, answer["reason"]) == (422, "Invalid")
        assert answer["message"] == (
            'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: '
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        )


class TestDelete:
    async def test_answers_success(
        self, call: Call, config_maps: list[Object], store: Store
    ) -> None:
        uid = config_maps[1]["metadata"]["uid"]
        assert await call("DELETE", f"{CONFIG_MAPS_OF_DEV}/a") == (
            200,
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Success",
                "details": {"name": "a", "kind": "configmaps", "uid": uid},
            },
        )
        assert store.get(CONFIG_MAPS, "dev", "a") is None

    async def test_of_what_is_not_there_is_404(self, call: Call) -> None:
        code, answer = await call("DELETE", f"{CONFIG_MAPS_OF_DEV}/a")
        assert (code, answer["message"]) == (404, 'configmaps "a" not found')

    async def test_of_a_running_pod_answers_the_pod_that_lives_on(
        self, call: Call, store: Store
    ) -> None:
        spec = {"nodeName": "here", "containers": []}
        store.create(PODS, {"metadata": {"name": "web", "namespace": "dev"}, "spec": spec})
        code, answer = await call("DELETE", f"{PODS_OF_DEV}/web", {"gracePeriodSeconds": 5})
        assert (code, answer["metadata"]["deletionGracePeriodSeconds"]) == (200, 5)
        assert store.list(PODS) == [answer]

    async def test_takes_options_from_body_or_query(self, call: Call, store: Store) -> None:
        for name in ("one", "two"):
            store.create(DEPLOYMENTS, {"metadata": {"name": name, "namespace": "dev"}, "spec": {}})
        path = "/apis/apps/v1/namespaces/dev/deployments"
        await call("DELETE", f"{path}/one", {"propagationPolicy": "Foreground"})
        await call("DELETE", f"{path}/two", propagationPolicy="Orphan")
        found = {obj["metadata"]["name"]: obj["metadata"] for obj in store.list(DEPLOYMENTS)}
        assert found["one"]["finalizers"] == ["foregroundDeletion"]
        assert found["two"]["finalizers"] == ["orphan"]

    @pytest.mark.usefixtures("config_maps")
    async def test_honours_preconditions(self, call: Call) -> None:
        body = {"preconditions": {"uid": "other"}}
        code, answer = await call("DELETE", f"{CONFIG_MAPS_OF_DEV}/a", body)
        assert (code, answer["reason"]) == (409, "Conflict")
        assert answer["message"].startswith(
            'Operation cannot be fulfilled on configmaps "a": Precondition failed: '
            "UID in precondition: other, UID in object meta: "
        )

    async def test_of_a_dry_run_deletes_nothing(
        self, call: Call, config_maps: list[Object], store: Store
    ) -> None:
        code, answer = await call("DELETE", f"{CONFIG_MAPS_OF_DEV}/a", dryRun="All")
        assert (code, answer["status"]) == (200, "Success")
        assert (await call("DELETE", f"{CONFIG_MAPS_OF_DEV}/b", {"dryRun": ["All"]}))[0] == 200
        assert store.list(CONFIG_MAPS) == config_maps

    async def test_of_a_collection_honours_selectors(
        self, call: Call, config_maps: list[Object], store: Store
    ) -> None:
        code, answer = await call("DELETE", CONFIG_MAPS_OF_DEV, labelSelector="app!=b")
        assert (code, names(answer)) == (200, ["a", "c"])
        assert store.list(CONFIG_MAPS) == [config_maps[0], config_maps[2]]

    async def test_of_a_namespace_leaves_it_terminating_and_shut(
        self, call: Call, store: Store
    ) -> None:
        code, answer = await call("DELETE", "/api/v1/namespaces/dev")
        assert (code, answer["status"]) == (200, {"phase": "Terminating"})
        code, answer = await call(
            "POST", CONFIG_MAPS_OF_DEV, {"metadata": {"name": "late"}, "data": {}}
        )
        assert (code, answer["message"]) == (
            403,
            'configmaps "late" is forbidden: unable to create new content in namespace dev '
            "because it is being terminated",
        )
        assert answer["details"]["causes"][0]["reason"] == "NamespaceTerminating"
        finalize = {"metadata": {"name": "dev"}, "spec": {}}
        assert (await call("PUT", "/api/v1/namespaces/dev/finalize", finalize))[0] == 200
        assert store.get(NAMESPACES, "", "dev") is None


async def test_the_first_namespaces_may_not_be_deleted(call: Call) -> None:
    code, answer = await call("DELETE", "/api/v1/namespaces/default")
    assert (code, answer["reason"], answer["message"]) == (
        403,
        "Forbidden",
        'namespaces "default" is forbidden: this namespace may not be deleted',
    )


async def test_secrets_are_read_as_they_are_stored(call: Call, store: Store) -> None:
    stored = store.create(
        SECRETS, {"metadata": {"name": "s", "namespace": "dev"}, "data": {"a": "Yg=="}}
    )
    assert await call("GET", "/api/v1/namespaces/dev/secrets/s") == (200, stored)
