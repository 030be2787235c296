"""What a build prints: which step it is at, and, when it fails, which step that was and what it said last."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

TAIL = 20  # lines of a step that an error keeps

_VERTEX = re.compile(r"#(\d+) (?:([\d.]+) )?(.*)")
_NUMBERED = re.compile(r"Step (\d+/\d+) : (.*)")
_CODE = re.compile(r"returned a non-zero code: (\d+)$")
_RAN = re.compile(
    r"(?:executor failed running \[.*\]|process \".*\" did not complete successfully): (.*)"
)
_COLOUR = re.compile(r"\x1b?\[\d+m")
_LEGACY_OWN = ("Sending build context", "Removing intermediate container", " ---> ")
_LEGACY_WARNS = ("DEPRECATED:", "            ", "[Warning]")


@dataclass(slots=True)
class Step:
    """`name` is the builder's, such as `[build 2/6] RUN pip install`; `instruction` is what the Dockerfile says."""

    name: str
    cause: str = ""  # why it failed
    said: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))

    @property
    def instruction(self) -> str:
        return self.name.partition("] ")[2] if self.name.startswith("[") else self.name


class BuildLog:
    """Understands BuildKit's plain progress and the legacy builder, and tells `progress` each step as it begins."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress
        self._steps: dict[str, Step] = {}
        self._last: Step | None = None  # of the legacy builder, which has one at a time

    @property
    def failed(self) -> Step | None:
        """The step that failed; None where the build did not get to one."""
        return next((step for step in self._steps.values() if step.cause), None) or self._last

    def hear(self, line: str) -> None:
        if numbered := _NUMBERED.fullmatch(line):
            self._last = Step(numbered[2])
            self._progress(f"[{numbered[1]}] {numbered[2]}")
        elif self._last is not None:
            self._legacy(self._last, line)
        elif vertex := _VERTEX.fullmatch(line):
            self._vertex(vertex[1], vertex[2], vertex[3])

    def _legacy(self, step: Step, line: str) -> None:
        if code := _CODE.search(line):
            step.cause = f"exit code {code[1]}"
        elif line and not line.startswith((*_LEGACY_OWN, *_LEGACY_WARNS)):
            step.said.append(_COLOUR.sub("", line))

    def _vertex(self, number: str, at: str | None, text: str) -> None:
        step = self._steps.get(number)
        if step is None:
            self._steps[number] = Step(text)
            if text.startswith("[") and not text.startswith("[internal]"):
                self._progress(text)
        elif at is not None:
            step.said.append(text)
        elif text.startswith("ERROR: "):
            step.cause = _cause(text.removeprefix("ERROR: "))


def _cause(text: str) -> str:
    """Without the command, which the step's name has already."""
    ran = _RAN.fullmatch(text)
    return ran[1].replace("exit code: ", "exit code ") if ran else text
