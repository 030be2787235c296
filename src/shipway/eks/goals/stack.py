"""A stack that may be deployed: none with nothing in its way, or a sound one that nobody works on."""

from dataclasses import dataclass, field
from typing import ClassVar

from shipway.commands import aws
from shipway.eks import conflicts, remains, resources
from shipway.eks import stack as model
from shipway.eks.account import Account
from shipway.eks.blueprint import Blueprint
from shipway.eks.cloud import Cloud
from shipway.eks.ground import Ground
from shipway.eks.leftover import Inhabitants
from shipway.eks.stack import Create, Destroy, Stack, Update, Wait
from shipway.eks.waiting import NotYet, until
from shipway.errors import ShipwayError
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say

Gate = Create | Update


@dataclass(eq=False)
class StackStays(ShipwayError):
    """It was told to go and did not. `inside` is what its network cannot go before."""

    stack: Stack
    inside: Inhabitants = field(default_factory=Inhabitants)

    @property
    def problem(self) -> str:
        return f"the stack {self.stack.name} could not be deleted: {self.stack.status}"

    @property
    def details(self) -> tuple[str, ...]:
        return (*model.proof(self.stack), *self.inside.names)

    @property
    def remedy(self) -> str:
        events = aws.stack_events(self.stack.name, self.stack.region)
        return f"remove what stands in its way, then the same command again; all of it: {events}"


@dataclass(frozen=True, slots=True)
class DeployableStack:
    """Its fact: Create or Update."""

    name: ClassVar[str] = "stack"

    ground: Ground
    recreate: bool

    async def look(self, so_far: Facts) -> Reached | Missing:
        blueprint, cloud = so_far.of(Blueprint), so_far.of(Cloud)
        found = await cloud.stack(blueprint.stack)
        match model.before_deploy(found, recreate=self.recreate):
            case Create():
                existing = await cloud.existing(blueprint)
                conflicts.check(existing, blueprint.stack, so_far.of(Account).region)
                return Reached("none yet, and nothing in its way", (Create(),))
            case Update():
                assert found is not None
                return Reached(f"{found.status}", (Update(), found))
            case Wait(status):
                return Missing(f"wait for the stack, which is in {status}")
            case Destroy(status):
                return Missing(f"delete the stack, which is in {status}, to make it anew")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        """Until it may be deployed; each turn looks anew, so a wait may end in a refusal."""
        name, cloud = so_far.of(Blueprint).stack, so_far.of(Cloud)
        while isinstance(now := await self.look(so_far), Missing):
            found = await cloud.stack(name)
            if isinstance(model.before_deploy(found, recreate=self.recreate), Destroy):
                await destroyed(cloud, name, self.ground, say)
            else:
                await settled(cloud, name, self.ground, say, so_far.of(Blueprint).resources)
        return Outcome(now.summary, now.facts)


async def settled(
    cloud: Cloud, name: str, ground: Ground, say: Say, total: int = 0
) -> Stack | None:
    """The stack once nobody works on it any more. `total` is how many resources it will have."""

    async def look() -> tuple[Stack | None] | NotYet:
        found = await cloud.stack(name)
        if found is None or not isinstance(model.before_destroy(found), Wait):
            return (found,)
        return NotYet(f"stack {name} {found.status}, {await cloud.progress(name, total)}")

    events = str(aws.stack_events(name, cloud.region))
    (found,) = await until(look, ground.pace, say, "the stack", events)
    return found


async def destroyed(cloud: Cloud, name: str, ground: Ground, say: Say) -> None:
    """Raises StackStays when CloudFormation gives up, for a second time where it could be helped."""
    await cloud.delete_stack(name)
    left = await settled(cloud, name, ground, say)
    if left is None:
        return
    inside = await _inside(cloud, name)
    forgotten = [each.id for each in inside.interfaces if each.forgotten]
    if forgotten:
        for interface in forgotten:
            await remains.delete_interface(cloud, interface)
        say.line(f"removed what nodes had left behind: {', '.join(forgotten)}")
        await cloud.delete_stack(name)
        left = await settled(cloud, name, ground, say)
        if left is None:
            return
        inside = await _inside(cloud, name)
    raise StackStays(left, inside)


async def _inside(cloud: Cloud, name: str) -> Inhabitants:
    """Of the network that a stack could not delete."""
    there = [each for each in await cloud.resources(name) if each.status not in resources.GONE]
    for vpc in resources.ids(there, "AWS::EC2::VPC"):
        return await remains.inhabitants(cloud, vpc)
    return Inhabitants()
