import asyncio

import pytest

from drydock.faults.kinds import Api, Entry, Node, Order, Watch
from drydock.faults.roster import REMEMBERED, Faults

DROP = Api(drop=True)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def strikes(faults: Faults, times: int) -> list[bool]:
    (fault,) = faults.of(Api)
    return [fault.strikes() for _ in range(times)]


def test_the_same_seed_makes_the_same_choices_and_another_seed_others() -> None:
    chosen = []
    for seed in (7, 7, 8):
        faults = Faults()
        faults.add(Order(DROP, seed=seed, rate=0.5))
        chosen.append(strikes(faults, 64))
    assert chosen[0] == chosen[1] != chosen[2]
    assert 16 < sum(chosen[0]) < 48


def test_a_fault_without_a_seed_gets_one_and_tells_it() -> None:
    faults = Faults()
    entry = faults.add(Order(DROP, rate=0.5))
    again = Faults()
    again.add(Order(DROP, rate=0.5, seed=entry.seed))
    assert strikes(again, 32) == strikes(faults, 32)


def test_it_is_over_after_its_count_and_stays_listed() -> None:
    faults = Faults()
    faults.add(Order(DROP, count=2, seed=1))
    assert strikes(faults, 3) == [True, True, False]
    assert faults.of(Api) == []
    assert faults.entries() == [Entry("f1", "api --drop", False, 1, 1.0, 2, 0, None)]
    assert faults.none


def test_it_is_over_after_its_time() -> None:
    clock = Clock()
    faults = Faults(clock)
    faults.add(Order(Node(full=True), seconds=10, seed=1))
    clock.now += 9.5
    assert [fault.id for fault in faults.of(Node)] == ["f1"]
    assert faults.entries() == [Entry("f1", "node --full", True, 1, 1.0, None, None, 0.5)]
    clock.now += 0.5
    assert faults.of(Node) == []
    assert [entry.active for entry in faults.entries()] == [False]


def test_clearing_ends_one_or_all_and_numbers_are_not_used_again() -> None:
    faults = Faults()
    for _ in range(3):
        faults.add(Order(DROP))
    assert [entry.id for entry in faults.clear("f2")] == ["f2"]
    assert faults.clear("f2") == []
    assert [fault.id for fault in faults.of(Api)] == ["f1", "f3"]
    assert [entry.id for entry in faults.clear()] == ["f1", "f3"]
    assert faults.none
    assert faults.add(Order(DROP)).id == "f4"


def test_what_is_over_is_not_remembered_for_ever() -> None:
    faults = Faults()
    for _ in range(REMEMBERED + 5):
        faults.add(Order(DROP, count=1))
        assert strikes(faults, 1) == [True]
        faults.of(Watch)
    assert [entry.id for entry in faults.entries()][:2] == ["f6", "f7"]
    assert len(faults.clear()) == REMEMBERED
    assert faults.entries() == []


async def test_who_waits_hears_of_what_is_added_and_of_what_is_cleared() -> None:
    faults = Faults()
    for change in (lambda: faults.add(Order(DROP)), faults.clear):
        waiting = asyncio.create_task(faults.changed())
        await asyncio.sleep(0)
        assert not waiting.done()
        change()
        async with asyncio.timeout(30):
            await waiting


@pytest.mark.parametrize("seed", range(20))
def test_moments_are_about_a_period_apart(seed: int) -> None:
    faults = Faults()
    faults.add(Order(DROP, seed=seed))
    (fault,) = faults.of(Api)
    assert all(1.5 <= fault.moment(3) <= 4.5 for _ in range(100))
