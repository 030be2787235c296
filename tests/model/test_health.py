"""What is said of an environment, and whether that is good."""

from dataclasses import replace
from typing import Any

import pytest

from shipway.model import health
from shipway.model.diagnosis import Cause
from shipway.model.drift import Difference
from shipway.model.health import Facts, Finding, Health
from shipway.model.lease import Holder
from shipway.model.revision import UNDERWAY, Revision
from shipway.model.rollout import Deployment, Done, Doomed, Underway

LOOK = "kubectl describe pods"
V1 = Revision(1, "superseded", "0.1.0", "", "v1, bundle a", {"image": {"tag": "v1"}})
V2 = Revision(2, "deployed", "0.1.0", "", "v2, bundle b", {"image": {"tag": "v2"}})
ALICE = Holder("alice", "laptop/1", "run-7", 1, "", "deploy dev")
CRASH = Cause(
    2, "container web exits with code 1: no database", "web-1", "CrashLoopBackOff", ("a", "b")
)
BACK = f"shipway rollback dev, or look closer: {LOOK}"
CORRECT = f"correct it, then: shipway run --env dev; look closer: {LOOK}"
SERVING = Facts(
    environment="dev",
    namespace="dev",
    look=LOOK,
    history=(V1, V2),
    deployment=Deployment("web", wanted=2, available=2, ready=2),
    verdict=Done(2),
    address="http://dev.local",
)


def seen(**facts: Any) -> Facts:
    return replace(SERVING, **facts)


def latest(**about: Any) -> tuple[Revision, ...]:
    return V1, replace(V2, **about)


def test_an_environment_that_serves_says_what() -> None:
    assert health.judge(SERVING) == Health(
        environment="dev",
        healthy=True,
        findings=(Finding("serves v2: revision 2, 2 of 2 pods ready, http://dev.local"),),
    )


@pytest.mark.parametrize(
    ("facts", "findings"),
    [
        (
            seen(history=(), deployment=None, verdict=None),
            [Finding("nothing was ever deployed", "shipway deploy --env dev --tag TAG")],
        ),
        (
            seen(verdict=Doomed(), causes=(CRASH,)),
            [
                Finding(
                    CRASH.cause,
                    BACK,
                    ("pod web-1 in namespace dev: CrashLoopBackOff", "  a", "  b"),
                )
            ],
        ),
        (
            seen(verdict=Doomed(), causes=(CRASH, replace(CRASH, cause="not ready"))),
            [
                Finding(
                    CRASH.cause,
                    BACK,
                    ("pod web-1 in namespace dev: CrashLoopBackOff", "  a", "  b"),
                ),
                Finding("not ready"),
            ],
        ),
        (
            seen(verdict=Doomed(), causes=(Cause(0, "a quota"),), history=(V2,)),
            [Finding("a quota", CORRECT)],
        ),
        (
            seen(
                verdict=Doomed(),
                causes=(Cause(2, "it crashes"),),
                history=latest(status="failed", description="rollout failed: it crashes"),
            ),
            [Finding("it crashes", BACK), Finding("revision 2 (v2) is marked as failed")],
        ),
        (
            seen(history=latest(status="failed", description="dev: the helm test failed: 500")),
            [Finding("revision 2 (v2) serves, but is marked as failed: 500", BACK)],
        ),
        (
            seen(verdict=Underway(1, 2, 0)),
            [
                Finding(
                    "a rollout is underway: 1 of 2 new pods ready",
                    f"shipway diagnose dev, later; look closer: {LOOK}",
                )
            ],
        ),
        (
            seen(history=latest(description=f"v2{UNDERWAY}")),
            [
                Finding(
                    "nobody watched the rollout of revision 2 (v2) to its end",
                    "shipway deploy --env dev --tag v2",
                )
            ],
        ),
        (
            seen(history=latest(status="pending-upgrade")),
            [
                Finding(
                    "revision 2 (v2) is pending-upgrade: whoever was at it is gone",
                    "shipway deploy --env dev --tag v2",
                )
            ],
        ),
        (
            seen(history=latest(status="pending-upgrade"), holder=ALICE, dead=True),
            [
                Finding(
                    f"revision 2 (v2) is pending-upgrade: {ALICE} is gone",
                    "shipway deploy --env dev --tag v2",
                )
            ],
        ),
        (
            seen(history=latest(status="pending-upgrade"), holder=ALICE),
            [
                Finding(
                    f"revision 2 (v2) is pending-upgrade: {ALICE} is at it",
                    "wait for it; if it hangs: shipway unlock dev --reason TEXT",
                )
            ],
        ),
        (
            seen(deployment=None, verdict=None),
            [
                Finding(
                    "its Deployment is gone from namespace dev",
                    "shipway deploy --env dev --tag v2",
                )
            ],
        ),
        (
            seen(deployment=None, verdict=None, history=(replace(V1, status="pending-install"),)),
            [
                Finding(
                    "revision 1 (v1) is pending-install: whoever was at it is gone",
                    "shipway deploy --env dev --tag v1",
                )
            ],
        ),
        (
            seen(
                verdict=Underway(0, 2, 0),
                history=latest(status="failed", description="rollout failed: too slow"),
            ),
            [Finding("revision 2 (v2) is marked as failed: too slow", BACK)],
        ),
        (
            seen(deployment=None, verdict=None, history=latest(status="uninstalled")),
            [
                Finding(
                    "it was uninstalled, revision 2 (v2) was the last",
                    "shipway deploy --env dev --tag v2",
                )
            ],
        ),
        (
            seen(address="", absence=Finding("no load balancer yet", "kubectl get ingress")),
            [Finding("no load balancer yet", "kubectl get ingress")],
        ),
    ],
    ids=[
        *(
            "never deployed",
            "crashing",
            "one pod, two causes",
            "first one refused",
            "failed",
            "failed its test",
        ),
        *("underway", "unwatched", "pending", "pending, dead", "pending, alive", "gone"),
        *("first one pending", "failed, slow", "uninstalled", "no load balancer"),
    ],
)
def test_what_is_wrong_is_said_with_the_next_command(facts: Facts, findings: list[Finding]) -> None:
    found = health.judge(facts)
    assert list(found.findings) == findings
    assert not found.healthy


