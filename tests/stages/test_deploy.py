"""What a deploy gives to helm, and how its failures read."""

import pytest

from shipway.charts.values import VariablesMissing
from shipway.kube.rollout import RolloutFailed
from shipway.model.bundle import Bundle, ChartRef, ImageRef
from shipway.model.diagnosis import Cause
from shipway.model.rollout import Container, Pod
from shipway.oci.bundles import Released
from shipway.oci.reference import Address
from shipway.stages.asking import HelmTestFailed
from shipway.stages.deploy import wanted_values
from tests.stages.conftest import target_at

TARGET = target_at(Address("localhost:5000", plain_http=True))
BUNDLE = Bundle(
    image=ImageRef("app", "sha256:1"),
    chart=ChartRef("charts/app", "1.2.3", "sha256:2"),
    values={},
    commit="",
    tag="v1",
)


def released(text: str) -> Released:
    return Released(BUNDLE, {"dev": text})


def test_the_environments_file_is_under_the_target_and_the_bundle_over_both() -> None:
    text = (
        "replicas: 2\n"
        "team: ${TEAM}\n"
        "ingress: {enabled: true, host: from.file}\n"
        "image: {tag: from-file, pullPolicy: Always}\n"
    )
    assert wanted_values(TARGET, TARGET.place("dev"), released(text)) == {
        "replicas": 2,
        "team": "blue",
        "ingress": {"enabled": True, "host": "dev.local"},
        "image": {
            "repository": "localhost:5000/app",
            "tag": "v1",
            "digest": "sha256:1",
            "pullPolicy": "Always",
        },
        "release": {"bundle": BUNDLE.id, "chartDigest": "sha256:2"},
    }


def test_an_empty_file_wants_what_the_target_and_the_bundle_say() -> None:
    wanted = wanted_values(TARGET, TARGET.place("dev"), released("# nothing\n"))
    assert list(wanted) == ["ingress", "image", "release"]


def test_a_variable_that_nobody_set_is_told_with_its_line() -> None:
    with pytest.raises(VariablesMissing) as caught:
        wanted_values(TARGET, TARGET.place("dev"), released("a: 1\nhost: ${NOWHERE}\n"))
    assert caught.value.problem == "environments/dev.yaml:2: ${NOWHERE} is not set"


@pytest.mark.parametrize(
    ("seconds", "cause", "problem", "details"),
    [
        (
            None,
            Cause(
                2, "container app exits with code 1: boom", "app-1", "CrashLoopBackOff", ("boom",)
            ),
            "dev: 0 of 2 pods became ready: container app exits with code 1: boom",
            ("pod app-1 in namespace team-dev: CrashLoopBackOff", "  boom"),
        ),
        (
            120,
            Cause(9, "the pods made no progress in time"),
            "dev: 0 of 2 pods became ready within 120 s: the pods made no progress in time",
            (),
        ),
    ],
)
def test_a_failed_rollout_says_which_pod_why_and_what_next(
    seconds: int | None, cause: Cause, problem: str, details: tuple[str, ...]
) -> None:
    failed = RolloutFailed(
        environment="dev",
        namespace="team-dev",
        ready=0,
        wanted=2,
        seconds=seconds,
        cause=cause,
        look="kubectl describe pods",
    )
    assert (failed.problem, failed.details) == (problem, details)
    assert failed.remedy == "shipway rollback dev, or look closer: kubectl describe pods"


NEVER_STARTED = Pod(
    "probe",
    containers=(Container("curl", "curl", waiting="ErrImagePull"),),
    events=("Failed: no such image",),
)


@pytest.mark.parametrize(
    ("pods", "said", "details"),
    [
        (
            (Pod("probe", "Failed", log=("curl: (22) 500", " 500 /health ")),),
            "500 /health",
            ("pod probe in namespace team-dev: Failed", "  curl: (22) 500", "   500 /health "),
        ),
        (
            (NEVER_STARTED,),
            "Failed: no such image",
            ("pod probe in namespace team-dev: ErrImagePull",),
        ),
        ((), "Error: timed out", ("NAME: app-dev", "Error: timed out")),
    ],
    ids=["its log speaks", "its events speak", "only helm speaks"],
)
def test_a_failed_helm_test_says_what_its_pod_said(
    pods: tuple[Pod, ...], said: str, details: tuple[str, ...]
) -> None:
    failed = HelmTestFailed(
        environment="dev",
        namespace="team-dev",
        pods=pods,
        output=("NAME: app-dev", "Error: timed out"),
        look="kubectl get services",
    )
    assert failed.problem == f"dev: the helm test failed: {said}"
    assert failed.details == details
    assert failed.remedy == "shipway rollback dev, or look closer: kubectl get services"
