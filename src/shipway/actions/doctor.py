"""Look whether everything is in place; each thing that is not comes with what to do."""

import asyncio
import shutil
import sys
from collections.abc import Sequence

from lightkube.resources.core_v1 import Node

from shipway.actions import doctor_eks, doctor_github, doctor_kind, kind
from shipway.actions.checking import checked
from shipway.actions.session import Session
from shipway.kube.access import connect
from shipway.model.check import Check
from shipway.oci import bundles
from shipway.targets.embedded import Embedded
from shipway.tools.pins import Pin, host
from shipway.tools.provision import TOOLS
from shipway.tools.tool import kept

SPACE = 2.0  # GB that a release's images, logs and state may take
OLDEST = (3, 11)


async def doctor(session: Session) -> list[Check]:
    """Every check that can be made, also after one that failed."""
    match session.target:
        case "github":
            return await doctor_github.checks(session)
        case "eks":
            return [*await _machine(session), *await doctor_eks.checks(session)]
        case "kind":
            return [*await _machine(session, kind.TOOLS), *await doctor_kind.checks(session)]
        case _:
            return [
                *await _machine(session),
                await checked("cluster", _cluster(session)),
                await checked("pods", _pods(session)),
                await checked("registry", _registry(session)),
            ]


async def _machine(session: Session, pins: Sequence[Pin] = TOOLS) -> list[Check]:
    return [
        _python(),
        _space(session),
        *[await asyncio.to_thread(_tool, session, pin) for pin in pins],
    ]


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info[:2] >= OLDEST, found, "install Python 3.11 or later")


def _space(session: Session) -> Check:
    free = shutil.disk_usage(session.project.root).free / 1e9
    return Check(
        "disk", free > SPACE, f"{free:.1f} GB free", f"make room: {SPACE:.0f} GB are wanted"
    )


def _tool(session: Session, pin: Pin) -> Check:
    tool = kept(pin, host(), session.state / "tools")
    found = f"{tool.version}, {tool.origin}" if tool else f"{pin.wanted} is not provisioned"
    return Check(pin.name, tool is not None, found, pin.setup)


async def _cluster(session: Session) -> str:
    target = await session.find()
    async with connect(target.access) as client:
        nodes = [node async for node in client.list(Node)]
    return f"{target.name}: {len(nodes)} node, {target.where}"


async def _pods(session: Session) -> str:
    """Not isolated is no trouble as long as the project's image needs nothing of it."""
    embedded = Embedded(session.project, session.shell)
    found = embedded.isolation
    embedded.judge(found)
    more = f"; for isolated pods: {found.remedy}" if found.remedy else ""
    return f"{'isolated' if found.isolated else 'not isolated'}: {found.because}{more}"


async def _registry(session: Session) -> str:
    target = await session.find()
    async with target.open_registry() as registry:
        count = len(await bundles.known(registry, session.project.image.repository))
    releases = f"{count} release{'' if count == 1 else 's'}"
    return f"{target.registry.host}: {session.project.image.repository} has {releases}"
