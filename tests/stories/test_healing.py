"""What killed runs and helms of others left behind: the next run makes it whole, says so, and goes on."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shipway.testing.workbench import Said, Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

DEADLINE = 60  # seconds
SERVICE = "app/sample_app/service.py"
HELM = ("--user-agent", "Helm/*")
APPLIES = (*HELM, "--kind", "deployments", "--verb", "create", "--verb", "patch")
TEST = ("--namespace", "dev", "--selector", "app.kubernetes.io/name=sample-app-test")
RUN = r"run \d{8}T\d{6}-\d+"


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def built(bench: Workbench) -> None:
    """v1 and v2, which differ, in the registry of a cluster that is up."""
    for tag in ("v1", "v2"):
        text = (bench.folder / SERVICE).read_text(encoding="utf-8")
        (bench.folder / SERVICE).write_text(f"{text}# {tag}\n", encoding="utf-8")
        said = await bench.shipway("build", "--tag", tag)
        assert said.code == 0, said.err
    await bench.restore()


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def whole(bench: Workbench) -> AsyncIterator[None]:
    """Each test mends what it breaks."""
    yield
    await fault(bench, "clear", "--all")
    assert not [each for each in await statuses(bench) if each.startswith("pending")]


async def fault(bench: Workbench, *args: str) -> None:
    program = str(Path(sys.executable).with_name("drydock"))
    home = ("--home", str(bench.state / "embedded"))
    said = await bench._run(program, "fault", *args, *home)
    assert said.code == 0, said.err


async def history(bench: Workbench) -> list[dict[str, Any]]:
    said = await bench.helm("history", "sample-app-dev", "-n", "dev", "-o", "json")
    found: list[dict[str, Any]] = json.loads(said.out) if said.code == 0 else []
    return found


async def statuses(bench: Workbench) -> list[str]:
    return [each["status"] for each in await history(bench)]


async def latest(bench: Workbench) -> dict[str, Any]:
    return (await history(bench))[-1]


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await ready():  # noqa: ASYNC110  # helm rings no bell
            await asyncio.sleep(0.05)


async def killed(bench: Workbench, *args: str, when: Callable[[], Awaitable[bool]]) -> None:
    """`shipway` alone: what it started goes on."""
    shipway = await bench.start(*args)
    try:
        await until(when)
    finally:
        os.kill(shipway.pid, signal.SIGKILL)
        await shipway.communicate()


def helms(bench: Workbench) -> list[int]:
    return [pid for pid, line in bench.processes.items() if line[0].endswith("helm")]


def notes(said: Said) -> list[str]:
    """What was healed; numbers and names of processes and runs left out."""
    told = [line.split(maxsplit=3)[3] for line in said.out.splitlines() if line.startswith("! ")]
    return [re.sub(r"process \d+", "process P", re.sub(RUN, "run R", line)) for line in told]


async def test_a_first_install_that_was_cut_off_is_healed_and_its_helm_ended(
    bench: Workbench,
) -> None:
    async def pending() -> bool:
        return "pending-install" in await statuses(bench)

    await fault(bench, "add", "api", *APPLIES, "--delay", "300s", "--count", "1")
    await killed(bench, "deploy", "--env", "dev", "--tag", "v1", when=pending)
    assert len(helms(bench)) == 1
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v1")
    assert said.code == 0, said.err
    assert notes(said) == [
        "helm (process P) of a run that died was still at work: ended",
        "revision 1 was left pending-install by run R (killed during helm upgrade): marked failed",
    ]
    assert helms(bench) == []
    found = await latest(bench)
    assert (found["revision"], found["status"]) == (2, "deployed")
    effects = [event["effect"] for event in bench.journal if event["event"] == "EffectDone"]
    assert effects[:3] == ["lease", "heal", "heal"]


async def test_an_upgrade_that_was_cut_off_is_healed(bench: Workbench) -> None:
    async def pending() -> bool:
        return "pending-upgrade" in await statuses(bench)

    await fault(bench, "add", "api", *APPLIES, "--delay", "300s", "--count", "1")
    await killed(bench, "deploy", "--env", "dev", "--tag", "v2", when=pending)
    said = await bench.shipway("promote", "v1", "--to", "dev")  # back to what serves
    assert said.code == 0, said.err
    assert notes(said) == [
        "helm (process P) of a run that died was still at work: ended",
        "revision 3 was left pending-upgrade by run R (killed during helm upgrade): marked failed",
    ]
    assert (await bench.get("dev", "/version")).json()["tag"] == "v1"


async def test_a_test_that_nobody_waits_for_is_removed(bench: Workbench) -> None:
    async def testing() -> bool:
        said = await bench.kubectl("get", "pods", "-n", "dev", "-o", "name")
        return "sample-app-test-health" in said.out

    said = await bench.shipway("promote", "v2", "--to", "dev")
    assert said.code == 0, said.err
    said = await bench.kubectl("delete", "pod", "-n", "dev", "sample-app-test-health")
    assert said.code == 0, said.err
    await fault(bench, "add", "pod", *TEST, "--slow-start", "300s")
    await killed(bench, "helm-test", "--env", "dev", when=testing)
    await fault(bench, "clear", "--all")
    said = await bench.shipway("helm-test", "--env", "dev")
    assert said.code == 0, said.err
    assert notes(said) == [
        "helm (process P) of a run that died was still at work: ended",
        "test pod sample-app-test-health was left running by a run that died: removed",
    ]


async def test_a_way_back_that_was_cut_off_is_healed_and_goes_to_the_same_release(
    bench: Workbench,
) -> None:
    async def pending() -> bool:
        return "pending-rollback" in await statuses(bench)

    await fault(bench, "add", "api", *APPLIES, "--delay", "300s", "--count", "1")
    await killed(bench, "rollback", "dev", when=pending)
    said = await bench.shipway("rollback", "dev")
    assert said.code == 0, said.err
    number = (await latest(bench))["revision"] - 1
    assert notes(said) == [
        "helm (process P) of a run that died was still at work: ended",
        f"revision {number} was left pending-rollback by run R "
        "(killed during helm rollback): marked failed",
    ]
    assert (await bench.get("dev", "/version")).json()["tag"] == "v1"


async def test_a_helm_of_somebody_else_is_left_alone_until_a_person_says_that_it_is_dead(
    bench: Workbench,
) -> None:
    await fault(bench, "add", "api", *APPLIES, "--delay", "300s", "--count", "1")
    helm = await asyncio.create_subprocess_exec(
        str(bench.state / "tools" / "helm"),
        *("upgrade", "sample-app-dev", "helm/sample-app", "--reuse-values", "-n", "dev"),
        *("--kubeconfig", str(bench.kubeconfig)),
        cwd=bench.folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:

        async def pending() -> bool:
            return "pending-upgrade" in await statuses(bench)

        await until(pending)
        said = await bench.shipway("deploy", "--env", "dev", "--tag", "v1")
    finally:
        helm.kill()
        await helm.wait()
    number = (await latest(bench))["revision"]
    assert said.code == 3
    told = re.sub(r"\d+ s ago", "N s ago", said.err)
    assert (
        f"deploy dev failed: dev: a helm that is not ours began revision {number} "
        "(pending-upgrade) N s ago, and may still be at work\n"
        "  try: wait until it ends: after 5 minutes it counts as dead; "
        "or, if you know that it is: shipway unlock dev --reason TEXT\n"
    ) in told
    said = await bench.shipway("unlock", "dev", "--reason", "its laptop is gone")
    assert said.code == 0, said.err
    assert said.out.splitlines()[1].endswith(" unlocked it: its laptop is gone: marked failed")
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v1")
    assert said.code == 0, said.err
    assert (await latest(bench))["status"] == "deployed"


async def test_an_api_that_is_out_of_order_for_a_moment_is_asked_again(bench: Workbench) -> None:
    await fault(bench, "add", "api", *APPLIES, "--answer", "500", "--count", "3")
    said = await bench.shipway("promote", "v1", "--to", "dev", "--force", "--reason", "try it")
    assert said.code == 0, said.err
    said = await bench.shipway("promote", "v2", "--to", "dev", "--force", "--reason", "try it")
    assert said.code == 0, said.err
    assert any("; again in 1 s" in line for line in said.out.splitlines())
    assert (await latest(bench))["status"] == "deployed"


async def test_what_the_api_refuses_is_not_tried_again(bench: Workbench) -> None:
    bench.edit("helm/sample-app/templates/service.yaml", "protocol: TCP", "protocol: UDPP")
    bench.edit("helm/sample-app/Chart.yaml", "version: 0.1.0", "version: 0.1.1")
    said = await bench.shipway("build", "--tag", "v3")
    assert said.code == 0, said.err
    await bench.restore()
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v3")
    assert said.code == 1
    assert "again in" not in said.out
    assert (await latest(bench))["status"] == "failed"
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v1")
    assert said.code == 0, said.err
