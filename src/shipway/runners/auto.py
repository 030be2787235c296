"""The best runner that works here, found out once for all checks of a run."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from shipway.config.project import Runner as Name
from shipway.docker.engine import engine
from shipway.errors import ShipwayError
from shipway.runners.choice import Choice, Facts, choose
from shipway.runners.runner import Runner
from shipway.runners.unable import RunnerUnable
from shipway.shell.shell import Listener, Shell

OWN_ENGINE = ("DAGGER_SESSION_PORT", "_EXPERIMENTAL_DAGGER_RUNNER_HOST")


async def look(shell: Shell, env: Mapping[str, str]) -> Facts:
    """One short command; none where docker is not installed."""
    no_engine = None
    try:
        await engine(shell)
    except ShipwayError as error:
        no_engine = error.problem
    return Facts(
        sdk=find_spec("dagger") is not None,
        own_engine=any(name in env for name in OWN_ENGINE),
        no_engine=no_engine,
    )


class AutoRunner:
    """Each runner that cannot run anything is left out for the rest of the run, and its reason told."""

    def __init__(self, runners: Mapping[Name, Runner], shell: Shell) -> None:
        self._runners = runners
        self._shell = shell
        self._looking = asyncio.Lock()
        self._choice: Choice | None = None
        self._unable: dict[Name, RunnerUnable] = {}
        self._used: Name = "host"

    @property
    def where(self) -> str:
        """With the reasons, where it is not the best one that could be."""
        reasons = "; ".join([*(self._choice.passed if self._choice else ()), *self._told()])
        words = self._runners[self._used].where
        return f"{words}: {reasons}" if reasons else words

    async def run(self, argv: Sequence[str], folder: Path, listen: Listener) -> None:
        choice = await self._look()
        for name in choice.order:
            if name in self._unable:
                continue
            try:
                await self._runners[name].run(argv, folder, listen)
            except RunnerUnable as unable:
                self._unable.setdefault(name, unable)
                for line in (unable.problem, *unable.details):
                    listen(line)
            else:
                self._used = name
                return

    async def _look(self) -> Choice:
        async with self._looking:
            if self._choice is None:
                self._choice = choose(await look(self._shell, os.environ))
            return self._choice

    def _told(self) -> list[str]:
        return [f"{unable.runner}: {unable.reason}" for unable in self._unable.values()]
