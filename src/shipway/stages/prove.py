"""A release that serves and passed its test has proved itself: the next environment may take it."""

import asyncio

from shipway.errors import ShipwayError
from shipway.model.record import is_of
from shipway.model.revision import Revision
from shipway.pipeline.stage import Say
from shipway.stages.marking import RECORD_SECONDS
from shipway.stages.turn import Turn


async def prove(turn: Turn, revision: Revision, test: str, say: Say) -> bool:
    """False where nothing new is to be said: this revision's proof is there, or helm made it without a bundle of ours."""
    if not revision.bundle or await proved(turn, revision):
        return False
    number, cost = revision.number, turn.probed
    await turn.record(say, "proven", revision.bundle, revision=number, test=test, probe=cost)
    return True


async def proved(turn: Turn, revision: Revision) -> bool:
    """Whether that is recorded, of this very revision."""
    environment = turn.place.environment
    kept = await turn.ledger.read(revision.bundle) if revision.bundle else []
    return any(
        is_of(each, "proven", environment) and each.record.revision == revision.number
        for each in kept
    )


async def try_prove(turn: Turn, revision: Revision, test: str, say: Say) -> bool:
    """Where the registry may be what is broken: that nothing could be recorded is said, and stops nothing."""
    try:
        async with asyncio.timeout(RECORD_SECONDS):
            return await prove(turn, revision, test, say)
    except (ShipwayError, TimeoutError) as error:
        why = error.problem if isinstance(error, ShipwayError) else "the registry does not answer"
        say.note(f"not recorded as proven: {why}")
    return False
