"""What can be wrong with shipway.yaml: every problem with its line and its key, and the errors that carry them."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from shipway.errors import USAGE, ShipwayError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    line: int
    key: str
    """Where in the file, such as `environments.dev.namespace`; empty for the file as a whole."""
    says: str

    def __str__(self) -> str:
        return f"{self.key}: {self.says}" if self.key else self.says


@dataclass(eq=False)
class ConfigError(ShipwayError):
    """A release definition that cannot be used, with everything that is wrong with it."""

    exit_code: ClassVar[int] = USAGE

    file: PurePath
    problems: tuple[Problem, ...]

    @property
    def problem(self) -> str:
        count = len(self.problems)
        return f"{self.file} has {count} problem{'' if count == 1 else 's'}"

    @property
    def details(self) -> tuple[str, ...]:
        return tuple(f"{self.file}:{each.line}  {each}" for each in sorted(self.problems))

    @property
    def remedy(self) -> str:
        sections = {each.key.partition(".")[0] for each in self.problems}
        return f"shipway docs {sections.pop()}".rstrip() if len(sections) == 1 else "shipway docs"


@dataclass(eq=False)
class ConfigMissing(ShipwayError):
    """No release definition where one was looked for."""

    exit_code: ClassVar[int] = USAGE

    name: str
    folder: PurePath

    @property
    def problem(self) -> str:
        return f"{self.name} not found in {self.folder} or its parents"

    @property
    def remedy(self) -> str:
        return f"cd to your project, or begin one with: shipway docs > {self.name}"
