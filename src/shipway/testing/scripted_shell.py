"""A shell that plays a script: each command must be the next expected line."""

from dataclasses import dataclass

from shipway.commands.command import Command
from shipway.errors import CommandFailed
from shipway.shell.shell import Finished, Listener


@dataclass(frozen=True, slots=True)
class Expect:
    """One command as it prints, and how it ends."""

    line: str
    stdout: str = ""
    returncode: int = 0


class ScriptedShell:
    """Fails the test on a command that is not in the script; `done` says whether all of it was played."""

    def __init__(self, *script: Expect | str) -> None:
        self._script = [each if isinstance(each, Expect) else Expect(each) for each in script]
        self.ran: list[Command] = []

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        line = str(command)
        expected = next((each for each in self._script if each.line == line), None)
        if expected is None:
            raise AssertionError(f"not in the script: {line}")
        self._script.remove(expected)
        self.ran.append(command)
        if listen:
            for each in expected.stdout.splitlines():
                listen(each)
        if expected.returncode:
            raise CommandFailed(line, expected.returncode, tuple(expected.stdout.splitlines()))
        return Finished(command, expected.stdout, "")

    @property
    def done(self) -> bool:
        return not self._script
