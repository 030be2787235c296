"""A process is alive while its pid and its birth are those that drydock wrote down."""

import os
import signal
import time

import psutil

from drydock.birth import birth
from shipway.targets.living import lives

SECONDS = 30.0  # for a process to end


def test_shipway_and_drydock_tell_a_birth_in_the_same_words() -> None:
    mine = birth(os.getpid())
    assert mine is not None
    assert lives(os.getpid(), mine)


def test_another_process_that_got_the_pid_is_not_the_one() -> None:
    assert not lives(os.getpid(), "another boot/1")


def test_one_that_has_ended_is_gone_also_before_its_parent_has_asked() -> None:
    child = os.posix_spawn("/bin/sleep", ["sleep", "60"], {})
    born = birth(child)
    assert born is not None
    try:
        assert lives(child, born)
    finally:
        os.kill(child, signal.SIGKILL)
    end = time.monotonic() + SECONDS
    while psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert not lives(child, born)
    os.waitpid(child, 0)
    assert not lives(child, born)
