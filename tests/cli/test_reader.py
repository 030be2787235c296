"""Who reads shipway may leave, and may not know every letter: the verb ends as it would have."""

import asyncio
from pathlib import Path

import pytest

from shipway.testing.workbench import Workbench


@pytest.mark.parametrize("output", ["plain", "json", "github"])
async def test_a_reader_who_leaves_stops_nothing(tmp_path: Path, output: str) -> None:
    bench = Workbench(tmp_path)
    process = await bench.start("chart-lint", "--output", output)
    assert process.stdout is not None
    process.stdout._transport.close()  # type: ignore[attr-defined]  # asyncio has no other way
    async with asyncio.timeout(60):
        _, said = await asyncio.gather(process.wait(), _all(process.stderr))
    assert (process.returncode, said) == (0, b"")
    assert bench.journal[-1]["ending"] == "done"


async def _all(stream: asyncio.StreamReader | None) -> bytes:
    assert stream is not None
    return await stream.read()


async def test_marks_that_a_locale_lacks_are_replaced(tmp_path: Path) -> None:
    said = await Workbench(tmp_path).shipway("chart-lint", PYTHONIOENCODING="latin-1")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[1].startswith("? chart-lint ")
