"""GitHub's environments: production must wait for a person, and its absence is not a detail."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipway.actions.doctor_github import checks, judge
from shipway.actions.session import Session
from shipway.commands import gh
from shipway.commands.command import Command
from shipway.config.load import load
from shipway.errors import ProgramMissing
from shipway.model.check import Check
from shipway.shell.shell import Finished, Listener, Shell
from shipway.testing.scripted_shell import Expect, ScriptedShell

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


@dataclass(frozen=True, slots=True)
class Nothing:
    """A machine without programs."""

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        raise ProgramMissing(command.argv[0])


def asked(shell: Shell) -> Session:
    project = load(Path(__file__).parents[2] / "shipway.yaml")
    return Session(project, "github", shell, lambda _event: None, "run")


async def test_without_gh_it_says_so() -> None:
    assert await checks(asked(Nothing())) == [
        Check(
            "gh",
            ok=False,
            found="the program gh is not on the PATH",
            remedy=f"install gh (https://cli.github.com), then: gh auth login; or look {WHERE}",
        )
    ]


async def test_what_gh_says_is_passed_on() -> None:
    said = "gh: Not Found (HTTP 404)"
    shell = ScriptedShell(Expect(str(gh.environments()), said, returncode=1))
    assert await checks(asked(shell)) == [
        Check(
            "gh",
            ok=False,
            found=f"gh cannot read the environments: {said}",
            remedy="gh auth status; reading environments needs read access to the repository; "
            f"or look {WHERE}",
        )
    ]


async def test_the_environments_asked_for_are_those_of_the_workflows() -> None:
    listed = json.dumps({"total_count": 0, "environments": []})
    shell = ScriptedShell(Expect("gh api 'repos/{owner}/{repo}/environments'", listed))
    assert [check.name for check in await checks(asked(shell))] == NAMES
