"""Whatever goes wrong with a rollout, its first line names the cause; what may pass is waited for."""

import asyncio
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import pytest_asyncio

from shipway.testing.workbench import ROOT, Said, Workbench
from tests.stories.seeded_faults import (
    FAULTS,
    TAG,
    Fault,
    first_line,
    give,
    kubectl,
    prepare,
    reading,
    seed,
    suffer,
    table,
)

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

TABLE = ROOT / "docs" / "reference" / "failures.md"
BEGIN, END = "<!-- made by tests/stories/test_seeded_faults.py -->\n", "<!-- end -->\n"


@dataclass(frozen=True, slots=True)
class Seen:
    said: Said
    seconds: float


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seen(bench: Workbench) -> Mapping[str, Seen]:
    """All faults at once, each in its own environment; those that wait for the deadline begin first."""
    seed(bench)
    for line in ("setup embedded", f"build --tag {TAG}"):
        said = await bench.shipway(*line.split())
        assert said.code == 0, said.err
    await prepare(bench)

    async def one(fault: Fault) -> Seen:
        begin = time.monotonic()
        return Seen(await suffer(bench, fault), time.monotonic() - begin)

    running: dict[str, asyncio.Task[Seen]] = {}
    for seconds in sorted({fault.seconds for fault in FAULTS}):
        give(bench, seconds=seconds)
        chosen = [fault for fault in FAULTS if fault.seconds == seconds]
        running |= {fault.name: asyncio.create_task(one(fault)) for fault in chosen}
        await reading(bench, [fault.name for fault in chosen])
    await asyncio.wait(running.values())
    return {name: task.result() for name, task in running.items()}


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
async def test_the_first_line_names_the_cause(fault: Fault, seen: Mapping[str, Seen]) -> None:
    said = seen[fault.name].said
    assert (said.code, first_line(said, fault)) == (fault.code, fault.line), said.err


async def test_what_each_pod_does_is_kept_with_the_run(
    bench: Workbench, seen: Mapping[str, Seen]
) -> None:
    (log,) = (bench.state / "runs").glob("*/deploy-blip.log")
    told = re.findall(r"^pod sample-app-\w+-\w+: (.*)$", log.read_text("utf-8"), re.MULTILINE)
    assert [words for words in told if words in {"the image cannot be pulled", "ready"}] == [
        "the image cannot be pulled",
        "ready",
    ]


async def test_once_the_cause_is_gone_the_same_command_succeeds(
    bench: Workbench, seen: Mapping[str, Seen]
) -> None:
    await kubectl(bench, "create", "secret", "generic", "api-keys", "--namespace", "secret")
    fault = next(fault for fault in FAULTS if fault.name == "secret")
    said = await suffer(bench, fault)
    assert said.code == 0, said.err
    assert first_line(said, fault) == "revision 2, 1 of 1 pods ready"


async def test_the_table_in_the_docs_is_this_one() -> None:
    """`SHIPWAY_WRITE_DOCS=1` in the environment writes it."""
    text = TABLE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    wanted = f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"
    if os.environ.get("SHIPWAY_WRITE_DOCS"):
        TABLE.write_text(wanted, encoding="utf-8")
    else:
        assert wanted == text
