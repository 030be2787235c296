"""When a rollout is done, on its way, or doomed."""

from dataclasses import replace

import pytest

from shipway.model.rollout import Container, Deployment, Done, Doomed, Pod, Underway, judge

SETTLED = Deployment(
    "sample-app", generation=2, observed=2, wanted=2, updated=2, replicas=2, ready=2, available=2
)
READY = Pod("one", "Running", ready=True)


def waiting(reason: str, restarts: int = 0) -> Pod:
    return Pod("one", containers=(Container("app", "app@x", waiting=reason, restarts=restarts),))


def test_a_rollout_is_done_when_all_wanted_pods_are_new_and_available() -> None:
    assert judge(SETTLED, [READY, READY]) == Done(2)


@pytest.mark.parametrize(
    "deployment",
    [
        replace(SETTLED, observed=1),  # the controller has not seen the new wish
        replace(SETTLED, replicas=3),  # an old pod is still there
        replace(SETTLED, wanted=3),  # the autoscaler's minimum is not reached
        replace(SETTLED, available=1),
    ],
)
def test_until_then_it_is_underway(deployment: Deployment) -> None:
    assert isinstance(judge(deployment, [READY]), Underway)


def test_progress_says_how_far_it_is() -> None:
    verdict = judge(replace(SETTLED, replicas=3, available=1), [READY, Pod("two")])
    assert str(verdict) == "1 of 2 new pods ready, 1 of the old leaving"


@pytest.mark.parametrize(
    ("deployment", "pods"),
    [
        (replace(SETTLED, available=1, deadline_exceeded=True), []),
        (replace(SETTLED, available=1, replica_failure="exceeded quota"), []),
        (replace(SETTLED, available=1), [waiting("ImagePullBackOff")]),
        (replace(SETTLED, available=1), [waiting("CreateContainerConfigError")]),
        (replace(SETTLED, available=1), [waiting("CrashLoopBackOff", restarts=1)]),
    ],
)
def test_waiting_longer_would_not_help(deployment: Deployment, pods: list[Pod]) -> None:
    assert judge(deployment, pods) == Doomed()


def test_one_crash_is_given_another_try() -> None:
    verdict = judge(replace(SETTLED, available=1), [waiting("CrashLoopBackOff", restarts=0)])
    assert isinstance(verdict, Underway)
