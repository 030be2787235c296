"""shipway is killed (-9) at every point of its journal; the same command given again needs nobody's help."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.stories.kill_matrix import Lane, Matrix, at_once, points

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True, slots=True)
class Change:
    title: str
    args: Callable[[Lane], tuple[str, ...]]


FIRST = Change("a first release", lambda lane: ("run", "--tag", lane.tag("one")))
UPGRADE = Change("an upgrade", lambda lane: ("promote", lane.tag("two"), "--to", lane.environment))
ROLLBACK = Change(
    "a rollback", lambda lane: ("rollback", lane.environment, "--to", lane.tag("one"))
)


async def before(change: Change, lane: Lane) -> None:
    if change is UPGRADE:
        lane.change("two")
        await lane.run("build", "--tag", lane.tag("two"))


async def matrix(change: Change, calm: Lane) -> Matrix:
    """What an undisturbed one does, and what it comes to."""
    await before(change, calm)
    await calm.run(*change.args(calm))
    return Matrix(change.title, points(calm.bench.journal), await calm.world())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def matrices(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Matrix]]:
    """Walked through: a lane for each point, all on the cluster of the one that nobody disturbs."""
    folder: Path = tmp_path_factory.mktemp("matrix")
    calm = Lane(folder / "calm", "calm")
    found = [(change, await matrix(change, calm)) for change in (FIRST, UPGRADE, ROLLBACK)]

    async def walk(number: int) -> None:
        lane = Lane(folder / f"p{number}", f"p{number}", calm.bench)
        last = max(place for place, (_, each) in enumerate(found) if number < len(each.walked))
        for change, each in found[: last + 1]:
            await before(change, lane)
            await each.killed(number, lane, *change.args(lane))

    longest = max(len(each.walked) for _, each in found)
    await at_once(walk, range(longest))
    yield {change.title: each for change, each in found}
    await calm.bench.down()


@pytest.mark.parametrize("change", [FIRST, UPGRADE, ROLLBACK], ids=lambda change: change.title)
async def test_the_same_command_given_again_makes_whole_what_was_killed_anywhere(
    matrices: dict[str, Matrix], change: Change
) -> None:
    walked = {each.name for each in matrices[change.title].walked}
    assert {"before lease", "after lease released", "in rollout"} <= walked or change is FIRST
    matrices[change.title].check()
