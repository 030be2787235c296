"""Programs that are on this machine already."""

import asyncio
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from shipway.commands.command import Command
from shipway.errors import CommandFailed, ProgramMissing
from shipway.shell.shell import Listener, Shell
from shipway.tools.pins import Pin, Version, spell
from shipway.tools.source import PassedOver
from shipway.tools.tool import Tool, link


@dataclass(frozen=True, slots=True)
class SearchPath:
    """The folders of a PATH, less our own tools folder."""

    shell: Shell
    path: str
    name: str = "PATH"

    async def provide(self, pin: Pin, directory: Path, listen: Listener) -> Tool:
        program = self._find(pin, directory)
        version = await self._version(pin, program)
        if not pin.fits(version):
            raise PassedOver(f"{program} is {spell(version)}, wanted is {pin.wanted}")
        tool = await asyncio.to_thread(link, pin, program, version, directory)
        listen(f"{pin.name}: using {program}, {spell(version)}")
        return tool

    def _find(self, pin: Pin, directory: Path) -> Path:
        folders = [each for each in self.path.split(os.pathsep) if Path(each) != directory]
        found = shutil.which(pin.name, path=os.pathsep.join(folders)) if any(folders) else None
        if found is None:
            raise PassedOver(f"no {pin.name} there")
        return Path(found).absolute()

    async def _version(self, pin: Pin, program: Path) -> Version:
        try:
            said = (await self.shell.run(Command((str(program), *pin.ask)))).stdout
        except (CommandFailed, ProgramMissing, OSError) as failure:
            raise PassedOver(f"{program} does not run: {failure}") from failure
        found = re.search(r"v(\d+)\.(\d+)\.(\d+)", said)
        if not found:
            raise PassedOver(f"{program} does not say its version")
        return int(found[1]), int(found[2]), int(found[3])
