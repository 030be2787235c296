"""The commands with which a person sees for themself what a run has done."""

from shipway.actions.session import Session
from shipway.actions.status import url_of
from shipway.commands import curl, helm, kubectl
from shipway.commands.command import Command
from shipway.kube.access import connect
from shipway.targets.target import Place, Target
from shipway.tools.typed import Typed


async def look(session: Session, environment: str) -> list[Command]:
    """As they can be typed in this folder: a program that is not on the PATH comes with its path."""
    target = await session.find()
    last = target.place(environment)
    cluster = target.shown
    commands = (
        await _front_door(target, last),
        kubectl.pods_everywhere(cluster, session.project.name),
        helm.history(last.release, cluster),
    )
    typed = Typed(session.state / "tools")
    return [typed.command(command) for command in commands]


async def _front_door(target: Target, place: Place) -> Command:
    if target.ingress_port is not None:
        return curl.get(f"{target.url('localhost')}/health", place.host)
    async with connect(target.access) as client:
        url = await url_of(client, target, place)
    return (
        curl.get(f"{url}/health", place.host)
        if url
        else kubectl.ingress(target.shown, place.release)
    )
