"""What runs that died left in an environment is brought back before anything else: under the lease, and said.

Helm's history and our journal keep it. No record speaks of it: that a run was killed says nothing about its bundle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar

from lightkube import AsyncClient

from shipway.commands.helm import Release
from shipway.errors import REFUSED, ShipwayError
from shipway.kube import clock, releases, workload
from shipway.kube.steadily import steadily
from shipway.model import recovery
from shipway.model.lease import Holder
from shipway.model.recovery import BEGUN, YOUNG, AtWork, Ended, Failed, Healing, Removed, Served
from shipway.model.revision import Revision
from shipway.model.rollout import Done, judge
from shipway.pipeline import journal
from shipway.pipeline.stage import Say
from shipway.shell import outlived

STRANGER = "a helm that is not ours"


@dataclass(eq=False)
class HelmAtWork(ShipwayError):
    """Somebody who does not take turns has begun a revision, and may be about to finish it."""

    exit_code: ClassVar[int] = REFUSED

    environment: str
    revision: Revision
    seconds: float  # since it began

    @property
    def problem(self) -> str:
        return (
            f"{self.environment}: a helm that is not ours began revision {self.revision.number} "
            f"({self.revision.status}) {self.seconds:.0f} s ago, and may still be at work"
        )

    @property
    def remedy(self) -> str:
        minutes = YOUNG // timedelta(minutes=1)
        return (
            f"wait until it ends: after {minutes} minutes it counts as dead; "
            f"or, if you know that it is: shipway unlock {self.environment} --reason TEXT"
        )


@dataclass(frozen=True, slots=True)
class Remains:
    """Where to look, and what is known of the turn before."""

    client: AsyncClient
    environment: str
    release: Release
    deployment: str
    mark: str  # of the processes that work on this release, in this cluster
    fence: int  # ours
    former: Holder | None  # who had the turn before and did not give it back
    runs: Path  # journals of this machine


async def heal(remains: Remains, say: Say) -> list[Healing]:
    """Costs a look at the history where nothing was left. HelmAtWork where a stranger may be changing the release."""
    client, release = remains.client, remains.release
    history = await steadily(partial(releases.history, client, release))
    if remains.former is None and not recovery.left(history):
        return []
    done: list[Healing] = []
    for process in await outlived.find(remains.mark, remains.fence):
        with say.effect("heal"):
            await outlived.end(process)
            done.append(_said(Ended(process.program, process.pid), say))
    if done:  # until just now they went on
        history = await steadily(partial(releases.history, client, release))
    for each in await _revisions(remains, history):
        with say.effect("heal"):
            if isinstance(each, Served):
                await releases.mark_proven(client, release, each.revision)
            else:
                number = each.revision.number
                await releases.mark_failed(client, release, number, each.description)
            done.append(_said(each, say))
    for pod in await workload.running_tests(client, release):
        with say.effect("heal"):
            await workload.remove(client, release.namespace, pod)
            done.append(_said(Removed(pod), say))
    return done


async def give_up(client: AsyncClient, release: Release, who: str, reason: str) -> list[Failed]:
    """A person knows that the helms which take no turns have died."""
    found = [
        Failed(each, f"{STRANGER}; {who} unlocked it: {reason}")
        for each in await releases.history(client, release)
        if each.status in BEGUN and not each.run
    ]
    for each in found:
        await releases.mark_failed(client, release, each.revision.number, each.description)
    return found


async def _revisions(remains: Remains, history: Sequence[Revision]) -> list[Failed | Served]:
    if not recovery.left(history):
        return []
    client, namespace = remains.client, remains.release.namespace
    found = await workload.look(client, namespace, remains.deployment)
    healings = recovery.heal(
        history,
        lambda revision: _story(revision, remains.runs),
        await clock.now(client, namespace),
        serves=found is not None and isinstance(judge(found.deployment, found.pods), Done),
    )
    if isinstance(healings, AtWork):
        raise HelmAtWork(remains.environment, healings.revision, healings.seconds)
    return healings


def _story(revision: Revision, runs: Path) -> str:
    """By whom it was left; what became of them only this machine's journals tell."""
    if not revision.run:
        return STRANGER
    account = journal.read(runs / revision.run)
    return f"run {revision.run} ({account})" if account else f"run {revision.run}"


def _said(healing: Healing, say: Say) -> Healing:
    say.note(str(healing))
    return healing
