"""Mishaps of the node, on a real one with real processes."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drydock.faults.kinds import Kind, Node, Order, Pod, Pull
from drydock.faults.mishaps import NodeFaults
from drydock.faults.roster import Faults
from drydock.node.back_off import Schedule
from drydock.node.mishaps import PullProblem, pull_failure
from drydock.node.node import Node as RealNode
from drydock.resources import NAMESPACES, NODES
from drydock.store import Store
from tests.drydock.node.conftest import CONFIG, REGISTRY, SERVER, Cluster, Shelf, layer, until


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def image(tmp_path: Path) -> tuple[Shelf, str]:
    folder = tmp_path / "shelf"
    folder.mkdir()
    shelf = Shelf(folder)
    return shelf, shelf.add("web", "1", [layer({"app/server.py": SERVER})], CONFIG)


@pytest.fixture
async def cluster(
    faults: Faults, image: tuple[Shelf, str], tmp_path: Path
) -> AsyncIterator[Cluster]:
    store = Store()
    store.create(NAMESPACES, {"metadata": {"name": "default"}})
    node = RealNode(
        store,
        home=tmp_path / "home",
        images=image[0],
        registry_hosts=[REGISTRY],
        schedule=Schedule(0.2, 0.8, 600),
        mishaps=NodeFaults(faults),
    )
    task = asyncio.create_task(node.run())
    await until(lambda: store.get(NODES, "", "drydock"))
    yield Cluster(store, node, tmp_path / "home")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    store.close()


def run(cluster: Cluster, image: tuple[Shelf, str], name: str = "web") -> None:
    readiness = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1}
    cluster.run(name, {"image": image[1], "readinessProbe": readiness})


def condition(cluster: Cluster, type_: str) -> str:
    node = cluster.store.get(NODES, "", "drydock")
    assert node is not None
    return next(str(c["status"]) for c in node["status"]["conditions"] if c["type"] == type_)


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        ("not-found", "code = NotFound desc = {failed}: web:1: not found"),
        (
            "unauthorized",
            "code = Unknown desc = {failed}: unexpected status from HEAD request: 401 Unauthorized",
        ),
        ("timeout", "code = DeadlineExceeded desc = {failed}: failed to do request: i/o timeout"),
    ],
)
def test_a_pull_fails_in_the_runtimes_words(problem: PullProblem, message: str) -> None:
    failed = 'failed to pull and unpack image "web:1": failed to resolve reference "web:1"'
    assert pull_failure(problem, "web:1") == f"rpc error: {message.format(failed=failed)}"


async def test_a_pull_that_failed_succeeds_later(
    cluster: Cluster, faults: Faults, image: tuple[Shelf, str]
) -> None:
    faults.add(Order(Pull("timeout", image="web:*"), count=1))
    run(cluster, image)
    await cluster.ready("web")
    why = pull_failure("timeout", image[1])
    told = cluster.events("web")
    assert ("Failed", f'Failed to pull image "{image[1]}": {why}') in told
    assert ("BackOff", f'Back-off pulling image "{image[1]}"') in told


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Pod(kill=True), "Error"), (Pod(out_of_memory=True), "OOMKilled")],
)
async def test_a_killed_container_is_started_again(
    cluster: Cluster, faults: Faults, image: tuple[Shelf, str], fault: Kind, reason: str
) -> None:
    run(cluster, image)
    await cluster.ready("web")
    faults.add(Order(fault, count=1))
    await until(lambda: cluster.app("web").get("restartCount") == 1)
    ended = cluster.app("web")["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, reason)
    await cluster.ready("web")
    assert [entry.struck for entry in faults.entries()] == [1]


async def test_a_slow_start_comes_before_the_process(
    cluster: Cluster, faults: Faults, image: tuple[Shelf, str]
) -> None:
    faults.add(Order(Pod(slow_start=0.7)))
    before = time.monotonic()
    run(cluster, image)
    assert await until(lambda: cluster.waits_because("web")) == "ContainerCreating"
    await until(lambda: "running" in cluster.app("web").get("state", {}))
    assert time.monotonic() - before >= 0.7
    await cluster.ready("web")


@pytest.mark.parametrize("fault", [Pod(never_ready=True), Node(not_ready=True)])
async def test_a_pod_runs_without_being_ready_until_that_is_cleared(
    cluster: Cluster, faults: Faults, image: tuple[Shelf, str], fault: Kind
) -> None:
    run(cluster, image)
    await cluster.ready("web")
    faults.add(Order(fault))
    await until(lambda: not cluster.is_ready("web"))
    assert "running" in cluster.app("web")["state"]
    faults.clear()
    await cluster.ready("web")
    assert cluster.app("web")["restartCount"] == 0


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Node(full=True), ("1 Insufficient cpu", "Ready", "True")),
        (
            Node(not_ready=True),
            (
                "1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }",
                "Ready",
                "False",
            ),
        ),
        (
            Node(disk_pressure=True),
            (
                "1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }",
                "DiskPressure",
                "True",
            ),
        ),
    ],
)
async def test_a_node_in_trouble_takes_no_pods_until_that_is_cleared(
    cluster: Cluster,
    faults: Faults,
    image: tuple[Shelf, str],
    fault: Kind,
    told: tuple[str, str, str],
) -> None:
    why, type_, status = told
    faults.add(Order(fault))
    run(cluster, image)
    scheduled = await until(lambda: cluster.status("web").get("conditions"))
    assert [(c["reason"], c["message"]) for c in scheduled] == [
        ("Unschedulable", f"0/1 nodes are available: {why}.")
    ]
    await until(lambda: condition(cluster, type_) == status)
    faults.clear()
    await cluster.ready("web")
    assert (condition(cluster, "Ready"), condition(cluster, "DiskPressure")) == ("True", "False")


async def test_a_trouble_that_times_out_ends_by_itself(
    cluster: Cluster, faults: Faults, image: tuple[Shelf, str]
) -> None:
    faults.add(Order(Node(full=True), seconds=0.5))
    run(cluster, image)
    await until(lambda: cluster.status("web").get("conditions"))
    await cluster.ready("web")
