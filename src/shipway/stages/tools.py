"""Have the pinned programs ready in the project, whatever this machine has."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.tools.pins import Pin, host
from shipway.tools.provision import TOOLS, provision, usual_sources


@dataclass(frozen=True, slots=True)
class Tools:
    name: ClassVar[str] = "tools"

    folder: Path
    shell: Shell
    pins: Sequence[Pin] = TOOLS

    async def run(self, _so_far: Facts, say: Say) -> Outcome:
        said: list[str] = []

        def listen(text: str) -> None:
            said.append(text)
            say.line(text)

        sources = usual_sources(self.shell, host())
        ready = [
            await provision(pin, self.folder, listen=listen, sources=sources) for pin in self.pins
        ]
        names = ", ".join(f"{tool.name} {tool.version}" for tool in ready)
        return Outcome(names, unchanged=not said)
