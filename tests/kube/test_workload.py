"""A Deployment and its pods become facts. The recorded ones are a release that crashes, beside the one that serves."""

import copy
from typing import Any

import pytest
from lightkube import AsyncClient

from shipway.commands.helm import Release
from shipway.kube import workload
from shipway.kube.workload import Workload
from shipway.model.diagnosis import Cause, diagnose
from shipway.model.rollout import Container, Deployment, Doomed, Pod, judge
from tests.kube.conftest import Api, recorded

STAGING = Release("sample-app-staging", "staging")
CRASHING = ("sample-app-p7pwl5x7pz-4bbb5", "sample-app-p7pwl5x7pz-66qsd")
TEST = "sample-app-test-health"
IMAGE = (
    "localhost:42321/sample-app@"
    "sha256:7242b6058fa3bb67d988da3a37da794418e862b0eb2b4cd7188678098d128f66"
)
LOG = "Traceback (most recent call last):\nRuntimeError: no database\n"


@pytest.fixture
def objects(api: Api) -> dict[str, list[dict[str, Any]]]:
    """Those that the API answers with."""
    api.objects = recorded("crashing.json")
    return api.objects


def crashing(pod: dict[str, Any]) -> Pod:
    name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
    container = Container(
        name="sample-app",
        image=IMAGE,
        ready=False,
        restarts=1,
        waiting="CrashLoopBackOff",
        message=f"back-off 10s restarting failed container=sample-app pod={name}_staging({uid})",
        exit_code=1,
        exit_reason="Error",
    )
    return Pod(name, phase="Running", containers=(container,), namespace="staging")


async def test_a_look_tells_the_deployment_and_the_pods_of_its_newest_revision(
    client: AsyncClient, objects: dict[str, list[dict[str, Any]]]
) -> None:
    annotations = objects["deployments"][0]["metadata"]["annotations"]
    assert await workload.look(client, "staging", "sample-app") == Workload(
        deployment=Deployment(
            name="sample-app",
            generation=8,
            observed=8,
            wanted=2,
            updated=2,
            replicas=4,
            ready=2,
            available=2,
        ),
        pods=tuple(crashing(pod) for pod in objects["pods"] if pod["metadata"]["name"] in CRASHING),
        image=IMAGE,
        annotations=annotations,
    )


async def test_what_is_not_there_is_none(
    client: AsyncClient, objects: dict[str, list[dict[str, Any]]]
) -> None:
    assert await workload.look(client, "staging", "another") is None


async def test_an_autoscalers_minimum_counts_as_the_wish(
    client: AsyncClient, objects: dict[str, list[dict[str, Any]]]
) -> None:
    objects["deployments"][0]["spec"]["replicas"] = 1
    found = await workload.look(client, "staging", "sample-app")
    assert found
    assert found.deployment.wanted == 2
    objects["horizontalpodautoscalers"][0]["spec"]["scaleTargetRef"]["name"] = "another"
    found = await workload.look(client, "staging", "sample-app")
    assert found
    assert found.deployment.wanted == 1


def refusal(message: str) -> dict[str, Any]:
    condition = {"type": "ReplicaFailure", "status": "True", "message": message}
    return {"replicas": 0, "conditions": [condition]}


async def test_a_refused_pod_is_seen_and_one_of_the_revision_before_is_not(
    client: AsyncClient, objects: dict[str, list[dict[str, Any]]]
) -> None:
    newest = max(
        objects["replicasets"],
        key=lambda each: int(each["metadata"]["annotations"]["deployment.kubernetes.io/revision"]),
    )
    before = next(each for each in objects["replicasets"] if each is not newest)
    before["status"] = refusal("exceeded quota: before")
    found = await workload.look(client, "staging", "sample-app")
    assert found
    assert found.deployment.replica_failure == ""
    newest["status"] = refusal("exceeded quota: compute")
    found = await workload.look(client, "staging", "sample-app")
    assert found
    assert found.deployment.replica_failure == "exceeded quota: compute"


async def test_a_pod_that_no_node_takes_tells_the_schedulers_words(
    client: AsyncClient, objects: dict[str, list[dict[str, Any]]]
) -> None:
    for pod in objects["pods"]:
        pod["status"] = {
            "phase": "Pending",
            "conditions": [
                {
                    "type": "PodScheduled",
                    "status": "False",
                    "reason": "Unschedulable",
                    "message": "0/1 nodes are available: 1 Insufficient cpu.",
                }
            ],
        }
    found = await workload.look(client, "staging", "sample-app")
    assert found
    words = "0/1 nodes are available: 1 Insufficient cpu."
    assert found.pods == tuple(
        Pod(name, unschedulable=words, namespace="staging") for name in CRASHING
    )


