"""What a cluster holds that a release needs, and what of it is still missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

CONTROLLER = "aws-load-balancer-controller"
CONTROLLER_NAMESPACE = "kube-system"


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Controller:
    """The load balancer controller's Deployment."""

    wanted: int
    available: int


@dataclass(frozen=True, slots=True)
class Inventory:
    nodes: tuple[Node, ...] = ()
    controller: Controller | None = None
    namespaces: tuple[str, ...] = ()  # the active ones


@dataclass(frozen=True, slots=True)
class Here:
    """In place; `text` says what."""

    text: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Not in place yet; `text` says what is, and reads well after "waiting: "."""

    text: str


Judge = Callable[[Inventory], Here | Absent]


def nodes(needed: int) -> Judge:
    def judge(found: Inventory) -> Here | Absent:
        ready = sum(node.ready for node in found.nodes)
        if ready >= needed:
            return Here(f"{ready} nodes Ready")
        return Absent(f"{ready} of {needed} nodes Ready, {len(found.nodes)} joined")

    return judge


def controller(found: Inventory) -> Here | Absent:
    match found.controller:
        case None:
            return Absent(f"no Deployment {CONTROLLER_NAMESPACE}/{CONTROLLER}")
        case Controller(wanted=wanted, available=available) if available and available >= wanted:
            return Here(f"{CONTROLLER}: {available} of {wanted} available")
        case Controller(wanted=wanted, available=available):
            return Absent(f"{CONTROLLER}: {available} of {wanted} available")


def namespaces(needed: Sequence[str]) -> Judge:
    def judge(found: Inventory) -> Here | Absent:
        missing = [name for name in needed if name not in found.namespaces]
        if missing:
            return Absent(f"no active namespace {', '.join(missing)}")
        return Here(", ".join(needed))

    return judge
