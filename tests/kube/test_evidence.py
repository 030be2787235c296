"""What is saved of a release that failed. The recorded one crashes, beside the one that serves."""

import asyncio
import copy
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from lightkube import AsyncClient, KubeConfig
from lightkube.config.models import Cluster, User
from lightkube.models.core_v1 import Secret

from shipway.commands.helm import Release
from shipway.kube import releases
from shipway.kube.evidence.collection import AT_ONCE, LOGGED, Evidence, collect
from shipway.kube.evidence.logs import Tail
from tests.kube.conftest import Api, recorded

STAGING = Release("sample-app-staging", "staging")
OLD, FIRST, SECOND = (
    "sample-app-9h7l4rfscx-qfvtr",
    "sample-app-p7pwl5x7pz-4bbb5",
    "sample-app-p7pwl5x7pz-66qsd",
)
TEST = "sample-app-test-health"
NOW = datetime(2026, 11, 22, 21, 1, 2, tzinfo=UTC)
WORD = "hunter2"
DEADLINE = 30  # seconds
MANIFEST = """---
# Source: sample-app/templates/secret.yaml
apiVersion: v1
kind: Secret
metadata: {name: sample-app-secret}
stringData: {password: hunter2}
"""
FILES = [
    "README.txt",
    "cause.txt",
    "events.txt",
    "events.yaml",
    "history.txt",
    f"logs/{OLD}.sample-app.log",
    f"logs/{FIRST}.sample-app.log",
    f"logs/{FIRST}.sample-app.previous.log",
    f"logs/{SECOND}.sample-app.log",
    f"logs/{SECOND}.sample-app.previous.log",
    f"logs/{TEST}.curl.log",
    "manifest.yaml",
    "pods.yaml",
    "rollout.txt",
    "values.yaml",
]

Answer = Callable[[httpx2.Request], Coroutine[None, None, httpx2.Response]]


@pytest.fixture
def cluster(api: Api) -> Api:
    api.objects = recorded("crashing.json")
    api.objects["secrets"] = [revision(8)]
    environment = [{"name": "DB_PASSWORD", "value": WORD}, {"name": "PORT", "value": "3000"}]
    for pod in api.objects["pods"]:
        pod["spec"]["containers"][0] |= {"env": environment}
        api.logs[pod["metadata"]["name"]] = "one\nRuntimeError: no database\n"
    return api


def revision(number: int) -> dict[str, Any]:
    """As helm keeps it."""
    secret: dict[str, Any] = recorded("helm_release.json")
    stored = releases.decode(Secret(data=secret["data"]))
    values = {"image": {"tag": "v2"}, "db": {"password": WORD}}
    stored |= {"version": number, "manifest": MANIFEST, "config": values}
    stored["info"] |= {"last_deployed": "2026-11-22T21:00:29.6Z", "description": "v2, bundle x"}
    name = f"sh.helm.release.v1.{STAGING.name}.v{number}"
    secret["metadata"] |= {"name": name, "namespace": STAGING.namespace}
    secret["metadata"]["labels"] |= {"name": STAGING.name}
    secret["data"] = {"release": releases.encode(stored)}
    return secret


@asynccontextmanager
async def connected(answer: Answer) -> AsyncIterator[AsyncClient]:
    config = KubeConfig.from_one(cluster=Cluster(server="http://cluster"), user=User()).get()
    client = AsyncClient(config=config, transport=httpx2.MockTransport(answer))
    yield client
    await client.aclose()


def forbidding(api: Api, *plurals: str) -> Answer:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        plural = next((each for each in plurals if f"/{each}" in request.url.path), None)
        if plural is None:
            return api.answer(request)
        said = {"kind": "Status", "status": "Failure", "code": 403, "message": f"no {plural}"}
        return httpx2.Response(403, json=said)

    return answer


def hanging(api: Api, plural: str) -> Answer:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith(f"/{plural}"):
            await asyncio.Event().wait()
        return api.answer(request)

    return answer


async def collected(client: AsyncClient, folder: Path, seconds: float = DEADLINE) -> Evidence:
    return await collect(client, STAGING, "sample-app", folder, seconds=seconds, now=NOW)


