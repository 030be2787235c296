"""Ctrl-C, or a polite kill, in the middle of things: nothing is left running, and the next run works."""

import asyncio
import json
import os
import signal
from typing import Any

import pytest

from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

SIGNALS = [signal.SIGINT, signal.SIGTERM]
SERVICE = "app/sample_app/service.py"
DEADLINE = 60  # seconds


async def until(shipway: asyncio.subprocess.Process, **wanted: str) -> dict[str, Any]:
    """The first event that has these fields."""
    assert shipway.stdout
    async with asyncio.timeout(DEADLINE):
        async for line in shipway.stdout:
            event: dict[str, Any] = json.loads(line)
            if wanted.items() <= event.items():
                return event
    raise AssertionError(f"it ended without {wanted}")


async def until_there_is(bench: Workbench, word: str) -> None:
    async with asyncio.timeout(DEADLINE):
        while not any(word in line for line in bench.processes.values()):  # noqa: ASYNC110  # a process rings no bell
            await asyncio.sleep(0.02)


async def interrupt(shipway: asyncio.subprocess.Process, number: signal.Signals) -> None:
    shipway.send_signal(number)
    out, err = await asyncio.wait_for(shipway.communicate(), DEADLINE)
    assert shipway.returncode == 130, err.decode()
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["ending"]) == ("RunFinished", "cancelled")


async def history(bench: Workbench) -> list[dict[str, Any]]:
    """Newest first."""
    said = await bench.shipway("history", "dev", "--output", "json")
    assert said.code == 0, said.err
    return said.rows


def endings(bench: Workbench) -> dict[str, str]:
    """As the journal has them, which must be complete: a run that was told to end says that it ended."""
    last = bench.journal[-1]
    assert (last["event"], last["ending"]) == ("RunFinished", "cancelled")
    return {
        event["stage"]: event["ending"]
        for event in bench.journal
        if event["event"] == "StageFinished"
    }


@pytest.mark.parametrize("number", [*SIGNALS, signal.SIGHUP])
async def test_an_interrupted_test_stage_leaves_no_process_and_no_tag(
    bench: Workbench, number: signal.Signals
) -> None:
    said = await bench.shipway("setup", "embedded")
    assert said.code == 0, said.err
    before = bench.processes
    shipway = await bench.start("run", "--output", "json")
    await until(shipway, event="StageStarted", stage="test")
    await until_there_is(bench, "pytest")
    await interrupt(shipway, number)
    assert bench.processes == before
    ended = endings(bench)
    assert ended["test"] == "cancelled"
    assert "push" not in ended
    assert await bench.tags() == []


@pytest.mark.parametrize("number", SIGNALS)
async def test_an_interrupted_rollout_leaves_what_served_before(
    bench: Workbench, number: signal.Signals
) -> None:
    for tag in ("v1", "slow"):
        said = await bench.shipway("build", "--tag", tag)
        assert said.code == 0, said.err
        bench.edit(SERVICE, "    app = FastAPI(", "    time.sleep(60)\n    app = FastAPI(")
    await bench.restore()
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v1")
    assert said.code == 0, said.err
    shipway = await bench.start("deploy", "--env", "dev", "--tag", "slow", "--output", "json")
    await until(shipway, event="Progress", text="0 of 1 new pods ready, 1 of the old leaving")
    now = (await bench.status())["dev"]
    assert now["state"].startswith("rolling out (")
    assert bench.journal[0]["run"] in now["holder"]
    await interrupt(shipway, number)
    assert shipway.pid not in bench.processes
    assert not [line for line in bench.processes.values() if line[0].endswith("helm")]
    assert endings(bench) == {"setup": "done", "resolve": "done", "deploy dev": "cancelled"}
    assert (await bench.get("dev", "/version")).json()["tag"] == "v1"
    row, *_ = await history(bench)
    assert (row["tag"], row["status"]) == ("slow", "failed")
    assert row["description"] == "rollout failed: interrupted before its pods were seen to serve"


async def test_a_rollout_whose_watcher_was_killed_is_no_release_to_return_to(
    bench: Workbench,
) -> None:
    shipway = await bench.start("deploy", "--env", "dev", "--tag", "slow", "--output", "json")
    await until(shipway, event="Progress", text="0 of 1 new pods ready, 1 of the old leaving")
    os.kill(shipway.pid, signal.SIGKILL)
    await shipway.communicate()
    assert (await bench.status())["dev"]["state"] == "rolled out, nobody saw it serve"
    row, *_ = await history(bench)
    assert (row["tag"], row["status"]) == ("slow", "deployed")
    assert row["what"] == "deployed slow, nobody saw it serve"
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v1")
    assert said.code == 0, said.err
    row, killed, *_ = await history(bench)
    assert row["what"] == "deployed v1"
    assert killed["what"].startswith("healed: left before its pods were seen to serve by run ")
    said = await bench.shipway("rollback", "dev")
    assert said.code == 3
    none = "dev has no earlier revision that is proven there and differs from what is there now"
    assert said.err.startswith(f"rollback dev failed: {none}\n")


async def test_the_next_run_works(bench: Workbench) -> None:
    said = await bench.shipway("run", "--tag", "v1", "--env", "dev")
    assert said.code == 0, said.err
    row = (await bench.status())["dev"]
    assert (row["tag"], row["status"], row["ready"]) == ("v1", "deployed", 1)
    assert bench.journal[-1]["ending"] == "done"
