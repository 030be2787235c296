"""A runner that cannot run anything here: known before the check begins."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import USAGE, ShipwayError

ELSEWHERE = "or set checks.runner in shipway.yaml to another one"


@dataclass(eq=False)
class RunnerUnable(ShipwayError):
    """Under `auto` the next runner is tried; a runner that was asked for by name ends the check with it."""

    exit_code: ClassVar[int] = USAGE

    runner: str
    reason: str
    advice: str
    lines: tuple[str, ...] = ()

    @classmethod
    def because(cls, runner: str, error: ShipwayError) -> "RunnerUnable":
        advice = f"{error.remedy}, {ELSEWHERE}" if error.remedy else ELSEWHERE.removeprefix("or ")
        return cls(runner, error.problem, advice, error.details)

    @property
    def problem(self) -> str:
        return f"{self.runner} cannot run checks here: {self.reason}"

    @property
    def remedy(self) -> str:
        return self.advice

    @property
    def details(self) -> tuple[str, ...]:
        return self.lines
