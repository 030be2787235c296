"""GitHub's environments: production must wait for a person, and its absence is not a detail."""

from typing import Any

from shipway.actions.doctor_github import judge
from shipway.model.check import Check

NAMES = ["dev", "staging", "production"]
WHERE = "on GitHub: Settings → Environments"
OTHERS = {"dev": {"name": "dev"}, "staging": {"name": "staging"}}


def production(*rules: dict[str, Any]) -> dict[str, Any]:
    return {**OTHERS, "production": {"name": "production", "protection_rules": list(rules)}}


def test_a_guarded_production_names_its_guards() -> None:
    rule = {
        "type": "required_reviewers",
        "reviewers": [
            {"type": "User", "reviewer": {"login": "ann"}},
            {"type": "Team", "reviewer": {"slug": "operators"}},
        ],
    }
    assert judge(production({"type": "wait_timer"}, rule), NAMES) == [
        Check("dev", ok=True, found="the environment dev is there"),
        Check("staging", ok=True, found="the environment staging is there"),
        Check("production", ok=True, found="production waits for ann, operators"),
    ]


def test_a_production_without_reviewers_is_said_loudly() -> None:
    *_, last = judge(production({"type": "branch_policy"}), NAMES)
    assert last == Check(
        "production",
        ok=False,
        found="production HAS NO REQUIRED REVIEWERS: "
        "EVERY RELEASE IS DEPLOYED THERE WITHOUT ASKING ANYBODY",
        remedy=f"{WHERE} → production → Required reviewers "
        "(in a private repository: GitHub Enterprise only)",
    )


def test_an_empty_list_of_reviewers_guards_nothing() -> None:
    *_, last = judge(production({"type": "required_reviewers", "reviewers": []}), NAMES)
    assert not last.ok


def test_environments_that_are_not_there_are_told_one_by_one() -> None:
    assert judge({}, NAMES) == [
        *(
            Check(
                name,
                ok=False,
                found=f"there is no environment {name}: its deploys do not show in GitHub",
                remedy=f"{WHERE} → New environment: {name}",
            )
            for name in ("dev", "staging")
        ),
        Check(
            "production",
            ok=False,
            found="THERE IS NO ENVIRONMENT production: "
            "EVERY RELEASE IS DEPLOYED THERE WITHOUT ASKING ANYBODY",
            remedy=f"{WHERE} → New environment: production, with required reviewers",
        ),
    ]
