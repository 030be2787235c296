"""What is wrong with an environment now, or that nothing is. What proves it is saved; nothing is changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError

from shipway.actions.session import Session
from shipway.actions.status import url_of
from shipway.charts import render
from shipway.commands import kubectl
from shipway.kube import drift, ingress_address, lease, namespaces, releases, workload
from shipway.kube.access import connect
from shipway.kube.evidence.collection import collect
from shipway.kube.namespaces import NamespaceMissing
from shipway.model import health
from shipway.model.drift import Difference
from shipway.model.health import Facts, Finding, Health
from shipway.model.lease import Seen
from shipway.model.revision import Revision, current, good
from shipway.model.rollout import judge
from shipway.targets import here
from shipway.targets.target import Place, Target


async def diagnose(session: Session, environment: str) -> Health:
    target = await session.find()
    place = target.place(environment)
    async with connect(target.access) as client:
        try:
            if not target.create_namespaces:
                await namespaces.labels(client, place.release.namespace, target.access.start)
        except NamespaceMissing as missing:
            found = Finding(missing.problem, missing.remedy)
            return Health(environment, healthy=False, findings=(found,))
        facts = await _look(client, target, place)
        first = health.judge(facts)
        if first.healthy or not facts.history:
            return first
        folder = session.folder / "evidence" / environment
        evidence = await collect(client, place.release, target.deployment, folder)
    return health.judge(replace(facts, causes=evidence.causes), evidence.place)


async def _look(client: AsyncClient, target: Target, place: Place) -> Facts:
    history, found, turn = await asyncio.gather(
        releases.history(client, place.release),
        workload.look(client, place.release.namespace, target.deployment),
        _turn(client, place),
    )
    holder, now = turn.holder if turn else None, current(history)
    address = await url_of(client, target, place) if found else ""
    return Facts(
        environment=place.environment,
        namespace=place.release.namespace,
        look=str(kubectl.describe_pods(target.shown, place.release)),
        history=history,
        deployment=found.deployment if found else None,
        verdict=judge(found.deployment, found.pods) if found else None,
        old=found.deployment.ready - found.ready if found else 0,
        holder=holder,
        dead=holder is not None and here.dead(holder),
        renewed=turn.renewed if turn else "",
        address=address,
        absence=None if address or not found else await _absence(client, target, place),
        changed=await _changed(client, place, now) if now and good(now) else (),
    )


async def _changed(client: AsyncClient, place: Place, now: Revision) -> Sequence[Difference]:
    """Where our identity may see that."""
    try:
        released = render.objects(await drift.manifest(client, place.release, now.number))
        return await drift.find(client, place.release, released)
    except ApiError as error:
        if error.status.code == 403:
            return ()
        raise


async def _turn(client: AsyncClient, place: Place) -> Seen | None:
    """Whose it is, where our identity may see that."""
    try:
        return await lease.look(client, place.release)
    except ApiError as error:
        if error.status.code == 403:
            return None
        raise


async def _absence(client: AsyncClient, target: Target, place: Place) -> Finding | None:
    """None for a release that does not want to be reached from outside."""
    try:
        why = await ingress_address.why(client, target.shown, place.release, target.deployment)
    except ApiError as error:
        if error.status.code == 404:
            return None
        raise
    return Finding(why.cause, why.remedy)
