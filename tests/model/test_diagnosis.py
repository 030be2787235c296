"""Facts about pods become causes, the most telling first."""

from dataclasses import replace

import pytest

from shipway.model.diagnosis import Cause, causes, diagnose, state
from shipway.model.rollout import Container, Deployment, Pod

DEPLOYMENT = Deployment("sample-app", wanted=2)
APP = Container("app", "x")
UNREADY = Pod("slow", "Running", containers=(replace(APP, running=True),))
CRASHED = replace(APP, waiting="CrashLoopBackOff", restarts=2, exit_code=1, exit_reason="Error")
QUOTA = (
    'pods "app-1" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2'
)
PROBE = "Unhealthy: Startup probe failed: HTTP probe failed with statuscode: 500"
KILLED = "Killing: Container app failed startup probe, will be restarted"


def waiting(reason: str, message: str) -> Pod:
    return Pod("p", namespace="dev", containers=(replace(APP, waiting=reason, message=message),))


def running(container: Container, *log: str, events: tuple[str, ...] = ()) -> Pod:
    return Pod("p", "Running", containers=(container,), log=log, events=events)


@pytest.mark.parametrize(
    ("pod", "cause"),
    [
        (
            waiting("ImagePullBackOff", "not found"),
            Cause(
                1,
                "the image cannot be pulled: x: not found",
                "p",
                "ImagePullBackOff",
                ("not found",),
            ),
        ),
        (
            waiting("CreateContainerConfigError", 'secret "api-keys" not found'),
            Cause(1, "Secret dev/api-keys is missing", "p", "CreateContainerConfigError"),
        ),
        (
            waiting(
                "CreateContainerConfigError",
                "container has runAsNonRoot and image will run as root (pod: p)",
            ),
            Cause(
                1,
                "container app cannot be made: its image's user is root, and runAsNonRoot forbids that",
                "p",
                "CreateContainerConfigError",
            ),
        ),
        (
            waiting("CreateContainerError", "no command specified"),
            Cause(
                1, "container app cannot be made: no command specified", "p", "CreateContainerError"
            ),
        ),
        (
            replace(
                waiting("ContainerCreating", ""),
                events=(
                    'FailedMount: MountVolume.SetUp failed for volume "k" : secret "k" not found',
                ),
            ),
            Cause(1, "Secret dev/k is missing", "p", "ContainerCreating"),
        ),
        (
            running(CRASHED, "boom"),
            Cause(2, "container app exits with code 1: boom", "p", "CrashLoopBackOff", ("boom",)),
        ),
        (
            running(replace(CRASHED, exit_code=137, exit_reason="OOMKilled")),
            Cause(2, "container app used more memory than its limit", "p", "CrashLoopBackOff"),
        ),
        (
            Pod("p", unschedulable="0/1 nodes are available: 1 Insufficient cpu."),
            Cause(3, "no node takes the pod: Insufficient cpu", "p", "Pending"),
        ),
        (
            Pod("p", "Failed", given_up="Evicted: The node was low on resource: memory."),
            Cause(
                3,
                "its node gave the pod up: Evicted: The node was low on resource: memory.",
                "p",
                "Failed",
            ),
        ),
        (
            Pod("p", "Running", events=("Unhealthy: Readiness probe failed: statuscode: 503",)),
            Cause(
                4, "not ready: readiness probe fails: statuscode: 503", "p", "Running, not ready"
            ),
        ),
        (
            Pod("p", events=("FailedMount: timed out",)),
            Cause(6, "FailedMount: timed out", "p", "Pending"),
        ),
        (
            UNREADY,
            Cause(9, "too slow: 1 started, not ready", "slow", "Running, not ready"),
        ),
    ],
)
def test_a_pod_shows_its_cause(pod: Pod, cause: Cause) -> None:
    assert diagnose(DEPLOYMENT, [pod]) == cause


@pytest.mark.parametrize(
    ("pod", "cause"),
    [
        (running(replace(CRASHED, exit_code=139)), "container app exits with code 139 (SIGSEGV)"),
        (
            running(replace(CRASHED, exit_message="no disk\n")),
            "container app exits with code 1: no disk",
        ),
        (
            running(replace(CRASHED, init=True), "no table"),
            "init container app exits with code 1: no table",
        ),
        (
            running(replace(CRASHED, exit_code=0, exit_reason="Completed"), "bye"),
            "container app ends, with code 0, where it should go on serving: bye",
        ),
        (
            running(replace(CRASHED, exit_reason="StartError", exit_message="a: b: unknown")),
            "container app cannot be started: a: b",
        ),
        (
            running(CRASHED, '{"level": "error", "message": "no database"}'),
            "container app exits with code 1: no database",
        ),
        (
            running(
                CRASHED, '{"message": "failed", "exception": "Traceback\\n  x\\nValueError: 7"}'
            ),
            "container app exits with code 1: failed: ValueError: 7",
        ),
        (running(CRASHED, "[1, 2]"), "container app exits with code 1: [1, 2]"),
        (
            running(replace(CRASHED, exit_code=143), "bye", events=(PROBE, KILLED)),
            "container app is restarted by its startup probe: HTTP 500",
        ),
        (
            running(replace(CRASHED, exit_code=143), "bye", events=(KILLED,)),
            "container app is restarted by its startup probe",
        ),
        (
            running(CRASHED, "boom", events=(KILLED.replace("app", "other"),)),
            "container app exits with code 1: boom",
        ),
    ],
)
def test_a_container_that_ends_says_how_and_what_it_said_last(pod: Pod, cause: str) -> None:
    assert diagnose(DEPLOYMENT, [pod]).cause == cause


