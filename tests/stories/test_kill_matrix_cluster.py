"""The cluster is killed (-9) at every point of a run's journal: the run says so, and the next one needs nobody's help."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.stories.kill_matrix import Lane, Matrix, points

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

CLUSTERS = 3


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lanes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Lane]]:
    """Each with a cluster of its own."""
    folder: Path = tmp_path_factory.mktemp("matrix")
    async with AsyncExitStack() as stack:
        found = [Lane(folder / f"c{number}", f"c{number}") for number in range(CLUSTERS)]
        for lane in found:
            stack.push_async_callback(lane.bench.down)
        yield found


async def test_the_next_run_starts_it_again_and_makes_whole_what_was_left(
    lanes: list[Lane],
) -> None:
    calm = lanes[0]
    await calm.run("run", "--tag", calm.tag("one"))
    found = Matrix("the cluster", points(calm.bench.journal), await calm.world())
    left = list(enumerate(found.walked))

    async def walk(lane: Lane) -> None:
        while left:
            number, point = left.pop(0)
            lane.move(f"p{number}")
            args = ("run", "--tag", lane.tag("one"))
            said = await lane.die(point, *args, kill="drydock")
            assert "a bug in shipway" not in said.err, said.err
            assert said.code in {0, 1, 3}, said.err
            if said.code:
                assert "  try: " in said.err, said.err
            await lane.run(*args)
            found.heard[point.name] = lane.notes()
            found.ended[point.name] = await lane.world()

    async with asyncio.TaskGroup() as group:
        for lane in lanes:
            group.create_task(walk(lane))
    found.check()