def test_a_rollout_that_somebody_watches_is_not_called_unwatched() -> None:
    facts = seen(
        history=latest(description=f"v2{UNDERWAY}"), verdict=Underway(1, 2, 1), holder=ALICE
    )
    found = health.judge(facts)
    assert [each.words for each in found.findings] == [
        "a rollout is underway: 1 of 2 new pods ready, 1 of the old leaving"
    ]
    assert found.notes == (f"it is the turn of {ALICE}",)


def test_of_a_holder_elsewhere_its_last_sign_of_life_is_told() -> None:
    found = health.judge(seen(holder=ALICE, renewed="2026-11-23 05:01:12.123456+00:00"))
    assert found.notes == (f"it is the turn of {ALICE}, last heard of at 05:01:12 by its clock",)


def test_a_turn_that_was_left_is_a_note_and_no_illness() -> None:
    found = health.judge(seen(holder=ALICE, dead=True))
    left = f"{ALICE} ended without giving its turn back; the next deploy takes it"
    assert (found.healthy, found.notes) == (True, (left,))


def test_what_served_before_and_still_does_is_told() -> None:
    failed = latest(status="failed", description="rollout failed: it crashes")
    for history in (failed, latest()):
        found = health.judge(seen(history=history, verdict=Doomed(), old=2))
        assert found.notes == ("revision 1 (v1) still serves, with 2 ready",)


BY_HAND = Difference("Deployment/web", ("spec", "replicas"), 2, 3, "kubectl")


def test_who_changed_a_good_release_by_hand_is_told_to_set_it_back_and_not_to_roll_it_back() -> (
    None
):
    found = health.judge(seen(verdict=Doomed(), causes=(CRASH,), changed=(BY_HAND,)))
    assert [(each.words, each.remedy) for each in found.findings] == [
        ("a change was made by hand since it was released", "shipway deploy --env dev --tag v2"),
        (CRASH.cause, ""),
    ]
    assert found.findings[0].proof == (
        "Deployment/web spec.replicas: release says 2, live is 3 (kubectl)",
    )


def test_a_change_by_hand_that_hurts_nobody_is_a_note() -> None:
    found = health.judge(seen(changed=(BY_HAND,)))
    assert (found.healthy, found.notes) == (
        True,
        ("it was changed by hand since: shipway drift --env dev",),
    )


def test_a_crash_that_nobody_watched_to_its_end_has_one_remedy() -> None:
    crashed = seen(history=latest(description=f"v2{UNDERWAY}"), verdict=Doomed(), causes=(CRASH,))
    assert [(each.words, each.remedy) for each in health.judge(crashed).findings] == [
        (CRASH.cause, BACK),
        ("nobody watched the rollout of revision 2 (v2) to its end", ""),
    ]
