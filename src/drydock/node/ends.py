"""Both sides of a process's three streams: pipes, a terminal, or nothing."""

import fcntl
import os
import struct
import termios
from collections.abc import Mapping
from dataclasses import dataclass

from drydock.node.runtime import Stdio
from drydock.resources import Object
from drydock.sessions import Streams


@dataclass(frozen=True, slots=True)
class Ends:
    """`theirs` is the process's side; the others are ours, and None where there is nothing to be had."""

    theirs: Stdio
    stdin: int | None
    outputs: Mapping[str, int]
    terminal: int | None = None

    def close_theirs(self) -> None:
        for end in {self.theirs.stdin, self.theirs.stdout, self.theirs.stderr}:
            os.close(end)

    def close_ours(self) -> None:
        for end in (self.stdin, self.terminal, *self.outputs.values()):
            if end is not None:
                os.close(end)


def of_command(streams: Streams) -> Ends:
    """What the client does not want is nothing, and swallowed."""
    if streams.terminal:
        return _terminal(stdin=True)
    nothing = os.open(os.devnull, os.O_RDWR)
    stdin, to_stdin = os.pipe() if streams.stdin else (os.dup(nothing), None)
    outputs: dict[str, int] = {}
    theirs: list[int] = []
    for name, wanted in (("stdout", streams.stdout), ("stderr", streams.stderr)):
        if wanted:
            outputs[name], end = os.pipe()
        else:
            end = os.dup(nothing)
        theirs.append(end)
    os.close(nothing)
    return Ends(Stdio(stdin, *theirs), to_stdin, outputs)


def of_container(spec: Object) -> Ends:
    """Its log takes stdout and stderr as one. stdin is nothing, unless the container wants one."""
    if spec.get("tty"):
        return _terminal(stdin=bool(spec.get("stdin")))
    stdin, to_stdin = os.pipe() if spec.get("stdin") else (os.open(os.devnull, os.O_RDONLY), None)
    output, write = os.pipe()
    return Ends(Stdio(stdin, write, write), to_stdin, {"stdout": output})


def resize(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))


def _terminal(*, stdin: bool) -> Ends:
    """All three streams are the terminal, whoever listens to which."""
    ours, theirs = os.openpty()
    to_stdin = os.dup(ours) if stdin else None
    return Ends(Stdio(theirs, theirs, theirs), to_stdin, {"stdout": os.dup(ours)}, ours)