async def test_init_containers_and_what_a_node_gave_up_are_told(
    client: AsyncClient, objects: dict[str, list[dict[str, Any]]]
) -> None:
    ended = {"exitCode": 2, "reason": "Error", "message": "no table"}
    migrate = {"name": "migrate", "image": "m", "imageID": "", "ready": False, "restartCount": 1}
    for pod in objects["pods"]:
        pod["status"] = {
            "phase": "Failed",
            "reason": "Evicted",
            "message": "low on memory",
            "initContainerStatuses": [{**migrate, "state": {"terminated": ended}}],
        }
    found = await workload.look(client, "staging", "sample-app")
    assert found
    assert found.pods[0] == Pod(
        CRASHING[0],
        phase="Failed",
        containers=(
            Container(
                "migrate",
                "m",
                restarts=1,
                exit_code=2,
                exit_reason="Error",
                exit_message="no table",
                init=True,
            ),
        ),
        namespace="staging",
        given_up="Evicted: low on memory",
    )


async def test_the_recorded_release_is_doomed_and_its_cause_is_the_last_line_of_its_log(
    client: AsyncClient, api: Api, objects: dict[str, list[dict[str, Any]]]
) -> None:
    api.logs = dict.fromkeys(CRASHING, LOG)
    for pod in objects["pods"]:
        for status in pod["status"]["containerStatuses"]:
            status["restartCount"] *= 3
    found = await workload.look(client, "staging", "sample-app")
    assert found
    assert judge(found.deployment, found.pods) == Doomed(CRASHING[0])
    shown = await workload.evidence(client, "staging", found.pods)
    assert diagnose(found.deployment, shown) == Cause(
        2,
        "container sample-app exits with code 1: RuntimeError: no database",
        CRASHING[0],
        "CrashLoopBackOff",
        ("Traceback (most recent call last):", "RuntimeError: no database"),
    )


async def test_the_evidence_holds_a_pods_own_warnings_in_their_order(
    client: AsyncClient, objects: dict[str, list[dict[str, Any]]]
) -> None:
    late, killed = copy.deepcopy(objects["events"][0]), copy.deepcopy(objects["events"][0])
    late |= {"reason": "Failed", "message": "late", "lastTimestamp": None}
    late["eventTime"] = "2026-11-22T23:00:00.000000Z"  # a newer kind of event has this one alone
    killed |= {
        "type": "Normal",
        "reason": "Killing",
        "message": "Container sample-app failed liveness probe, will be restarted",
        "lastTimestamp": "2026-11-22T23:00:01Z",
    }
    objects["events"][:0] = [killed, late]
    (pod,) = await workload.evidence(client, "staging", [Pod(CRASHING[0])])
    probe = 'Unhealthy: Startup probe failed: Get "http://127.77.126.78:3000/health/live"'
    assert pod.events == (
        f"{probe}: dial tcp 127.77.126.78:3000: connect: connection refused",
        f"{probe}: read tcp 127.77.126.78:3000: read: connection reset by peer",
        "BackOff: Back-off restarting failed container sample-app in pod "
        "sample-app-p7pwl5x7pz-4bbb5_staging(df01a518-d808-420c-8f97-42a4a7bb50ee)",
        "Failed: late",
        "Killing: Container sample-app failed liveness probe, will be restarted",
    )
    assert pod.log == ()


async def test_a_test_that_succeeded_needs_no_word_and_one_that_failed_is_shown(
    client: AsyncClient, api: Api, objects: dict[str, list[dict[str, Any]]]
) -> None:
    assert await workload.tests(client, STAGING) == ()
    (test,) = [pod for pod in objects["pods"] if pod["metadata"]["name"] == TEST]
    test["status"]["phase"] = "Failed"
    api.logs[TEST] = "curl: (22) The requested URL returned error: 500\n"
    (found,) = await workload.tests(client, STAGING)
    assert (found.name, found.phase, found.log) == (
        TEST,
        "Failed",
        ("curl: (22) The requested URL returned error: 500",),
    )
