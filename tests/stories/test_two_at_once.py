"""Many release to one environment at once: one after the other gets its turn, and whoever hangs or dies loses it."""

import asyncio
import itertools
import json
import signal
from typing import Any

import pytest

from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

SERVICE = "app/sample_app/service.py"
SLOW = "    time.sleep(60)\n    app = FastAPI("
DEPLOYS = 20
DEADLINE = 60  # seconds
PATIENCE = 400  # seconds, for all of them


async def helm_history(bench: Workbench) -> list[dict[str, Any]]:
    said = await bench.helm("history", "sample-app-dev", "--namespace", "dev", "--output", "json")
    assert said.code == 0, said.err
    rows: list[dict[str, Any]] = json.loads(said.out)
    return rows


async def lease(bench: Workbench) -> dict[str, Any]:
    words = ("get", "lease", "shipway-sample-app-dev", "--namespace", "dev", "--output", "json")
    said = await bench.kubectl(*words)
    assert said.code == 0, said.err
    spec: dict[str, Any] = json.loads(said.out)["spec"]
    return spec


async def until(shipway: asyncio.subprocess.Process, **wanted: str) -> None:
    """The first event that has these fields."""
    assert shipway.stdout
    async with asyncio.timeout(DEADLINE):
        async for line in shipway.stdout:
            if wanted.items() <= json.loads(line).items():
                return
    raise AssertionError(f"it ended without {wanted}")


async def test_two_releases_are_built(bench: Workbench) -> None:
    for tag, old, new in (
        ("v1", "Hello from sample-app", "Hello from the new version"),
        ("v2", "    app = FastAPI(", SLOW),
        ("slow", SLOW, "    app = FastAPI("),
    ):
        said = await bench.shipway("build", "--tag", tag)
        assert said.code == 0, said.err
        bench.edit(SERVICE, old, new)
    await bench.restore()


async def test_twenty_deploys_of_two_releases_make_one_line_of_revisions(bench: Workbench) -> None:
    deploys = [
        await bench.start(
            *("deploy", "--env", "dev", "--tag", "v1" if number % 4 else "v2"),
            *("--lock-timeout", "10m", "--output", "json"),
        )
        for number in range(DEPLOYS)
    ]
    try:
        async with asyncio.timeout(PATIENCE):
            ended = await asyncio.gather(*(each.communicate() for each in deploys))
    finally:
        for each in deploys:
            if each.returncode is None:
                each.kill()
                await each.wait()
    told = [[json.loads(line) for line in out.splitlines()] for out, _ in ended]
    codes = [each.returncode for each in deploys]
    assert codes == [0] * DEPLOYS, [rows for rows, code in zip(told, codes, strict=True) if code]
    notes = [row["text"] for rows in told for row in rows if row.get("event") == "Note"]
    assert any(note.startswith("waits for ") for note in notes)
    history = await helm_history(bench)
    assert [row["revision"] for row in history] == [*range(1, len(history) + 1)]
    assert [row["status"] for row in history] == ["superseded"] * (len(history) - 1) + ["deployed"]
    tags = [row["description"].partition(",")[0] for row in history]
    assert all(one != other for one, other in itertools.pairwise(tags)), tags
    assert set(tags) == {"v1", "v2"}
    assert not [row for row in history if "underway" in row["description"]]
    held = await lease(bench)
    assert (held["holderIdentity"], held["leaseTransitions"]) == ("", DEPLOYS)
    assert (await bench.get("dev", "/version")).json()["tag"] == tags[-1]


async def test_a_run_that_was_killed_in_its_turn_is_not_waited_for(bench: Workbench) -> None:
    shipway = await bench.start("deploy", "--env", "dev", "--tag", "slow", "--output", "json")
    await until(shipway, event="EffectDone", effect="lease")
    shipway.kill()
    await shipway.communicate()
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v1", "--lock-timeout", "0")
    assert said.code == 0, said.err


async def test_an_interrupted_run_gives_its_turn_back_before_it_ends(bench: Workbench) -> None:
    shipway = await bench.start("deploy", "--env", "dev", "--tag", "slow", "--output", "json")
    await until(shipway, event="EffectDone", effect="helm upgrade")
    shipway.send_signal(signal.SIGTERM)
    async with asyncio.timeout(DEADLINE):
        await shipway.communicate()
    assert shipway.returncode == 130
    assert (await lease(bench))["holderIdentity"] == ""
    effects = [event for event in bench.journal if event.get("effect") == "lease released"]
    assert [event["event"] for event in effects] == ["EffectBegun", "EffectDone"]
    last = bench.journal[-1]
    assert (last["event"], last["ending"]) == ("RunFinished", "cancelled")


async def test_who_may_not_wait_hears_for_whom_and_unlocks(bench: Workbench) -> None:
    shipway = await bench.start("deploy", "--env", "dev", "--tag", "slow", "--output", "json")
    await until(shipway, event="EffectDone", effect="helm upgrade")
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v2", "--lock-timeout", "0")
    assert said.code == 3
    assert "deploy dev failed: in dev it is the turn of " in said.err
    assert ": deploy dev (run " in said.err
    assert "shipway unlock dev --reason TEXT" in said.err

    said = await bench.shipway("unlock", "dev", "--reason", "it will never start")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("dev is free: it was the turn of ")
    async with asyncio.timeout(DEADLINE):
        out, _ = await shipway.communicate()
    assert shipway.returncode == 3
    rows = map(json.loads, out.splitlines())
    failed = next(row for row in rows if row.get("ending") == "failed")
    assert failed["summary"].startswith("our turn in dev is over: ")
    assert failed["summary"].endswith(" took it away: it will never start")

    said = await bench.shipway("unlock", "dev", "--reason", "to be sure")
    assert (said.code, said.out) == (0, "dev is free: it is nobody's turn\n")
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v2", "--lock-timeout", "0")
    assert said.code == 0, said.err
    assert (await lease(bench))["holderIdentity"] == ""
