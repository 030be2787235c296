"""A step of a set-up or a teardown: it looks first, and does only what is still missing."""

from dataclasses import dataclass
from typing import Protocol

from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Reached:
    """Nothing is left to do. `summary` says what is there."""

    summary: str
    facts: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """`will` says what is to be done, and reads well after "would". `facts` are known already."""

    will: str
    facts: tuple[object, ...] = ()


class Check(Protocol):
    """A goal that we cannot reach for anybody: it is there, or a ShipwayError says what to do."""

    @property
    def name(self) -> str: ...

    async def look(self, so_far: Facts) -> Reached: ...


class Goal(Protocol):
    @property
    def name(self) -> str: ...

    async def look(self, so_far: Facts) -> Reached | Missing:
        """Changes nothing. A ShipwayError is a refusal."""
        ...

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        """Do what `look` found missing, and wait until it is there."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """A check as a stage."""

    check: Check

    @property
    def name(self) -> str:
        return self.check.name

    async def run(self, so_far: Facts, _say: Say) -> Outcome:
        found = await self.check.look(so_far)
        return Outcome(found.summary, found.facts, unchanged=True)


@dataclass(frozen=True, slots=True)
class Pursuit:
    """A goal as a stage. With `plan` it only looks."""

    goal: Goal
    plan: bool = False

    @property
    def name(self) -> str:
        return self.goal.name

    async def run(self, so_far: Facts, say: Say) -> Outcome:
        match await self.goal.look(so_far):
            case Reached(summary, facts):
                return Outcome(summary, facts, unchanged=True)
            case Missing(will, facts) if self.plan:
                return Outcome(f"would {will}", facts)
            case Missing(will, facts):
                say.line(will)
                say.progress(will)
                return await self.goal.reach(so_far.and_(facts), say)
