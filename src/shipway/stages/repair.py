"""What somebody changed beside helm: helm has to own it again, or it refuses to set it back and keeps what was added."""

from lightkube.core.exceptions import ApiError

from shipway.charts import render
from shipway.kube import drift
from shipway.model.drift import Difference
from shipway.model.revision import Revision, good
from shipway.pipeline.stage import Say
from shipway.stages.turn import Turn


async def drifted(turn: Turn, there: Revision) -> tuple[Difference, ...]:
    """What is no longer as the revision has it."""
    release = turn.place.release
    objects = render.objects(await drift.manifest(turn.client, release, there.number))
    return await drift.find(turn.client, release, objects)


async def reclaim(turn: Turn, there: Revision, say: Say) -> None:
    """Right before helm changes the release. It is no reason to stop: helm says itself what it cannot do."""
    release = turn.place.release
    try:
        objects = render.objects(await drift.manifest(turn.client, release, there.number))
        found = await drift.reclaim(turn.client, release, objects)
    except ApiError as error:
        say.note(f"changes made beside helm stay unknown: {error.status.message}")
        return
    if good(there):  # a revision that failed may never have been applied as a whole
        for each in found:
            say.note(f"sets back {each}")
