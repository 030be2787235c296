"""The target that is meant where nobody named one: the Kind cluster while it answers, else drydock."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from shipway.config.project import Project
from shipway.targets import embedded, kind

PATIENCE = 1.0  # seconds; a stopped cluster of this machine refuses at once


@dataclass(frozen=True, slots=True)
class Choice:
    target: str
    why: str = ""  # in a few words; empty where a person chose


async def default(project: Project) -> Choice:
    """Costs a look at a file where no Kind cluster was set up."""
    kubeconfig = kind.kubeconfig(project.root)
    if kind.NAME not in project.targets or not kubeconfig.exists():
        return Choice(embedded.NAME, "no Kind cluster is set up")
    if await _answers(kubeconfig):
        return Choice(kind.NAME, "its cluster is reachable")
    return Choice(embedded.NAME, "the Kind cluster does not answer")


async def _answers(kubeconfig: Path) -> bool:
    try:
        host, port = _server(kubeconfig)
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError, yaml.YAMLError, LookupError, TypeError, ValueError):
        return False
    writer.close()
    return True


def _server(kubeconfig: Path) -> tuple[str | None, int | None]:
    found = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    server = urlsplit(found["clusters"][0]["cluster"]["server"])
    return server.hostname, server.port
