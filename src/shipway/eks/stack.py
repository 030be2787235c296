"""What a CloudFormation stack's status allows: CDK would delete a failed stack unasked, so we decide first."""

from dataclasses import dataclass, field
from typing import ClassVar

from shipway.commands import aws
from shipway.errors import REFUSED, ShipwayError

SOUND = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
BROKEN = frozenset({"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"})
ABSENT = frozenset({"DELETE_COMPLETE", "REVIEW_IN_PROGRESS"})
CONTINUABLE = "UPDATE_ROLLBACK_FAILED"


@dataclass(frozen=True, slots=True)
class Stack:
    """As CloudFormation tells it. `failures` are the resources that failed first, and why."""

    name: str
    region: str
    status: str
    reason: str = ""
    failures: tuple[str, ...] = ()
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Create:
    """There is none: make it."""


@dataclass(frozen=True, slots=True)
class Update:
    """It is sound: bring it up to date."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody is at work on it."""

    status: str


@dataclass(frozen=True, slots=True)
class Destroy:
    """It is to go: it cannot be repaired and this was asked for, or it is a teardown."""

    status: str


@dataclass(eq=False)
class StackBroken(ShipwayError):
    """It can only be deleted and made anew, which nobody asked for yet."""

    exit_code: ClassVar[int] = REFUSED

    stack: Stack

    @property
    def problem(self) -> str:
        return f"the stack {self.stack.name} is in {self.stack.status} and can only be deleted and made anew"

    @property
    def remedy(self) -> str:
        return "shipway setup eks --recreate"

    @property
    def details(self) -> tuple[str, ...]:
        return proof(self.stack)


@dataclass(eq=False)
class StackStuck(ShipwayError):
    """An update failed, and so did its undoing: a person must look, then tell CloudFormation to go on."""

    exit_code: ClassVar[int] = REFUSED

    stack: Stack

    @property
    def problem(self) -> str:
        return f"the stack {self.stack.name} is in {self.stack.status}: CloudFormation waits for a person"

    @property
    def remedy(self) -> str:
        build = (
            aws.continue_update_rollback if self.stack.status == CONTINUABLE else aws.rollback_stack
        )
        return f"{build(self.stack.name, self.stack.region)}, then: shipway setup eks"

    @property
    def details(self) -> tuple[str, ...]:
        return proof(self.stack)


def proof(stack: Stack) -> tuple[str, ...]:
    return stack.failures or ((stack.reason,) if stack.reason else ())


def before_deploy(stack: Stack | None, *, recreate: bool) -> Create | Update | Wait | Destroy:
    """Raises StackBroken or StackStuck. `recreate` never touches a sound stack."""
    match stack:
        case None:
            return Create()
        case Stack(status=status) if status in ABSENT:
            return Create()
        case Stack(status=status) if status in SOUND:
            return Update()
        case Stack(status=status) if status.endswith("_IN_PROGRESS"):
            return Wait(status)
        case Stack(status=status) if status in BROKEN:
            if recreate:
                return Destroy(status)
            raise StackBroken(stack)
    raise StackStuck(stack)


def before_destroy(stack: Stack | None) -> Wait | Destroy | None:
    """None when it is gone. A failed stack of whatever kind can be destroyed."""
    if stack is None or stack.status == "DELETE_COMPLETE":
        return None
    if stack.status.endswith("_IN_PROGRESS") and stack.status not in ABSENT:
        return Wait(stack.status)
    return Destroy(stack.status)
