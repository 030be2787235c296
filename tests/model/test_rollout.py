"""When a rollout is done, on its way, or doomed."""

from dataclasses import replace

import pytest

from shipway.model.rollout import Container, Deployment, Done, Doomed, Exit, Pod, Underway, judge

SETTLED = Deployment(
    "sample-app", generation=2, observed=2, wanted=2, updated=2, replicas=2, ready=2, available=2
)
GROWING = replace(SETTLED, updated=1, replicas=3, available=2)
READY = Pod("one", "Running", ready=True)
IMAGE = "localhost:5000/app@sha256:404"
QUOTA = 'pods "app-1" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=2, limited: pods=2'


def waiting(reason: str, message: str = "") -> Pod:
    return Pod("one", containers=(Container("app", IMAGE, waiting=reason, message=message),))


def crashing(restarts: int, *exits: Exit, running: bool = False) -> Pod:
    container = Container(
        "app",
        IMAGE,
        restarts=restarts,
        waiting="" if running else "CrashLoopBackOff",
        exit_code=1,
        exit_reason="Error",
        running=running,
        exits=exits,
    )
    return Pod("one", containers=(container,))


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
    "pod",
    [
        waiting("InvalidImageName"),
        waiting("ErrImageNeverPull"),
        waiting("ErrImagePull", f"{IMAGE}: not found"),
        waiting("ImagePullBackOff", "unexpected status from HEAD request: 401 Unauthorized"),
        waiting("CreateContainerConfigError", 'secret "api-keys" not found'),
        waiting("CreateContainerConfigError", "couldn't find key url in ConfigMap dev/settings"),
        waiting(
            "CreateContainerConfigError", "container has runAsNonRoot and image will run as root"
        ),
        replace(
            waiting("ContainerCreating"),
            events=('FailedMount: MountVolume.SetUp failed for volume "k" : secret "k" not found',),
        ),
        crashing(3),
        crashing(3, *(Exit(run, 1, "Error") for run in range(4))),
        crashing(4, Exit(0, 2, "Error"), *(Exit(run, 1, "Error") for run in range(1, 5))),
    ],
)
def test_waiting_longer_would_not_help(pod: Pod) -> None:
    assert judge(GROWING, [READY, pod]) == Doomed("one")


@pytest.mark.parametrize(
    "pod",
    [
        waiting("ContainerCreating"),
        waiting("ErrImagePull", "unexpected status from HEAD request: 503 Service Unavailable"),
        waiting("ErrImagePull", f"{IMAGE}: dial tcp 127.0.0.1:5000: connect: connection refused"),
        waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"'),
        waiting("CreateContainerConfigError", "failed to sync secret cache: timed out waiting"),
        waiting("CreateContainerError", "context deadline exceeded"),
        crashing(0),
        crashing(2),
        crashing(4, running=True),  # the fifth run may go well
        crashing(3, Exit(0, 2, "Error"), *(Exit(run, 1, "Error") for run in range(1, 4))),
        crashing(3, Exit(2, 1, "OOMKilled"), Exit(3, 1, "Error")),
        replace(waiting("InvalidImageName"), left_over=True),
        replace(waiting("InvalidImageName"), terminating=True),
        Pod("slow", "Running", lasted=119, events=("Unhealthy: Startup probe failed: EOF",)),
    ],
)
def test_what_may_pass_is_given_its_time(pod: Pod) -> None:
    assert isinstance(judge(GROWING, [READY, pod], patience=10), Underway)


def test_an_init_container_crashes_like_another_one_and_may_end_well() -> None:
    (crashed,) = crashing(3).containers
    pod = Pod("one", containers=(replace(crashed, init=True), Container("app", IMAGE)))
    assert judge(GROWING, [pod]) == Doomed("one")
    done = replace(crashed, init=True, waiting="", exit_code=0, exit_reason="Completed")
    assert isinstance(judge(GROWING, [replace(pod, containers=(done,))]), Underway)


def test_a_pod_that_no_node_takes_is_given_as_long_as_there_is_patience() -> None:
    pod = Pod("one", unschedulable="0/1 nodes are available: 1 Insufficient cpu.", lasted=60)
    assert isinstance(judge(GROWING, [pod], patience=61), Underway)
    assert judge(GROWING, [pod], patience=60) == Doomed("one")


def test_a_pod_that_is_refused_is_final_where_nothing_makes_room_for_it() -> None:
    refused = replace(SETTLED, updated=0, available=2, replica_failure=QUOTA)
    assert judge(refused, []) == Doomed()
    assert isinstance(judge(refused, [READY]), Underway)
    leaving = replace(refused, replicas=1)
    assert isinstance(judge(leaving, []), Underway)


@pytest.mark.parametrize(
    "words",
    [
        'pods "app-1" is forbidden: status unknown for quota: compute',
        'pods "app-1" is forbidden: error looking up service account dev/app: not found',
        'Internal error occurred: failed calling webhook "w": context deadline exceeded',
    ],
)
def test_a_refusal_that_may_pass_is_given_its_time(words: str) -> None:
    refused = replace(SETTLED, updated=0, available=2, replica_failure=words)
    assert isinstance(judge(refused, []), Underway)


def test_before_the_controller_has_seen_the_wish_nobody_is_doomed() -> None:
    """What is newest then may be what failed before."""
    before = replace(GROWING, observed=1, replica_failure=QUOTA)
    assert isinstance(judge(before, [waiting("InvalidImageName")]), Underway)
