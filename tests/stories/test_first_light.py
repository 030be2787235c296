"""A newcomer's first hour: release everything, look at it, release it again."""

import json

import httpx2
import pytest

from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

READY = {"dev": 1, "staging": 2, "prod": 3}


async def test_one_command_takes_the_service_to_all_three_environments(bench: Workbench) -> None:
    said = await bench.shipway("run", "--tag", "v1")
    assert said.code == 0, said.err
    stages = [line.split()[1] for line in said.out.splitlines() if line[:1] in "✓=✗"]
    assert {"lint", "test", "chart-lint", "build", "push"} <= set(stages)
    assert stages[-6:] == ["deploy", "helm-test"] * 3
    status = await bench.status()
    assert {name: row["ready"] for name, row in status.items()} == READY
    assert {name: row["replicas"] for name, row in status.items()} == READY
    assert {row["status"] for row in status.values()} == {"deployed"}
    assert {row["tag"] for row in status.values()} == {"v1"}


async def test_a_row_of_the_status_has_exactly_these_fields(bench: Workbench) -> None:
    row = (await bench.status())["dev"]
    assert list(row) == [
        "environment",
        "namespace",
        "release",
        "revision",
        "status",
        "tag",
        "image",
        "image_digest",
        "chart_version",
        "chart_digest",
        "bundle",
        "replicas",
        "ready",
        "url",
        "live",
        "proven",
        "holder",
        "state",
    ]
    assert (row["release"], row["namespace"], row["revision"]) == ("sample-app-dev", "dev", 1)


async def test_each_environment_is_as_it_was_released_and_proven(bench: Workbench) -> None:
    for row in (await bench.status()).values():
        assert (row["state"], row["proven"], row["holder"]) == ("as released", True, "")
        assert row["live"] == [row["image_digest"]]


async def test_every_environment_runs_the_very_same_bytes(bench: Workbench) -> None:
    said = await bench.kubectl(
        "get",
        "deploy",
        "-A",
        "-o",
        'jsonpath={range .items[*]}{.spec.template.spec.containers[0].image}{" "}'
        '{.metadata.annotations.shipway\\.dev/chart-digest}{"\\n"}{end}',
    )
    assert said.code == 0, said.err
    deployed = said.out.split("\n")[:-1]
    assert len(deployed) == 3
    (only,) = set(deployed)
    image, chart = only.split(" ")
    status = await bench.status()
    assert image.endswith("@" + status["prod"]["image_digest"])
    assert chart == status["prod"]["chart_digest"]
    assert chart.startswith("sha256:")


@pytest.mark.parametrize("environment", READY)
async def test_each_environment_answers_to_its_own_name(bench: Workbench, environment: str) -> None:
    url = (await bench.status())[environment]["url"]
    host, _, port = url.removeprefix("http://").partition(":")
    async with httpx2.AsyncClient(trust_env=False) as client:
        answers = {
            path: (
                await client.get(f"http://localhost:{port}{path}", headers={"Host": host})
            ).json()
            for path in ("/health", "/health/live", "/version")
        }
    assert answers == {
        "/health": {"status": "ok"},
        "/health/live": {"status": "alive"},
        "/version": {"tag": "v1", "digest": (await bench.status())[environment]["image_digest"]},
    }


async def test_kubectl_and_helm_see_what_we_see(bench: Workbench) -> None:
    pods = await bench.kubectl(
        "get", "pods", "-A", "-l", "app.kubernetes.io/name=sample-app", "--no-headers"
    )
    running = [line.split()[2:4] for line in pods.out.splitlines() if "Completed" not in line]
    assert running == [["1/1", "Running"]] * 6
    history = await bench.helm("history", "sample-app-prod", "-n", "prod", "-o", "json")
    (revision,) = json.loads(history.out)
    assert (revision["revision"], revision["status"]) == (1, "deployed")


async def test_a_second_run_with_nothing_changed_redeploys_nothing_and_says_so(
    bench: Workbench,
) -> None:
    before = await bench.status()
    said = await bench.shipway("run", "--tag", "v1")
    assert said.code == 0, said.err
    deploys = [line for line in said.out.splitlines() if "deploy " in line]
    assert [line[0] for line in deploys[:3]] == ["=", "=", "="]
    assert all("already there: revision 1" in line for line in deploys[:3])
    assert await bench.status() == before


async def test_the_doctor_finds_everything_in_place(bench: Workbench) -> None:
    said = await bench.shipway("doctor")
    assert said.code == 0, said.out
    assert "✗" not in said.out


async def test_teardown_leaves_no_process_and_the_next_start_finds_everything_again(
    bench: Workbench,
) -> None:
    before = await bench.status()
    said = await bench.shipway("teardown", "embedded")
    assert said.code == 0, said.err
    assert said.out == ("the embedded cluster is stopped; its state is kept in .shipway/embedded\n")
    asked = await bench.shipway("status")
    assert asked.code == 2
    assert asked.err == (
        "error: there is no embedded cluster to ask\n  try: shipway setup embedded\n"
    )
    said = await bench.shipway("run", "--tag", "v1")
    assert said.code == 0, said.err
    assert await bench.status() == before
