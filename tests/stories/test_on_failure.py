"""A release that fails in prod: the evidence is kept, prod goes back by itself, and where it may not, it says why."""

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from shipway.oci import bundles
from shipway.oci.records import Ledger
from shipway.oci.registry import Registry
from shipway.testing.workbench import Said, Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

SERVICE = "app/sample_app/service.py"
SICK = (
    'return JSONResponse({"status": "ok"})',
    'return JSONResponse({"status": "sick"}, status_code=500)',
)
FAILED_TEST = "prod: the helm test failed: 500 http://sample-app:80/health"
UNPULLED = "prod: 0 of 3 pods became ready: the image cannot be pulled"


async def build(bench: Workbench, tag: str, *edits: tuple[str, str, str]) -> None:
    for file, old, new in edits:
        bench.edit(file, old, new)
    said = await bench.shipway("build", "--tag", tag)
    assert said.code == 0, said.err
    await bench.restore()


async def promote(bench: Workbench, tag: str) -> Said:
    """To prod, which has to be forced: no other environment saw it."""
    return await bench.shipway("promote", tag, "--to", "prod", "--force", "--reason", "rehearsal")


async def records(bench: Workbench, tag: str) -> list[tuple[str, int]]:
    """What is said of a release in prod, and of which revision of helm's."""
    async with Registry(bench.registry) as registry:
        bundle = (await bundles.find(registry, "sample-app", tag)).bundle.id
        kept = [each.record for each in await Ledger(registry, "sample-app").read(bundle)]
    return sorted((each.kind, each.revision) for each in kept if each.environment == "prod")


async def history(bench: Workbench) -> list[tuple[int, str]]:
    said = await bench.helm("history", "sample-app-prod", "-n", "prod", "-o", "json")
    return [(each["revision"], each["status"]) for each in json.loads(said.out)]


def notes(bench: Workbench) -> list[str]:
    return [each["text"] for each in bench.journal if each["event"] == "Note"]


async def drydock(bench: Workbench, *args: str) -> None:
    program = Path(sys.executable).with_name("drydock")
    said = await bench._run(str(program), *args, "--home", str(bench.state / "embedded"))
    assert said.code == 0, said.err


def evidence(bench: Workbench) -> str:
    """Where that of the last run is."""
    return f".shipway/runs/{bench.journal[0]['run']}/evidence/prod"


def goes_back(bench: Workbench, before: str) -> bool:
    """The run after `before`."""
    try:
        begin, *events = bench.journal
    except (OSError, ValueError):  # half a line, or not even a file
        return False
    begun = [each["effect"] for each in events if each["event"] == "EffectBegun"]
    return begin["run"] != before and "helm rollback" in begun


async def test_a_first_release_that_fails_is_left_to_be_looked_at(bench: Workbench) -> None:
    await build(bench, "sick", (SERVICE, *SICK))
    said = await promote(bench, "sick")
    assert said.code == 1
    lines = said.err.splitlines()
    assert lines[:2] == [
        f"helm-test prod failed: {FAILED_TEST}",
        "  prod stays as it is: nothing ran there before",
    ]
    assert lines[-3:-1] == [f"  evidence: {evidence(bench)}", "  try: shipway diagnose prod"]
    assert await history(bench) == [(1, "failed")]
    assert (await bench.get("prod")).is_success


async def test_prod_goes_back_by_itself_and_the_first_line_is_still_the_cause(
    bench: Workbench,
) -> None:
    await build(bench, "v1")
    said = await promote(bench, "v1")
    assert said.code == 0, said.err
    await build(bench, "broken", (SERVICE, "Hello", "Goodbye"))
    await drydock(
        bench, "fault", "add", "pull", "--image", "*/sample-app@*", "--answer", "not-found"
    )
    said = await promote(bench, "broken")
    assert said.code == 1
    first, second, *_, evident, remedy, _ = said.err.splitlines()
    assert first.startswith(f"deploy prod failed: {UNPULLED}: ")
    assert second == "  prod is back on revision 4 (v1), which serves"
    assert evident == f"  evidence: {evidence(bench)}"
    assert remedy == (
        f"  try: read {evidence(bench)}/cause.txt, and release the repaired one under another tag"
    )
    assert (await bench.get("prod", "/version")).json()["tag"] == "v1"
    cause = first.removeprefix("deploy prod failed: ")
    assert notes(bench)[1:] == [f"failed: {cause}", "prod goes back to revision 2 (v1)"]
    await drydock(bench, "fault", "clear", "--all")


