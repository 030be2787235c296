"""Whether GitHub asks a person before production: without required reviewers it lets every deploy through silently."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shipway.actions.session import Session
from shipway.commands import gh
from shipway.errors import CommandFailed, ProgramMissing
from shipway.model.check import Check
from shipway.workflows.places import github_name

WHERE = "on GitHub: Settings → Environments"


async def checks(session: Session) -> list[Check]:
    try:
        said = await session.shell.run(gh.environments())
    except ProgramMissing:
        remedy = f"install gh (https://cli.github.com), then: gh auth login; or look {WHERE}"
        return [Check("gh", ok=False, found="the program gh is not on the PATH", remedy=remedy)]
    except CommandFailed as failure:
        reason = failure.tail[-1] if failure.tail else failure.problem
        remedy = f"gh auth status; reading environments needs read access to the repository; or look {WHERE}"
        return [
            Check("gh", ok=False, found=f"gh cannot read the environments: {reason}", remedy=remedy)
        ]
    listed = json.loads(said.stdout).get("environments") or []
    names = [github_name(each.name) for each in session.project.environments]
    return judge({each["name"]: each for each in listed}, names)


def judge(found: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> list[Check]:
    """`found` as GitHub's API lists them, by name; `names` are those our workflows deploy to, the last one guarded."""
    *others, guarded = names
    return [*(_there(name, found) for name in others), _guarded(guarded, found.get(guarded))]


def _there(name: str, found: Mapping[str, Mapping[str, Any]]) -> Check:
    if name in found:
        return Check(name, ok=True, found=f"the environment {name} is there")
    return Check(
        name,
        ok=False,
        found=f"there is no environment {name}: its deploys do not show in GitHub",
        remedy=f"{WHERE} → New environment: {name}",
    )


def _guarded(name: str, environment: Mapping[str, Any] | None) -> Check:
    if environment is None:
        return Check(
            name,
            ok=False,
            found=f"THERE IS NO ENVIRONMENT {name}: EVERY RELEASE IS DEPLOYED THERE WITHOUT ASKING ANYBODY",
            remedy=f"{WHERE} → New environment: {name}, with required reviewers",
        )
    reviewers = [
        _name(each)
        for rule in environment.get("protection_rules") or []
        if rule.get("type") == "required_reviewers"
        for each in rule.get("reviewers") or []
    ]
    if not reviewers:
        return Check(
            name,
            ok=False,
            found=f"{name} HAS NO REQUIRED REVIEWERS: EVERY RELEASE IS DEPLOYED THERE WITHOUT ASKING ANYBODY",
            remedy=f"{WHERE} → {name} → Required reviewers (in a private repository: GitHub Enterprise only)",
        )
    return Check(name, ok=True, found=f"{name} waits for {', '.join(reviewers)}")


def _name(reviewer: Mapping[str, Any]) -> str:
    """A user has a login, a team a slug."""
    who = reviewer.get("reviewer") or {}
    return str(who.get("login") or who.get("slug") or "somebody")
