"""What is left of a run that died, and what is done about it, in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shipway.model.recovery import AtWork, Ended, Failed, Removed, Served, heal, left, passes
from shipway.model.revision import Revision, good, last_good

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RUN = "20261123T115900-77"
STORY = f"run {RUN} (killed during helm upgrade)"


def revision(number: int, status: str, description: str, **more: object) -> Revision:
    made = Revision(
        number=number,
        status=status,
        chart_version="1.2.3",
        updated="",
        description=description,
        values={"image": {"tag": f"v{number}"}},
        run=RUN,
        created=NOW - timedelta(seconds=40),
    )
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name


BEFORE = revision(1, "deployed", "v1, bundle sha256:1")


def healed(*history: Revision, serves: bool = False) -> object:
    return heal(history, lambda _: STORY, NOW, serves=serves)


def test_a_healthy_history_needs_nothing() -> None:
    failed = revision(2, "failed", "rollout failed: no")
    assert not left([])
    assert not left([BEFORE, failed])
    assert healed(BEFORE, failed) == []


@pytest.mark.parametrize(
    ("status", "said", "kept"),
    [
        ("pending-install", "Initial install underway", ""),
        ("pending-upgrade", "Preparing upgrade", ""),
        ("pending-rollback", "Rollback to 1", "Rollback to 1; "),
        ("uninstalling", "Deletion in progress (or silently failed)", ""),
    ],
)
def test_what_our_helm_began_and_did_not_finish_is_marked_failed(
    status: str, said: str, kept: str
) -> None:
    begun = revision(2, status, said)
    assert left([BEFORE, begun])
    # whatever its pods do: nobody knows how much of it was applied
    (found,) = heal([BEFORE, begun], lambda _: STORY, NOW, serves=True)  # type: ignore[misc]  # it is a list
    assert found == Failed(begun, STORY)
    assert str(found) == f"revision 2 was left {status} by {STORY}: marked failed"
    assert found.description == f"{kept}failed: left {status} by {STORY}"
    marked = replace(begun, status="failed", description=found.description)
    assert not left([BEFORE, marked])
    assert last_good([BEFORE, marked]) == BEFORE


def test_a_first_install_that_was_cut_off_is_marked_failed_too() -> None:
    begun = revision(1, "pending-install", "Initial install underway")
    assert healed(begun) == [Failed(begun, STORY)]


def test_a_rollout_that_nobody_watched_counts_if_its_pods_serve() -> None:
    unseen = revision(2, "deployed", "v2, bundle sha256:2; rollout underway")
    assert left([BEFORE, unseen])
    (found,) = heal([BEFORE, unseen], lambda _: STORY, NOW, serves=True)  # type: ignore[misc]  # it is a list
    assert found == Served(unseen, STORY)
    assert str(found) == (
        f"revision 2 was left before its pods were seen to serve by {STORY}: they do serve"
    )


def test_a_rollout_that_nobody_watched_is_marked_failed_if_they_do_not() -> None:
    unseen = revision(2, "deployed", "v2, bundle sha256:2; rollout underway")
    (found,) = heal([BEFORE, unseen], lambda _: STORY, NOW, serves=False)  # type: ignore[misc]  # it is a list
    assert str(found) == (
        f"revision 2 was left before its pods were seen to serve by {STORY}: marked failed"
    )
    assert isinstance(found, Failed)
    assert found.description == (
        f"v2, bundle sha256:2; failed: left before its pods were seen to serve by {STORY}"
    )


def test_a_rollback_that_helm_calls_a_success_does_not_count_before_somebody_saw_it_serve() -> None:
    back = revision(3, "deployed", "Rollback to 1", returning=True)
    assert not good(back)
    assert healed(BEFORE, back, serves=True) == [Served(back, STORY)]
    (found,) = heal([BEFORE, back], lambda _: STORY, NOW, serves=False)  # type: ignore[misc]  # it is a list
    assert isinstance(found, Failed)
    assert found.description == (
        f"Rollback to 1; failed: left before its pods were seen to serve by {STORY}"
    )


def test_a_helm_of_somebody_else_may_be_at_work_for_five_minutes() -> None:
    strange = revision(2, "pending-upgrade", "Preparing upgrade", run="")
    assert healed(BEFORE, strange) == AtWork(strange, 40.0)
    old = replace(strange, created=NOW - timedelta(minutes=5))
    assert healed(BEFORE, old) == [Failed(old, STORY)]


def test_a_creation_after_now_is_young() -> None:
    strange = revision(2, "pending-upgrade", "Preparing", run="", created=NOW + timedelta(hours=1))
    assert healed(BEFORE, strange) == AtWork(strange, 0.0)


def test_what_is_under_a_later_revision_is_nobodys_work_any_more() -> None:
    strange = revision(2, "pending-upgrade", "Preparing upgrade", run="")
    assert healed(strange, revision(3, "deployed", "v3")) == [Failed(strange, STORY)]


def test_processes_and_pods_are_told_in_one_line() -> None:
    assert str(Ended("helm", 4711)) == (
        "helm (process 4711) of a run that died was still at work: ended"
    )
    assert str(Removed("app-test")) == (
        "test pod app-test was left running by a run that died: removed"
    )


@pytest.mark.parametrize(
    "line",
    [
        'Error: UPGRADE FAILED: an error on the server ("unknown") has prevented the request from succeeding (patch deployments.apps app)',
        'Error: kubernetes cluster unreachable: Get "https://10.0.0.1:6443/version": dial tcp 10.0.0.1:6443: connect: connection refused',
        "Error: UPGRADE FAILED: read tcp 127.0.0.1:50000->127.0.0.1:6443: read: connection reset by peer",
        'Error: query: failed to query with labels: Get "https://10.0.0.1:6443/api/v1": net/http: TLS handshake timeout',
        'Error: UPGRADE FAILED: Patch "https://10.0.0.1:6443/apis": unexpected EOF',
        "Error: UPGRADE FAILED: the server is currently unable to handle the request",
        "Error: UPGRADE FAILED: etcdserver: leader changed",
        "Error: the server has received too many requests and has asked us to try again later",
        "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
    ],
)
def test_a_trouble_of_the_api_passes(line: str) -> None:
    assert passes(["level=WARN msg=something", line])


@pytest.mark.parametrize(
    "line",
    [
        'Error: UPGRADE FAILED: Deployment.apps "app" is invalid: spec.replicas: Invalid value: -1',
        'Error: UPGRADE FAILED: deployments.apps "app" is forbidden: User "ci" cannot patch resource',
        'Error: INSTALLATION FAILED: pods "app" is forbidden: exceeded quota: small',
        "Error: values don't meet the specifications of the schema(s) in the following chart(s):",
        'Error: UPGRADE FAILED: conflict with "kubectl" using apps/v1: .spec.replicas',
        "Error: UPGRADE FAILED: resource Job/dev/migrate not ready. status: Failed, context deadline exceeded",
    ],
)
def test_a_refusal_does_not(line: str) -> None:
    assert not passes(["Internal error occurred: said by somebody else", line])