async def test_the_evidence_was_saved_before_anything_was_undone(bench: Workbench) -> None:
    effects = [
        each["effect"]
        for each in bench.journal
        if each["event"] == "EffectBegun" and each["stage"] == "deploy prod"
        if "lease" not in each["effect"]
    ]
    assert effects[-6:] == [
        "record failed",
        "record quarantined",
        "helm rollback",
        "rollout",
        "helm test",
        "record proven",
    ]
    folder = bench.folder / evidence(bench)
    assert "the image cannot be pulled" in (folder / "cause.txt").read_text(encoding="utf-8")
    assert "reason: ErrImagePull" in (folder / "pods.yaml").read_text(encoding="utf-8")


async def test_what_happened_is_recorded_and_marked(bench: Workbench) -> None:
    assert await records(bench, "broken") == [("failed", 3), ("forced", 0), ("quarantined", 3)]
    assert await records(bench, "v1") == [("forced", 0), ("proven", 2), ("proven", 4)]
    assert await history(bench) == [
        (1, "superseded"),  # so helm calls what failed before
        (2, "superseded"),
        (3, "failed"),
        (4, "deployed"),
    ]
    said = await bench.shipway("deploy", "--env", "prod", "--tag", "broken")
    assert said.code == 3
    assert "it is quarantined in prod: the image cannot be pulled: " in said.err


async def test_what_changed_the_data_for_good_stays_and_says_why(bench: Workbench) -> None:
    safe = ("shipway.yaml", "name: sample-app\n", "name: sample-app\nrollback_safe: false\n")
    await build(bench, "migrates", (SERVICE, *SICK), safe)
    said = await promote(bench, "migrates")
    assert said.code == 1
    unsafe = (
        "revision 5 (migrates) is not safe to go back from (rollback_safe: false): "
        "its data is not for earlier releases"
    )
    assert said.err.splitlines()[:2] == [
        f"helm-test prod failed: {FAILED_TEST}",
        f"  prod stays as it is, and does not go back to revision 4 (v1): {unsafe}",
    ]
    assert (await bench.status())["prod"]["tag"] == "migrates"
    said = await bench.shipway("rollback", "prod")
    assert said.code == 3
    assert said.err.splitlines()[:2] == [
        f"rollback prod failed: prod does not go back to revision 4 (v1): {unsafe}",
        "  try: shipway history prod; or insist: --force --reason TEXT",
    ]
    assert await records(bench, "migrates") == [("failed", 5), ("forced", 0)]


async def test_a_person_with_a_reason_goes_back_even_without_a_registry(bench: Workbench) -> None:
    await drydock(
        bench, "fault", "add", "registry", "--repository", "sample-app", "--answer", "401"
    )
    said = await bench.shipway("rollback", "prod")
    assert said.code == 3
    problem, remedy, _ = said.err.splitlines()
    assert re.fullmatch(
        r"rollback prod failed: prod does not go back unchecked: localhost:\d+ does not allow .+",
        problem,
    )
    assert remedy.endswith("or go back without it: --force --reason TEXT")
    said = await bench.shipway("rollback", "prod", "--force", "--reason", "nothing answers")
    assert said.code == 0, said.err
    assert "back to revision 4 (v1) as revision 6, 3 of 3 pods ready" in said.out
    told = [each.partition(":")[0] for each in notes(bench)]
    assert told == [
        "forced (nothing answers)",
        "not recorded as forced",
        "not recorded as quarantined",
        "not recorded as proven",
    ]
    await drydock(bench, "fault", "clear", "--all")
    assert (await bench.get("prod", "/version")).json()["tag"] == "v1"


async def test_a_way_back_that_was_killed_is_ended_by_the_next_run(bench: Workbench) -> None:
    before = bench.journal[0]["run"]
    process = await bench.start(
        "promote", "sick", "--to", "prod", "--force", "--reason", "once more"
    )
    try:
        async with asyncio.timeout(120):
            while not goes_back(bench, before):
                assert process.returncode is None, "it was too fast"
                await asyncio.sleep(0.01)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
    said = await bench.shipway("deploy", "--env", "prod", "--tag", "sick")
    assert said.code == 3
    assert "deploy prod failed: prod does not take sick (" in said.err
    assert f"it is quarantined in prod: {FAILED_TEST.removeprefix('prod: ')} (" in said.err
    row = (await bench.status())["prod"]
    assert (row["tag"], row["status"], row["ready"]) == ("v1", "deployed", 3)
    statuses = [status for _, status in await history(bench)]
    assert statuses.count("deployed") == 1
    assert not any(status.startswith("pending") for status in statuses)
