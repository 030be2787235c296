"""How it reads when an environment does not go back, or did so by itself."""

from dataclasses import dataclass

import pytest

from shipway.errors import CommandFailed, ShipwayError
from shipway.model.revision import Revision
from shipway.oci.errors import RegistryUnreachable
from shipway.stages.aftermath import ReleaseFailed
from shipway.stages.applying import HelmRefused
from shipway.stages.returning import Returned
from shipway.stages.staying import (
    MustStay,
    NoRevision,
    NothingToReturnTo,
    Silent,
    Unchecked,
    label,
)

NOTE = "of sha256:b 1 record does not carry the team's signature and counts for nothing"
EVIDENCE = ".shipway/runs/1/evidence/prod"


def revision(number: int, tag: str) -> Revision:
    return Revision(number, "superseded", "1.0", "", "", {"image": {"tag": tag}})


@dataclass(eq=False)
class Broken(ShipwayError):
    way: str | None

    @property
    def problem(self) -> str:
        return "prod: 0 of 3 pods became ready: boom"

    @property
    def details(self) -> tuple[str, ...]:
        return ("pod app-1: CrashLoopBackOff",)

    @property
    def remedy(self) -> str | None:
        return self.way


def told(error: ShipwayError) -> tuple[str, tuple[str, ...], str | None]:
    return error.problem, error.details, error.remedy


def test_of_the_last_few_revisions_it_says_why_they_will_not_do() -> None:
    earlier = tuple(
        (revision(number, f"v{number}"), f"reason {number}") for number in range(7, 0, -1)
    )
    assert told(NothingToReturnTo("prod", earlier, (NOTE,))) == (
        "prod has no earlier revision that is proven there and differs from what is there now",
        (
            "revision 7 (v7): reason 7",
            "revision 6 (v6): reason 6",
            "revision 5 (v5): reason 5",
            "revision 4 (v4): reason 4",
            "revision 3 (v3): reason 3",
            NOTE,
        ),
        "shipway history prod; or insist: shipway rollback prod --to REVISION --force --reason TEXT",
    )


def test_where_there_is_nothing_to_insist_on_it_does_not_offer_that() -> None:
    assert told(NothingToReturnTo("prod", ())) == (
        "prod has no earlier revision",
        (),
        "shipway history prod",
    )
    assert NoRevision("prod", 7, (1, 2)).problem == "prod has no revision 7; it has 1, 2"
    assert NoRevision("prod", 7, ()).problem == "prod has no revision 7; it has none"


def test_the_first_reason_is_the_problem_and_the_others_prove_it() -> None:
    assert told(MustStay("prod", "revision 2 (v2)", ("not proven in prod", "unsafe"), (NOTE,))) == (
        "prod does not go back to revision 2 (v2): not proven in prod",
        ("and unsafe", NOTE),
        "shipway history prod; or insist: --force --reason TEXT",
    )


@pytest.mark.parametrize(
    ("failure", "problem", "remedy"),
    [
        (
            RegistryUnreachable("http://localhost:5000", "refused", "shipway setup embedded"),
            "prod does not go back unchecked: "
            "the registry http://localhost:5000 does not answer: refused",
            "shipway setup embedded; or go back without it: --force --reason TEXT",
        ),
        (
            Silent(10.0),
            "prod does not go back unchecked: the registry gave no answer within 10 s",
            "go back without it: --force --reason TEXT",
        ),
    ],
)
def test_a_registry_that_does_not_answer_has_its_own_words(
    failure: ShipwayError, problem: str, remedy: str
) -> None:
    assert told(Unchecked("prod", failure)) == (problem, (), remedy)


def test_what_helm_said_is_why_it_could_not_return() -> None:
    failure = CommandFailed(
        "helm rollback app 2", 1, ("some words", "Error: release has no 2 version")
    )
    assert told(HelmRefused("prod", "return to revision 2 (v2)", failure)) == (
        "prod: helm could not return to revision 2 (v2): release has no 2 version",
        failure.tail,
        "shipway diagnose prod",
    )


def test_a_revision_of_somebody_elses_has_no_tag() -> None:
    assert label(Revision(3, "deployed", "1.0", "", "", {})) == "revision 3"


@pytest.mark.parametrize(
    ("failed", "details", "remedy"),
    [
        (
            ReleaseFailed(
                "prod",
                Broken("shipway rollback prod, or look closer: kubectl"),
                EVIDENCE,
                Returned("prod is back on revision 3 (v1), which serves", serves=True),
            ),
            (
                "prod is back on revision 3 (v1), which serves",
                "pod app-1: CrashLoopBackOff",
                f"evidence: {EVIDENCE}",
            ),
            f"read {EVIDENCE}/cause.txt, and release the repaired one under another tag",
        ),
        (
            ReleaseFailed("prod", Broken(None), EVIDENCE, Returned("prod stays as it is: unsafe")),
            (
                "prod stays as it is: unsafe",
                "pod app-1: CrashLoopBackOff",
                f"evidence: {EVIDENCE}",
            ),
            "shipway diagnose prod",
        ),
        (
            ReleaseFailed("prod", Broken("shipway rollback prod, or look closer: x"), EVIDENCE),
            ("pod app-1: CrashLoopBackOff", f"evidence: {EVIDENCE}"),
            "shipway rollback prod, or look closer: x",
        ),
        (
            ReleaseFailed("prod", Broken("a longer preStopSeconds"), EVIDENCE),
            ("pod app-1: CrashLoopBackOff", f"evidence: {EVIDENCE}"),
            "shipway rollback prod; or a longer preStopSeconds",
        ),
        (
            ReleaseFailed("prod", Broken("shipway rollback prod"), EVIDENCE, stuck=True),
            ("pod app-1: CrashLoopBackOff", f"evidence: {EVIDENCE}"),
            "shipway diagnose prod",
        ),
        (
            ReleaseFailed("prod", Broken("shipway diagnose prod")),
            ("pod app-1: CrashLoopBackOff",),
            "shipway diagnose prod",
        ),
    ],
    ids=[
        "went back",
        "may not go back",
        "is held",
        "is held, and serves",
        "was the first",
        "no change",
    ],
)
def test_whatever_is_done_after_a_failure_its_cause_comes_first(
    failed: ReleaseFailed, details: tuple[str, ...], remedy: str
) -> None:
    assert told(failed) == ("prod: 0 of 3 pods became ready: boom", details, remedy)
