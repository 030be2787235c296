"""A revision that failed is marked as such in helm's history, and its bundle's failure is recorded."""

import asyncio
from typing import Unpack

from shipway.errors import ShipwayError
from shipway.kube import releases
from shipway.kube.rollout import RolloutFailed
from shipway.model.bundle import Digest
from shipway.model.record import Kind
from shipway.model.revision import FAILURE, Revision
from shipway.pipeline.stage import Say
from shipway.stages.turn import Findings, Turn

RECORD_SECONDS = 5.0  # for a record that nothing waits for: its registry may be what is broken


async def mark(turn: Turn, failed: Revision, failure: ShipwayError, say: Say) -> None:
    """In the cluster first: it decides what the next run finds."""
    number = failed.number
    await releases.mark_failed(turn.client, turn.place.release, number, description(failure))
    if failed.bundle:
        why, cost = _cause(failure, turn.place.environment), turn.probed
        await try_record(
            turn, say, "failed", failed.bundle, revision=number, reason=why, probe=cost
        )


async def try_record(
    turn: Turn, say: Say, kind: Kind, bundle: Digest, **facts: Unpack[Findings]
) -> bool:
    """Where something else is the news: what could not be recorded is said, and stops nothing."""
    try:
        async with asyncio.timeout(RECORD_SECONDS):
            await turn.record(say, kind, bundle, **facts)
    except (ShipwayError, TimeoutError) as error:
        why = error.problem if isinstance(error, ShipwayError) else "the registry does not answer"
        say.note(f"not recorded as {kind}: {why}")
        return False
    return True


def _cause(failure: ShipwayError, environment: str) -> str:
    """A record says itself where it happened."""
    if isinstance(failure, RolloutFailed):
        return failure.cause.cause
    return failure.problem.removeprefix(f"{environment}: ")


def description(failure: ShipwayError) -> str:
    """For helm's history, where FAILURE marks what is never returned to."""
    if isinstance(failure, RolloutFailed):
        return f"rollout {FAILURE}{failure.cause.cause}"
    said = failure.problem
    return said if FAILURE in said else f"release {FAILURE}{said}"
