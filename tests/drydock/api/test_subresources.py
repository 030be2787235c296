"""Scale, logs and evictions over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from drydock.resources import DEPLOYMENTS, POD_DISRUPTION_BUDGETS, PODS, Object
from drydock.store import Store

Call = Callable[..., Awaitable[tuple[int, Any]]]

SCALE = "/apis/apps/v1/namespaces/dev/deployments/web/scale"
LOG = "/api/v1/namespaces/dev/pods/web/log"
EVICTION = "/api/v1/namespaces/dev/pods/web/eviction"


class TestScale:
    @pytest.fixture(autouse=True)
    async def web(self, call: Call) -> Object:
        labels = {"app": "web"}
        containers = [{"name": "web", "image": "example/web"}]
        template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
        spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
        body = {"metadata": {"name": "web"}, "spec": spec}
        _, created = await call("POST", "/apis/apps/v1/namespaces/dev/deployments", body)
        found: Object = created
        return found

    async def test_is_read(self, call: Call, web: Object) -> None:
        names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        assert await call("GET", SCALE) == (
            200,
            {
                "kind": "Scale",
                "apiVersion": "autoscaling/v1",
                "metadata": {name: web["metadata"][name] for name in names},
                "spec": {"replicas": 2},
                "status": {"replicas": 0, "selector": "app=web"},
            },
        )

    async def test_is_replaced(self, call: Call, store: Store) -> None:
        _, scale = await call("GET", SCALE)
        code, answer = await call("PUT", SCALE, {**scale, "spec": {"replicas": 5}})
        assert (code, answer["spec"]) == (200, {"replicas": 5})
        [stored] = store.list(DEPLOYMENTS)
        assert stored["spec"]["replicas"] == 5
        assert stored["metadata"]["generation"] == 2
        scaler = stored["metadata"]["managedFields"][-1]
        assert (scaler["subresource"], scaler["fieldsV1"]) == (
            "scale",
            {"f:spec": {"f:replicas": {}}},
        )

    async def test_is_patched(self, call: Call, store: Store) -> None:
        code, answer = await call(
            "PATCH",
            SCALE,
            {"spec": {"replicas": 0}},
            content_type="application/merge-patch+json",
        )
        assert (code, answer["kind"], answer["spec"]) == (200, "Scale", {"replicas": 0})
        assert store.list(DEPLOYMENTS)[0]["spec"]["replicas"] == 0

    async def test_from_a_stale_copy_is_a_conflict(self, call: Call) -> None:
        _, scale = await call("GET", SCALE)
        await call("PUT", SCALE, {**scale, "spec": {"replicas": 5}})
        code, answer = await call("PUT", SCALE, {**scale, "spec": {"replicas": 6}})
        assert (code, answer["reason"]) == (409, "Conflict")

    async def test_is_never_negative(self, call: Call) -> None:
        code, answer = await call("PUT", SCALE, {"spec": {"replicas": -1}})
        assert (code, answer["message"]) == (
            422,
            'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: '
            "must be greater than or equal to 0",
        )


def pod(*containers: str, state: Any = None, **more: Any) -> dict[str, Any]:
    names = containers or ("web",)
    statuses = [
        {"name": name, "state": state or {"running": {}}, "lastState": more.get("last", {})}
        for name in names
    ]
    return {
        "metadata": {
            "name": "web",
            "namespace": "dev",
            "labels": {"app": "web"},
            "annotations": more.get("annotations", {}),
        },
        "spec": {"containers": [{"name": name} for name in names]},
        "status": {
            "phase": "Running",
            "containerStatuses": statuses,
            "conditions": [{"type": "Ready", "status": more.get("ready", "True")}],
        },
    }


class TestLogs:
    async def test_come_as_text(self, client: httpx2.AsyncClient, store: Store, logs: Any) -> None:
        store.create(PODS, pod())
        response = await client.get(LOG)
        assert (response.status_code, response.text) == (200, "one\ntwo\nthree\n")
        assert response.headers["content-type"].startswith("text/plain")
        assert logs.asked == ("web", "web", False, False, None, None, False)

    async def test_are_asked_for_in_many_ways(
        self, client: httpx2.AsyncClient, store: Store, logs: Any
    ) -> None:
        store.create(PODS, pod("web", "log", last={"terminated": {}}))
        query = {
            "container": "log",
            "previous": "true",
            "follow": "true",
            "tailLines": "7",
            "sinceTime": "2026-11-22T12:00:00Z",
            "timestamps": "true",
        }
        assert (await client.get(LOG, params=query)).status_code == 200
        since = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
        assert logs.asked == ("web", "log", True, True, 7, since, True)
        before = datetime.now(UTC)
        await client.get(LOG, params={"container": "log", "sinceSeconds": "60"})
        assert 59 <= (before - logs.asked[5]).total_seconds() <= 61

    async def test_end_at_a_limit_of_bytes(self, client: httpx2.AsyncClient, store: Store) -> None:
        store.create(PODS, pod())
        assert (await client.get(LOG, params={"limitBytes": "6"})).text == "one\ntw"

    async def test_of_several_containers_need_a_name_or_an_annotation(
        self, call: Call, client: httpx2.AsyncClient, store: Store, logs: Any
    ) -> None:
        created = store.create(PODS, pod("web", "log"))
        code, answer = await call("GET", LOG)
        assert (code, answer["message"]) == (
            400,
            "a container name must be specified for pod web, choose one of: [web log]",
        )
        annotations = {"kubectl.kubernetes.io/default-container": "log"}
        store.update(
            PODS, {**created, "metadata": {**created["metadata"], "annotations": annotations}}
        )
        await client.get(LOG)
        assert logs.asked[1] == "log"

    @pytest.mark.parametrize(
        ("obj", "query", "message"),
        [
            (pod(), {"container": "other"}, "container other is not valid for pod web"),
            (
                pod(),
                {"previous": "true"},
                'previous terminated container "web" in pod "web" not found',
            ),
            (
                pod(state={"waiting": {"reason": "ContainerCreating"}}),
                {},
                'container "web" in pod "web" is waiting to start: ContainerCreating',
            ),
            (
                pod(state={"waiting": {"reason": "ImagePullBackOff"}}),
                {},
                'container "web" in pod "web" is waiting to start: '
                "trying and failing to pull image",
            ),
        ],
    )
    async def test_that_cannot_be_are_refused(
        self, call: Call, store: Store, obj: Any, query: dict[str, str], message: str
    ) -> None:
        store.create(PODS, obj)
        code, answer = await call("GET", LOG, **query)
        assert (code, answer["reason"], answer["message"]) == (400, "BadRequest", message)

    async def test_of_a_container_that_crashed_are_those_of_its_last_life(
        self, client: httpx2.AsyncClient, store: Store
    ) -> None:
        waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
        store.create(PODS, pod(state=waiting, last={"terminated": {}}))
        assert (await client.get(LOG)).status_code == 200


def budget(name: str = "keep", allowed: int = 1, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "dev"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}},
        "status": {
            "observedGeneration": 1,
            "disruptionsAllowed": allowed,
            "currentHealthy": 2,
            "desiredHealthy": 2,
            **status,
        },
    }


class TestEviction:
    async def test_deletes_the_pod(self, call: Call, store: Store) -> None:
        store.create(PODS, pod())
        code, answer = await call("POST", EVICTION, {"kind": "Eviction"})
        assert (code, answer["status"]) == (201, "Success")
        assert store.list(PODS) == []

    async def test_spends_the_budget(self, call: Call, store: Store) -> None:
        store.create(PODS, pod())
        store.create(POD_DISRUPTION_BUDGETS, budget(allowed=1))
        assert (await call("POST", EVICTION, {}))[0] == 201
        [spent] = store.list(POD_DISRUPTION_BUDGETS)
        assert spent["status"]["disruptionsAllowed"] == 0
        assert list(spent["status"]["disruptedPods"]) == ["web"]

    async def test_waits_for_a_budget_that_is_spent(self, call: Call, store: Store) -> None:
        created = store.create(PODS, pod())
        store.create(POD_DISRUPTION_BUDGETS, budget(allowed=0))
        assert await call("POST", EVICTION, {}) == (
            429,
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": "Cannot evict pod as it would violate the pod's disruption budget.",
                "reason": "TooManyRequests",
                "details": {
                    "causes": [
                        {
                            "reason": "DisruptionBudget",
                            "message": "The disruption budget keep needs 2 healthy pods and has 2 "
                            "currently",
                        }
                    ]
                },
                "code": 429,
            },
        )
        assert store.list(PODS) == [created]

    async def test_waits_for_a_budget_that_nobody_has_counted_yet(
        self, call: Call, store: Store
    ) -> None:
        store.create(PODS, pod())
        store.create(POD_DISRUPTION_BUDGETS, {**budget(), "status": {}})
        code, answer = await call("POST", EVICTION, {})
        assert code == 429
        assert answer["details"]["causes"][0]["message"] == (
            "The disruption budget keep is still being processed by the server."
        )

    async def test_of_an_unready_pod_costs_a_healthy_budget_nothing(
        self, call: Call, store: Store
    ) -> None:
        store.create(PODS, pod(ready="False"))
        stored = store.create(POD_DISRUPTION_BUDGETS, budget(allowed=0))
        assert (await call("POST", EVICTION, {}))[0] == 201
        assert store.list(POD_DISRUPTION_BUDGETS) == [stored]

    async def test_of_a_finished_pod_asks_no_budget(self, call: Call, store: Store) -> None:
        store.create(PODS, {**pod(), "status": {"phase": "Succeeded"}})
        store.create(POD_DISRUPTION_BUDGETS, budget(allowed=0))
        assert (await call("POST", EVICTION, {}))[0] == 201

    async def test_does_not_choose_between_budgets(self, call: Call, store: Store) -> None:
        store.create(PODS, pod())
        store.create(POD_DISRUPTION_BUDGETS, budget("one"))
        store.create(POD_DISRUPTION_BUDGETS, budget("two"))
        code, answer = await call("POST", EVICTION, {})
        assert code == 500
        assert "more than one PodDisruptionBudget" in answer["message"]

    async def test_of_a_dry_run_changes_nothing(self, call: Call, store: Store) -> None:
        store.create(PODS, pod())
        store.create(POD_DISRUPTION_BUDGETS, budget())
        version = store.version
        assert (await call("POST", EVICTION, {}, dryRun="All"))[0] == 201
        body = {"deleteOptions": {"dryRun": ["All"]}}
        assert (await call("POST", EVICTION, body))[0] == 201
        assert store.version == version
