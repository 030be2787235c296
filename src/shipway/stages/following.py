"""A rollout followed to its end, which helm's history remembers."""

from functools import partial

from shipway.commands import kubectl
from shipway.kube import releases, rollout
from shipway.kube.steadily import steadily
from shipway.kube.workload import Workload
from shipway.model.environment import Rules
from shipway.pipeline.stage import Say
from shipway.stages.turn import Turn


async def follow(turn: Turn, rules: Rules, say: Say, before: Workload | None = None) -> str:
    """RolloutFailed where its pods do not come to serve; then somebody else has to mark it.

    `before` is what was there when the rollout began.
    """
    client, place = turn.client, turn.place
    with say.effect("rollout"):
        found = await rollout.follow(
            client,
            place.environment,
            place.release.namespace,
            turn.target.deployment,
            timeout_seconds=rules.timeout_seconds,
            look=str(kubectl.describe_pods(turn.target.shown, place.release)),
            progress=say.progress,
            line=say.line,
            before=before,
        )
        new = await steadily(partial(releases.latest, client, place.release))
        assert new is not None
        await steadily(partial(releases.mark_proven, client, place.release, new))
    deployment = found.deployment
    return f"revision {new.number}, {deployment.available} of {deployment.wanted} pods ready"
