"""Mishaps that may befall the node and its pods on demand: what the node asks, and what comes of the answers."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from drydock.resources import Object

Trouble = Literal["full", "not-ready", "disk-pressure"]
PullProblem = Literal["not-found", "unauthorized", "timeout"]

_REFUSALS: Final[Mapping[Trouble, str]] = {
    "full": "1 Insufficient cpu",
    "not-ready": "1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }",
    "disk-pressure": "1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }",
}
_CONDITIONS: Final[Mapping[Trouble, tuple[str, str, str, str]]] = {
    "not-ready": ("Ready", "False", "KubeletNotReady", "a fault was added: not ready"),
    "disk-pressure": (
        "DiskPressure",
        "True",
        "KubeletHasDiskPressure",
        "kubelet has disk pressure",
    ),
}


@dataclass(frozen=True, slots=True)
class Doom:
    """The pod's uid, and whether its end looks like that of a container which took too much memory."""

    pod: str
    out_of_memory: bool


class Mishaps(Protocol):
    """Every answer may differ from the one before."""

    @property
    def none(self) -> bool:
        """Nothing is going to happen before `changed` returns."""
        ...

    async def changed(self) -> None: ...

    def pull_problem(self, image: str) -> PullProblem | None: ...

    def start_delay(self, pod: Object) -> float:
        """Seconds before a container's process is started."""
        ...

    def unready(self, pod: Object) -> bool: ...

    def doomed(self, pods: Iterable[Object]) -> Iterable[Doom]:
        """Of these running pods, those whose processes are to be killed now."""
        ...

    def troubles(self) -> Collection[Trouble]: ...


class Peace:
    """No mishaps."""

    none = True

    async def changed(self) -> None:
        await asyncio.Event().wait()

    def pull_problem(self, _image: str) -> None:
        return None

    def start_delay(self, _pod: Object) -> float:
        return 0

    def unready(self, _pod: Object) -> bool:
        return False

    def doomed(self, _pods: Iterable[Object]) -> tuple[()]:
        return ()

    def troubles(self) -> tuple[()]:
        return ()


PEACE: Final = Peace()


def refusal_of(troubles: Collection[Trouble]) -> str | None:
    """Why the scheduler gives the node no pods."""
    reasons = [why for trouble, why in _REFUSALS.items() if trouble in troubles]
    return f"0/1 nodes are available: {', '.join(reasons)}." if reasons else None


def pull_failure(problem: PullProblem, image: str) -> str:
    """In the words of the container runtime."""
    code, why = {
        "not-found": ("NotFound", f"{image}: not found"),
        "unauthorized": ("Unknown", "unexpected status from HEAD request: 401 Unauthorized"),
        "timeout": ("DeadlineExceeded", "failed to do request: i/o timeout"),
    }[problem]
    return (
        f'rpc error: code = {code} desc = failed to pull and unpack image "{image}": '
        f'failed to resolve reference "{image}": {why}'
    )


def conditions(healthy: Iterable[Object], troubles: Collection[Trouble]) -> list[Mapping[str, Any]]:
    """The node's conditions, with those that a trouble changes."""
    changed = {
        type_: {"status": status, "reason": reason, "message": message}
        for trouble, (type_, status, reason, message) in _CONDITIONS.items()
        if trouble in troubles
    }
    return [{**each, **changed.get(each["type"], {})} for each in healthy]