def listing(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def read(folder: Path, file: str) -> str:
    return (folder / file).read_text(encoding="utf-8")


async def test_the_evidence_is_complete_and_says_what_is_what(
    client: AsyncClient, cluster: Api, tmp_path: Path
) -> None:
    evidence = await collected(client, tmp_path / "staging")
    assert evidence.folder == tmp_path / "staging"
    assert evidence.missing == {}
    assert listing(evidence.folder) == FILES
    assert read(evidence.folder, "README.txt") == (
        "Evidence of release sample-app-staging in namespace staging, taken 2026-11-22 21:01:02 UTC.\n"
        "Values of secrets are left out of the YAML; logs are what the containers wrote.\n"
        "\n"
        "cause.txt      why it does not serve, most telling first, with the pod that shows it\n"
        "rollout.txt    the Deployment, its ReplicaSets, autoscaler, disruption budget and quotas\n"
        "events.txt     what happened to the release's objects, oldest first\n"
        "events.yaml    the same, whole\n"
        "pods.yaml      the release's pods, old and new, and its test's\n"
        "manifest.yaml  what helm applied: the latest revision\n"
        "values.yaml    the values that revision was given\n"
        "history.txt    helm's revisions, oldest first\n"
        "logs/          each container's last lines, and in .previous.log those of the run before\n"
    )


async def test_the_causes_are_told_and_written(
    client: AsyncClient, cluster: Api, tmp_path: Path
) -> None:
    evidence = await collected(client, tmp_path / "staging")
    words = "container sample-app exits with code 1: RuntimeError: no database"
    assert (evidence.causes[0].cause, evidence.causes[0].pod) == (words, FIRST)
    told = f"1. {words}\n   pod {FIRST}: CrashLoopBackOff\n     one\n     RuntimeError: no database\n2. "
    written = read(evidence.folder, "cause.txt")
    assert written.startswith(told)
    assert written.count("RuntimeError: no database") == 2  # the words and, once, the log


async def test_where_the_rollout_stands_is_told_with_its_limits(
    client: AsyncClient, cluster: Api, tmp_path: Path
) -> None:
    labels = {"app.kubernetes.io/instance": STAGING.name}
    meta = {"name": "sample-app", "namespace": "staging", "labels": labels}
    cluster.objects["deployments"][0]["spec"] |= {"paused": True, "progressDeadlineSeconds": 100}
    cluster.objects["deployments"][0]["metadata"]["generation"] = 9
    cluster.objects["horizontalpodautoscalers"][0]["status"] = {
        "currentReplicas": 2,
        "desiredReplicas": 3,
        "conditions": [{"type": "AbleToScale", "status": "True"}],
    }
    cluster.objects["poddisruptionbudgets"] = [
        {
            "metadata": meta,
            "spec": {"minAvailable": 1},
            "status": {"currentHealthy": 2, "expectedPods": 2, "disruptionsAllowed": 1},
        }
    ]
    cluster.objects["resourcequotas"] = [
        {
            "metadata": {"name": "compute", "namespace": "staging"},
            "status": {"hard": {"requests.cpu": "1", "pods": "4"}, "used": {"pods": "4"}},
        }
    ]
    evidence = await collected(client, tmp_path / "staging")
    image = "localhost:42321/sample-app@sha256"
    assert read(evidence.folder, "rollout.txt") == (
        "deployment sample-app: 2 wanted, 2 updated, 4 there, 2 ready, 2 available\n"
        "  its controller has seen generation 8 of 9\n"
        "  it is paused\n"
        "  its pods have 100 s to make progress\n"
        "  Available True since 19:57:53  MinimumReplicasAvailable: Deployment has minimum availability.\n"
        '  Progressing True since 21:00:30  ReplicaSetUpdated: ReplicaSet "sample-app-p7pwl5x7pz" is progressing.\n'
        "replica set sample-app-p7pwl5x7pz: revision 7, 2 wanted, 0 there, 0 ready\n"
        f"  sample-app: {image}:7242b6058fa3bb67d988da3a37da794418e862b0eb2b4cd7188678098d128f66\n"
        "replica set sample-app-9h7l4rfscx: revision 5, 2 wanted, 0 there, 0 ready\n"
        f"  sample-app: {image}:0d60b0e44a9fe244290f5a16c3ee0373c99be6e70d9e1cab8ca5e9a838a6800c\n"
        "autoscaler sample-app: 2 to 5 pods; 2 now, 3 wanted\n"
        "  AbleToScale True\n"
        "disruption budget sample-app: at least 1 available; 2 of 2 healthy, 1 may be evicted\n"
        "quota compute\n"
        "  pods: 4 of 4\n"
        "  requests.cpu: 0 of 1\n"
    )


async def test_events_are_of_this_release_alone_oldest_first_also_of_pods_that_are_gone(
    client: AsyncClient, cluster: Api, tmp_path: Path
) -> None:
    def event(name: str, moment: str, **more: Any) -> dict[str, Any]:
        return {
            "metadata": {"name": f"{name}.1", "namespace": "staging"},
            "involvedObject": {"kind": "Pod", "name": name},
            "reason": "Seen",
            "message": "two\nlines",
            "lastTimestamp": moment,
            **more,
        }

    cluster.objects["events"] = [
        event("sample-app-p7pwl5x7pz-gone1", "2026-11-22T21:00:20Z", type="Warning", count=3),
        event("sample-app-other-pod", "2026-11-22T21:00:01Z"),
        event("sample-app", "2026-11-22T21:00:10Z", involvedObject={"name": "sample-app"}),
        event("sample-app-secret", "2026-11-22T21:00:15Z"),
    ]
    evidence = await collected(client, tmp_path / "staging")
    assert read(evidence.folder, "events.txt") == (
        "2026-11-22 21:00:10  Normal   Seen  /sample-app  two lines\n"
        "2026-11-22 21:00:15  Normal   Seen  pod/sample-app-secret  two lines\n"
        "2026-11-22 21:00:20  Warning  Seen  pod/sample-app-p7pwl5x7pz-gone1  (x3)  two lines\n"
    )


async def test_no_secret_is_in_any_file_and_only_the_owner_may_look(
    client: AsyncClient, cluster: Api, tmp_path: Path
) -> None:
    folder = (await collected(client, tmp_path / "run" / "staging")).folder
    assert [file for file in listing(folder) if WORD in read(folder, file)] == []
    assert folder.stat().st_mode & 0o777 == 0o700
    assert read(folder, "values.yaml") == ('db:\n  password: "<hidden>"\nimage:\n  tag: v2\n')
    assert read(folder, "manifest.yaml").splitlines()[-1] == 'stringData: {password: "<7 bytes>"}'
    assert '- name: DB_PASSWORD\n        value: "<hidden>"\n' in read(folder, "pods.yaml")
    assert read(folder, "history.txt") == (
        "  8  2026-11-22 21:00:29  deployed         v2  chart 1.2.3  v2, bundle x\n"
    )


async def test_what_may_not_be_read_is_named_and_hides_nothing_else(
    cluster: Api, tmp_path: Path
) -> None:
    async with connected(forbidding(cluster, "resourcequotas", "secrets", "log")) as client:
        evidence = await collected(client, tmp_path / "staging")
    refused = ["history.txt", "manifest.yaml", "values.yaml"]
    assert evidence.missing == {
        **dict.fromkeys(refused, "no secrets"),
        "quotas in rollout.txt": "no resourcequotas",
        **{file: "no log" for file in FILES if file.startswith("logs/")},
    }
    assert listing(evidence.folder) == [
        *("README.txt", "cause.txt", "events.txt", "events.yaml", "pods.yaml", "rollout.txt")
    ]
    told = read(evidence.folder, "README.txt").partition("Not there:\n")[2].splitlines()
    assert sorted(told) == sorted(f"{file}: {why}" for file, why in evidence.missing.items())


async def test_a_cluster_that_is_gone_leaves_an_index_that_says_so(
    client: AsyncClient, cluster: Api, tmp_path: Path
) -> None:
    cluster.down = True
    evidence = await collected(client, tmp_path / "staging")
    assert listing(evidence.folder) == ["README.txt"]
    others = {why for why in evidence.missing.values() if "connection refused" not in why}
    assert others == {"there is nothing of it to see"}
    assert evidence.causes == ()


async def test_an_api_that_fails_now_and_then_is_asked_again(cluster: Api, tmp_path: Path) -> None:
    asked: set[str] = set()

    async def answer(request: httpx2.Request) -> httpx2.Response:
        if str(request.url) in asked:
            return cluster.answer(request)
        asked.add(str(request.url))
        said = {"kind": "Status", "status": "Failure", "code": 500, "message": "no leader"}
        return httpx2.Response(500, json=said)

    async with connected(answer) as client:
        evidence = await collected(client, tmp_path / "staging")
    assert evidence.missing == {}
    assert listing(evidence.folder) == FILES


async def test_a_folder_that_cannot_be_made_hides_no_cause(
    client: AsyncClient, cluster: Api, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    evidence = await collected(client, tmp_path / "file" / "staging")
    assert "README.txt" in evidence.missing
    assert {each.pod for each in evidence.causes} == {FIRST}


async def test_time_is_bounded_and_what_was_there_in_time_is_kept(
    cluster: Api, tmp_path: Path
) -> None:
    start = time.monotonic()
    async with connected(hanging(cluster, "events")) as client:
        evidence = await collected(client, tmp_path / "staging", seconds=2.5)
    assert time.monotonic() - start < DEADLINE
    late = "there was no time for it"
    assert evidence.missing == dict.fromkeys(["cause.txt", "events.txt", "events.yaml"], late)
    assert listing(evidence.folder) == [file for file in FILES if file not in evidence.missing]


async def test_a_cancellation_leaves_what_is_there_with_its_index(
    cluster: Api, tmp_path: Path
) -> None:
    folder = tmp_path / "staging"
    async with connected(hanging(cluster, "events")) as client:
        task = asyncio.create_task(collected(client, folder))
        async with asyncio.timeout(DEADLINE):
            while not (folder / "manifest.yaml").exists():  # noqa: ASYNC110  # a file rings no bell
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert "events.txt: there was no time for it" in read(folder, "README.txt").splitlines()


async def test_a_second_failure_of_a_run_keeps_the_evidence_of_the_first(
    client: AsyncClient, cluster: Api, tmp_path: Path
) -> None:
    folders = [(await collected(client, tmp_path / "staging")).folder.name for _ in range(3)]
    assert folders == ["staging", "staging-2", "staging-3"]


async def test_few_requests_are_made_at_once(cluster: Api, tmp_path: Path) -> None:
    """A look at the Deployment makes three of its own."""
    now, most = 0, 0

    async def answer(request: httpx2.Request) -> httpx2.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.005)
        now -= 1
        return cluster.answer(request)

    async with connected(answer) as client:
        assert (await collected(client, tmp_path / "staging")).missing == {}
    assert AT_ONCE <= most <= AT_ONCE + 2


async def test_a_container_that_never_started_is_named_with_its_reason(
    client: AsyncClient, cluster: Api, tmp_path: Path
) -> None:
    pod = next(each for each in cluster.objects["pods"] if each["metadata"]["name"] == FIRST)
    status = pod["status"]["containerStatuses"][0]
    status |= {"state": {"waiting": {"reason": "ImagePullBackOff"}}, "lastState": {}}
    status["restartCount"] = 0
    pod["spec"]["initContainers"] = [{"name": "migrate", "image": "migrate"}]
    evidence = await collected(client, tmp_path / "staging")
    assert evidence.missing == {
        f"logs/{FIRST}.migrate.log": "the container was not made yet",
        f"logs/{FIRST}.sample-app.log": "the container never started: ImagePullBackOff",
    }


async def test_of_many_pods_those_in_trouble_are_logged_first(
    client: AsyncClient, cluster: Api, tmp_path: Path
) -> None:
    sick = next(each for each in cluster.objects["pods"] if each["metadata"]["name"] == FIRST)
    for number in range(LOGGED):
        each = copy.deepcopy(sick)
        each["metadata"]["name"] = f"sample-app-p7pwl5x7pz-{number:05}"
        cluster.logs[each["metadata"]["name"]] = "one\n"
        cluster.objects["pods"].append(each)
    evidence = await collected(client, tmp_path / "staging")
    assert [*evidence.missing] == ["logs of 4 more pods"]
    logged = {file.split(".")[0] for file in listing(evidence.folder) if file.startswith("logs/")}
    assert len(logged) == LOGGED
    assert f"logs/{OLD}" not in logged


async def test_where_nothing_was_released_there_is_little_to_keep(
    client: AsyncClient, tmp_path: Path
) -> None:
    evidence = await collected(client, tmp_path / "staging")
    assert read(evidence.folder, "history.txt") == "Nothing was ever released here.\n"
    assert read(evidence.folder, "cause.txt") == "No pod shows a cause.\n"
    assert evidence.missing == {
        "manifest.yaml": "nothing was released yet",
        "values.yaml": "nothing was released yet",
        "rollout.txt": "there is nothing of it to see",
        "the Deployment in rollout.txt": "sample-app not found",
    }


async def test_the_log_asked_for_is_that_of_the_container_and_of_the_run(
    cluster: Api, tmp_path: Path
) -> None:
    asked: set[str] = set()

    async def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith(f"/{FIRST}/log"):
            asked.add(str(request.url.params))
        return cluster.answer(request)

    async with connected(answer) as client:
        await collected(client, tmp_path / "staging")
    assert {
        "container=sample-app&tailLines=2000",
        "container=sample-app&previous=true&tailLines=2000",
    } <= asked


@pytest.mark.parametrize(
    ("chunks", "kept"),
    [
        (["a\n", "b\n"], "a\nb\n"),
        (["12345678\n", "9"], "12345678\n9"),
        (["1234567\n89\n"], "89\n"),
        (["1\n2\n", "3\n4\n", "5\n6\n"], "2\n3\n4\n5\n6\n"),
        (["1234567890123456"], "7890123456"),
        ([], ""),
    ],
)
def test_of_a_long_log_the_end_is_kept_from_the_beginning_of_a_line(
    chunks: list[str], kept: str
) -> None:
    tail = Tail(10)
    for chunk in chunks:
        tail.add(chunk.encode())
    assert tail.bytes == kept.encode()
