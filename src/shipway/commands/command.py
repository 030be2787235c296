"""A command is a value: its argv is public, its secrets travel by environment or stdin."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

Word = str | PurePath
Flag = tuple[str, Word | Iterable[Word] | None]


@dataclass(frozen=True, slots=True)
class Command:
    """Its argv is public. Secrets travel by `env` or `stdin`, which nobody prints."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    stdin: str | None = field(default=None, repr=False)
    cwd: PurePath | None = None

    def __str__(self) -> str:
        """The line we log, show in a dry run, and compare in tests."""
        return shlex.join(self.argv)


def argv(*parts: Word | Flag) -> tuple[str, ...]:
    """A word stands for itself; a pair is a flag with its value: without one it vanishes, with several it repeats."""
    return tuple(word for part in parts for word in _spell(part))


def _spell(part: Word | Flag) -> Iterator[str]:
    if not isinstance(part, tuple):
        yield str(part)
        return
    flag, value = part
    if value is None:
        return
    values = [value] if isinstance(value, str | PurePath) else value
    for each in values:
        yield flag
        yield str(each)