def test_an_init_container_that_is_done_is_no_cause() -> None:
    done = replace(CRASHED, init=True, waiting="", exit_code=0, exit_reason="Completed")
    assert causes(DEPLOYMENT, [running(done)]) == []


IMAGE = f"localhost:5000/app@sha256:{'a' * 64}"
SHORT = f"localhost:5000/app@sha256:{'a' * 12}"
UNPACK = f'failed to pull and unpack image "{IMAGE}": '
NO_HOST = "failed to do request: dial tcp: lookup registry.test: no such host"


@pytest.mark.parametrize(
    ("message", "events", "cause"),
    [
        (
            f'Back-off pulling image "{IMAGE}": ErrImagePull: {UNPACK}'
            f'failed to resolve reference "{IMAGE}": {IMAGE}: not found',
            (),
            f"{SHORT}: not found",
        ),
        (
            f"rpc error: code = Unknown desc = {UNPACK}"
            f'failed to resolve reference "{IMAGE}": {NO_HOST}',
            (),
            f"{SHORT}: {NO_HOST}",
        ),
        (
            f'Back-off pulling image "{IMAGE}"',
            (f'Failed: Failed to pull image "{IMAGE}": {UNPACK}{NO_HOST}', "Failed: Error"),
            f"{SHORT}: {NO_HOST}",
        ),
        ("", (), SHORT),
    ],
    ids=["not found", "no host", "an older kubelet", "no reason yet"],
)
def test_a_pull_that_fails_says_once_which_image_and_why(
    message: str, events: tuple[str, ...], cause: str
) -> None:
    container = Container("app", IMAGE, waiting="ErrImagePull", message=message)
    found = diagnose(DEPLOYMENT, [Pod("p", containers=(container,), events=events)])
    assert found.cause == f"the image cannot be pulled: {cause}"
    assert found.log == ((message,) if message else ())


def test_the_most_telling_pod_speaks() -> None:
    broken = replace(waiting("InvalidImageName", "bad"), name="broken")
    assert diagnose(DEPLOYMENT, [UNREADY, broken]).pod == "broken"


def test_the_pod_that_was_judged_speaks_before_a_more_telling_one() -> None:
    unplaced = Pod("unplaced", unschedulable="0/1 nodes are available: 1 Insufficient cpu.")
    pods = [running(CRASHED, "once"), unplaced]
    assert diagnose(DEPLOYMENT, pods).pod == "p"
    assert diagnose(DEPLOYMENT, pods, doomed="unplaced").pod == "unplaced"


def test_pods_that_say_the_same_say_it_once() -> None:
    pods = [running(CRASHED, "boom"), replace(running(CRASHED, "boom"), name="q")]
    (cause,) = causes(DEPLOYMENT, pods)
    assert cause.pod == "p"


def test_a_pod_that_just_tries_again_lets_the_one_that_waits_speak() -> None:
    trying = running(replace(CRASHED, waiting="", running=True))
    cause = diagnose(DEPLOYMENT, [trying, replace(running(CRASHED), name="waiting")])
    assert (cause.pod, cause.state) == ("waiting", "CrashLoopBackOff")


def test_a_refused_pod_comes_before_all() -> None:
    refused = replace(DEPLOYMENT, replica_failure=QUOTA)
    words = "quota q exceeded: requested pods=1, used pods=2, limited to pods=2"
    assert diagnose(refused, [UNREADY]).cause == words
    assert diagnose(refused, [running(CRASHED)], doomed="").cause == words


def test_a_pod_that_leaves_or_serves_says_nothing() -> None:
    crashed = running(replace(CRASHED, waiting="", running=True), "boom")
    leaving, serving = replace(crashed, terminating=True), replace(crashed, ready=True)
    assert causes(DEPLOYMENT, [leaving, serving]) == []
    assert state(leaving) == "Terminating"


@pytest.mark.parametrize(
    ("deployment", "pods", "cause"),
    [
        (DEPLOYMENT, [], "too slow: 0 of 2 pods were made"),
        (
            replace(DEPLOYMENT, updated=2, replicas=3),
            [replace(UNREADY, ready=True)] * 2,
            "too slow: 1 of the old pods did not leave",
        ),
        (
            replace(DEPLOYMENT, updated=2, replicas=2),
            [replace(UNREADY, ready=True)] * 2,
            "too slow: the pods were ready, and not for long enough to count",
        ),
        (
            DEPLOYMENT,
            [UNREADY, waiting("ContainerCreating", "")],
            "too slow: 1 started, not ready, 1 being created",
        ),
    ],
)
def test_where_nothing_is_wrong_it_is_said_what_took_so_long(
    deployment: Deployment, pods: list[Pod], cause: str
) -> None:
    assert diagnose(deployment, pods).cause == cause


def test_a_pod_whose_container_has_just_ended_is_shown_as_kubectl_shows_it() -> None:
    assert state(running(replace(CRASHED, waiting=""))) == "Error"
    assert state(running(replace(CRASHED, waiting="", running=True))) == "Running, not ready"
