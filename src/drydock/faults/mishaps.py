"""What happens to the node and its pods: the answers to the questions that the node asks."""

import time
from collections.abc import Callable, Iterable, Iterator

from drydock.faults.kinds import Node, Pod, Pull
from drydock.faults.roster import Faults
from drydock.faults.rules import concerns_image, concerns_pod
from drydock.node.mishaps import Doom, PullProblem, Trouble
from drydock.resources import Object


class NodeFaults:
    """The node's `Mishaps`."""

    def __init__(self, faults: Faults, clock: Callable[[], float] = time.monotonic) -> None:
        self._faults = faults
        self._clock = clock
        self._due: dict[str, float] = {}

    @property
    def none(self) -> bool:
        return self._faults.none

    async def changed(self) -> None:
        await self._faults.changed()

    def pull_problem(self, image: str) -> PullProblem | None:
        for fault in self._faults.of(Pull):
            if concerns_image(fault.kind, image) and fault.strikes():
                return fault.kind.answer
        return None

    def start_delay(self, pod: Object) -> float:
        return sum(
            fault.kind.slow_start
            for fault in self._faults.of(Pod)
            if fault.kind.slow_start and concerns_pod(fault.kind, pod) and fault.strikes()
        )

    def unready(self, pod: Object) -> bool:
        return "not-ready" in self.troubles() or any(
            fault.kind.never_ready and concerns_pod(fault.kind, pod)
            for fault in self._faults.of(Pod)
        )

    def doomed(self, pods: Iterable[Object]) -> Iterator[Doom]:
        now = self._clock()
        ordered = sorted(
            pods, key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"])
        )
        for fault in self._faults.of(Pod):
            if (
                not (fault.kind.kill or fault.kind.out_of_memory)
                or self._due.get(fault.id, 0) > now
            ):
                continue
            candidates = [pod for pod in ordered if concerns_pod(fault.kind, pod)]
            if not candidates:
                continue
            self._due[fault.id] = now + fault.moment(fault.kind.every)
            victim = fault.dice.choice(candidates)
            if fault.strikes():
                yield Doom(victim["metadata"]["uid"], out_of_memory=fault.kind.out_of_memory)

    def troubles(self) -> frozenset[Trouble]:
        return frozenset(
            trouble for fault in self._faults.of(Node) for trouble in _troubles(fault.kind)
        )


def _troubles(fault: Node) -> Iterator[Trouble]:
    if fault.full:
        yield "full"
    if fault.not_ready:
        yield "not-ready"
    if fault.disk_pressure:
        yield "disk-pressure"
