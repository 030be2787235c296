"""Commands as a person can type them: a program that their shell would not find comes with its path."""

import os
import re
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from shipway.commands.command import Command

COMMAND = re.compile(r"(?<![\w./-])(shipway|kubectl|helm)(?= (?:--)?[a-z])")


@dataclass(frozen=True, slots=True)
class Typed:
    """`tools` is our own folder of programs. `shipway` itself is beside the Python that runs us."""

    tools: Path
    path: str | None = None  # where the person's shell looks; None: PATH

    def advice(self, text: str) -> str:
        """With the commands that its sentences hold."""
        return COMMAND.sub(lambda found: self._program(found[1]), text)

    def command(self, command: Command) -> Command:
        program, *rest = command.argv
        return replace(command, argv=(self._program(program), *rest))

    def _program(self, name: str) -> str:
        if shutil.which(name, path=self.path):
            return name
        for folder in (self.tools, Path(sys.executable).parent):
            if (folder / name).exists():
                return os.path.relpath(folder / name)
        return name
