"""Facts about pods become one cause."""

from dataclasses import replace

import pytest

from shipway.model.diagnosis import Cause, diagnose, state
from shipway.model.rollout import Container, Deployment, Pod

DEPLOYMENT = Deployment("sample-app", wanted=2)
UNREADY = Pod("slow", "Running", containers=(Container("app", "x"),))


@pytest.mark.parametrize(
    ("pod", "cause"),
    [
        (
            Pod(
                "p",
                containers=(
                    Container("app", "x", waiting="ImagePullBackOff", message="not found"),
                ),
            ),
            Cause(
                1,
                "the image cannot be pulled: x: not found",
                "p",
                "ImagePullBackOff",
                ("not found",),
            ),
        ),
        (
            Pod(
                "p",
                "Running",
                containers=(
                    Container(
                        "app",
                        "x",
                        waiting="CrashLoopBackOff",
                        restarts=2,
                        exit_code=1,
                        exit_reason="Error",
                    ),
                ),
                log=("boom",),
            ),
            Cause(2, "container app exits with code 1: boom", "p", "CrashLoopBackOff", ("boom",)),
        ),
        (
            Pod(
                "p",
                "Running",
                containers=(Container("app", "x", exit_code=137, exit_reason="OOMKilled"),),
            ),
            Cause(2, "container app used more memory than its limit", "p", "Running, not ready"),
        ),
        (
            Pod("p", unschedulable="0/1 nodes are available: 1 Insufficient cpu."),
            Cause(
                3,
                "no node takes the pod: 0/1 nodes are available: 1 Insufficient cpu.",
                "p",
                "Pending",
            ),
        ),
        (
            Pod("p", "Running", events=("Unhealthy: Readiness probe failed: statuscode: 503",)),
            Cause(
                4, "Unhealthy: Readiness probe failed: statuscode: 503", "p", "Running, not ready"
            ),
        ),
        (
            Pod("p", events=("FailedMount: no such secret",)),
            Cause(5, "FailedMount: no such secret", "p", "Pending"),
        ),
        (UNREADY, Cause(9, "the pods made no progress in time")),
    ],
)
def test_a_pod_shows_its_cause(pod: Pod, cause: Cause) -> None:
    assert diagnose(DEPLOYMENT, [pod]) == cause


IMAGE = f"localhost:5000/app@sha256:{'a' * 64}"
SHORT = f"localhost:5000/app@sha256:{'a' * 12}"
UNPACK = f'failed to pull and unpack image "{IMAGE}": '


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        (
            f'Back-off pulling image "{IMAGE}": ErrImagePull: {UNPACK}'
            f'failed to resolve reference "{IMAGE}": {IMAGE}: not found',
            f"{SHORT}: not found",
        ),
        (
            f'rpc error: code = Unknown desc = {UNPACK}failed to resolve reference "{IMAGE}": '
            "failed to do request: dial tcp: lookup registry.test: no such host",
            f"{SHORT}: failed to do request: dial tcp: lookup registry.test: no such host",
        ),
        ("", SHORT),
    ],
    ids=["not found", "no host", "no reason yet"],
)
def test_a_pull_that_fails_says_once_which_image_and_why(message: str, cause: str) -> None:
    pod = Pod("p", containers=(Container("app", IMAGE, waiting="ErrImagePull", message=message),))
    found = diagnose(DEPLOYMENT, [pod])
    assert found.cause == f"the image cannot be pulled: {cause}"
    assert found.log == ((message,) if message else ())


def test_the_most_telling_pod_speaks() -> None:
    broken = Pod(
        "broken", containers=(Container("app", "x", waiting="InvalidImageName", message="bad"),)
    )
    assert diagnose(DEPLOYMENT, [UNREADY, broken]).pod == "broken"


def test_a_pod_that_just_tries_again_lets_the_one_that_waits_speak() -> None:
    crashed = Container("app", "x", restarts=2, exit_code=1)
    trying = Pod("trying", "Running", containers=(crashed,))
    waiting = Pod("waiting", "Running", containers=(replace(crashed, waiting="CrashLoopBackOff"),))
    cause = diagnose(DEPLOYMENT, [trying, waiting])
    assert (cause.pod, cause.state) == ("waiting", "CrashLoopBackOff")


def test_a_refused_pod_comes_before_all() -> None:
    refused = Deployment("sample-app", replica_failure="exceeded quota: compute")
    assert diagnose(refused, [UNREADY]).cause == "a pod was refused: exceeded quota: compute"


def test_a_pod_that_leaves_says_nothing() -> None:
    leaving = Pod("old", terminating=True, containers=(Container("app", "x", exit_code=1),))
    assert diagnose(DEPLOYMENT, [leaving]).pod == ""
    assert state(leaving) == "Terminating"
