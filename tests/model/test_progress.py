"""What pods do, told as they change."""

from dataclasses import replace

import pytest

from shipway.model.progress import changes, doing, fallen, followed, left_over, summary, troubles
from shipway.model.rollout import Container, Exit, Pod

APP = Container("app", "x")
UP = replace(APP, running=True)
CREATING = Pod("a", containers=(replace(APP, waiting="ContainerCreating"),))
STARTED = Pod("a", "Running", containers=(UP,))
READY = replace(STARTED, ready=True)
CRASHED = Pod(
    "a", "Running", containers=(replace(APP, restarts=1, waiting="CrashLoopBackOff", exit_code=3),)
)
UNPLACED = Pod("a", unschedulable="0/1 nodes are available: 1 Insufficient cpu.")


@pytest.mark.parametrize(
    ("pod", "words"),
    [
        (Pod("a"), "waiting for a node"),
        (UNPLACED, "no node takes it"),
        (CREATING, "being created"),
        (
            Pod("a", containers=(replace(UP, name="migrate", init=True),)),
            "init container migrate runs",
        ),
        (
            Pod("a", containers=(replace(APP, waiting="ErrImagePull"),)),
            "the image cannot be pulled",
        ),
        (Pod("a", containers=(replace(APP, waiting="InvalidImageName"),)), "InvalidImageName"),
        (STARTED, "started, not ready"),
        (READY, "ready"),
        (CRASHED, "app ended with code 3, restarted once"),
        (
            Pod("a", "Running", containers=(replace(APP, exit_code=137, exit_reason="OOMKilled"),)),
            "app used more memory than its limit",
        ),
        (
            Pod("a", "Running", containers=(replace(UP, restarts=2, exit_code=3),)),
            "started, not ready, restarted 2 times",
        ),
        (replace(READY, terminating=True), "leaving"),
        (Pod("a", "Failed", given_up="Evicted: low on memory"), "given up by its node"),
    ],
)
def test_a_pod_is_told_by_what_it_does(pod: Pod, words: str) -> None:
    assert doing(pod) == words


def test_only_a_pod_that_does_something_else_gets_a_line() -> None:
    other = replace(READY, name="b")
    assert list(changes([], [CREATING])) == ["pod a: being created"]
    assert list(changes([CREATING, other], [STARTED, other])) == ["pod a: started, not ready"]
    assert list(changes([STARTED, other], [STARTED])) == ["pod b: gone"]


def test_trouble_is_told_beside_the_progress_and_time_is_no_trouble() -> None:
    assert troubles([CREATING, STARTED, READY]) == ""
    assert troubles([READY, CRASHED, UNPLACED, UNPLACED]) == (
        "1 app ended with code 3, restarted once, 2 no node takes it"
    )
    assert summary([READY, STARTED, CREATING, STARTED]) == "2 started, not ready, 1 being created"


def test_a_pod_is_as_long_at_what_it_does_as_we_saw_it() -> None:
    first = followed([UNPLACED], [], 100)
    second = followed([UNPLACED], first, 2)
    third = followed([UNPLACED], second, 1.5)
    assert [pods[0].lasted for pods in (first, second, third)] == [0, 2, 3.5]
    assert followed([CREATING], third, 1)[0].lasted == 0


def test_every_end_of_a_container_is_remembered_once() -> None:
    def ended(restarts: int, code: int, *, running: bool = False) -> Pod:
        container = replace(
            APP, restarts=restarts, exit_code=code, exit_reason="Error", running=running
        )
        return Pod("a", containers=(container,))

    seen: tuple[Pod, ...] = ()
    for pod in (ended(0, 1), ended(1, 1, running=True), ended(1, 2), ended(2, 2, running=True)):
        seen = followed([pod], seen, 1)
    assert seen[0].containers[0].exits == (Exit(0, 1, "Error"), Exit(1, 2, "Error"))


def test_what_showed_the_same_before_the_rollout_is_left_over() -> None:
    new = replace(CRASHED, name="new")
    again = Pod("a", "Running", containers=(replace(CRASHED.containers[0], restarts=2),))
    assert [pod.left_over for pod in left_over([CRASHED, new], [CRASHED])] == [True, False]
    assert [pod.left_over for pod in left_over([again], [CRASHED])] == [False]
    assert [pod.left_over for pod in left_over([READY], [READY])] == [False]


def test_a_pod_has_fallen_when_a_container_ended_since_it_was_seen() -> None:
    restarted = replace(READY, containers=(replace(UP, restarts=1, exit_code=3),))
    new = replace(restarted, name="b")
    migrated = replace(READY, containers=(replace(APP, name="migrate", init=True, exit_code=0), UP))
    assert fallen([restarted], [READY]) == (restarted,)
    assert fallen([CRASHED], [CRASHED]) == (CRASHED,)
    assert fallen([new], [READY]) == (new,)
    assert (
        fallen([restarted, READY, migrated, replace(CRASHED, terminating=True)], [restarted]) == ()
    )
