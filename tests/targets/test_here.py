"""Who we are to others who want the turn, and which of them are dead."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest

from shipway.model.lease import Holder
from shipway.model.record import By
from shipway.targets import here
from shipway.targets.living import birth

ALICE = By("alice on laptop", "20261122T184948-4711")


@pytest.fixture
def sleeper() -> Iterator[Holder]:
    """Another process of this machine, which lives as long as the test lets it."""
    child = os.posix_spawn("/bin/sleep", ["sleep", "60"], {})
    born = birth(child)
    assert born is not None
    yield replace(here.holder(ALICE, "deploy dev"), pid=child, born=born)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_we_are_alive() -> None:
    us = here.holder(ALICE, "deploy dev")
    assert (us.who, us.run, us.pid, us.doing) == (
        "alice on laptop", "20261122T184948-4711", os.getpid(), "deploy dev"
    )  # fmt: skip
    assert us.host == here.host()
    assert not here.dead(us)


def test_another_process_is_dead_once_it_is_gone() -> None:
    child = os.posix_spawn("/bin/true", ["true"], {})
    gone = replace(here.holder(ALICE, "deploy dev"), pid=child, born=birth(child) or "")
    os.waitpid(child, 0)
    assert here.dead(gone)


def test_who_has_the_pid_of_a_dead_one_is_not_that_one(sleeper: Holder) -> None:
    assert not here.dead(sleeper)
    assert here.dead(replace(sleeper, born="earlier"))


def test_of_other_machines_and_other_containers_we_know_nothing(sleeper: Holder) -> None:
    assert not here.dead(replace(sleeper, host=f"{sleeper.host}1", born="earlier"))
