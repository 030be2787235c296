from typing import Any

from drydock.faults.kinds import Order, Pod, Pull
from drydock.faults.mishaps import NodeFaults
from drydock.faults.roster import Faults
from drydock.node.mishaps import Doom


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def pod(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "dev", "uid": f"uid-{name}", "labels": labels}}


PODS = [pod("c", app="x"), pod("a", app="x"), pod("b", app="x"), pod("z", app="y")]


def killed(seed: int, seconds: float) -> list[tuple[float, str]]:
    """When, and which."""
    clock = Clock()
    faults = Faults(clock)
    faults.add(Order(Pod(selector="app=x", kill=True, every=2), seed=seed))
    mishaps = NodeFaults(faults, clock)
    found = []
    while clock.now < seconds:
        found += [(clock.now, doom.pod) for doom in mishaps.doomed(PODS)]
        clock.now += 0.125
    return found


def test_the_same_seed_kills_the_same_pods_at_the_same_moments() -> None:
    first = killed(3, 60)
    assert first == killed(3, 60) != killed(4, 60)
    assert {victim for _, victim in first} == {"uid-a", "uid-b", "uid-c"}
    assert 20 <= len(first) <= 45
    assert first[0][0] == 0


def test_an_end_by_memory_is_told_as_such_and_counts_once() -> None:
    faults = Faults()
    faults.add(Order(Pod(out_of_memory=True), count=1))
    mishaps = NodeFaults(faults)
    (doom,) = mishaps.doomed(PODS[:1])
    assert doom == Doom("uid-c", out_of_memory=True)
    assert list(mishaps.doomed(PODS)) == []


def test_without_a_pod_to_kill_nothing_is_counted() -> None:
    faults = Faults()
    faults.add(Order(Pod(kill=True, selector="app=none"), count=1))
    assert list(NodeFaults(faults).doomed(PODS)) == []
    assert [entry.struck for entry in faults.entries()] == [0]


def test_the_first_fault_that_concerns_an_image_decides() -> None:
    faults = Faults()
    faults.add(Order(Pull("timeout", image="other*")))
    faults.add(Order(Pull("unauthorized", image="app*")))
    faults.add(Order(Pull("not-found")))
    mishaps = NodeFaults(faults)
    assert mishaps.pull_problem("127.0.0.1:5000/app:1") == "unauthorized"
    assert mishaps.pull_problem("127.0.0.1:5000/thing:1") == "not-found"


def test_delays_add_up() -> None:
    faults = Faults()
    faults.add(Order(Pod(slow_start=2)))
    faults.add(Order(Pod(slow_start=0.5, selector="app=x")))
    mishaps = NodeFaults(faults)
    assert (mishaps.start_delay(PODS[0]), mishaps.start_delay(PODS[3])) == (2.5, 2)
