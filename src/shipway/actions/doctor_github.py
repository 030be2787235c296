"""Whether GitHub asks a person before production, and whether its jobs get in to AWS."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from shipway.actions import github
from shipway.actions.github import WHERE
from shipway.actions.session import Session
from shipway.aws.client import Aws
from shipway.eks import trust
from shipway.errors import ShipwayError
from shipway.model.check import Check
from shipway.targets.eks_settings import NAMES
from shipway.workflows.places import github_name, role_variable
from shipway.workflows.subject import Form, OfTheirOwn, form

ENTERPRISE = "in a private repository this needs GitHub Enterprise: without it, let only those push to main who may release"
PLANS = "; a private repository has environments from GitHub Pro or Team on"


async def checks(session: Session) -> list[Check]:
    """As far as they can be made: who cannot see the repository can see nothing of it."""
    return [check async for check in _checks(session)]


async def _checks(session: Session) -> AsyncIterator[Check]:
    try:
        repository = await github.repository(session.shell)
    except ShipwayError as refusal:
        yield _refused("gh", refusal)
        return
    private = bool(repository.get("private"))
    names = [github_name(each.name) for each in session.project.environments]
    found: Mapping[str, Mapping[str, Any]] = {}
    try:
        found = await github.environments(session.shell)
    except ShipwayError as refusal:
        yield _refused("environments", refusal, PLANS if private else "")
    else:
        for check in judge(found, names, private=private):
            yield check
    if "eks" in session.project.targets:
        async for check in _access(session, repository, found):
            yield check


async def _access(
    session: Session, repository: Mapping[str, Any], there: Collection[str]
) -> AsyncIterator[Check]:
    """Signing in to AWS: the form of the subject, the variables, and for each environment a role that trusts it.

    `there` are GitHub's environments: each may have variables of its own.
    """
    try:
        template = await github.subject(session.shell)
    except ShipwayError:
        template = None  # who does not administer the repository may not read it: its age tells too
    known = form(repository, template)
    yield _subject(known)
    try:
        shared = await github.variables(session.shell)
    except ShipwayError as refusal:
        yield _refused("variables", refusal)
        return
    for environment in session.project.environments:
        name, variables = github_name(environment.name), shared
        if name in there:
            try:
                variables = {**shared, **await github.variables_of(session.shell, name)}
            except ShipwayError as refusal:
                yield _refused(role_variable(environment.name), refusal)
                continue
        if missing := _missing(environment.name, variables):
            yield missing
        elif isinstance(known, Form):
            yield await _role(environment.name, variables, known)


def judge(
    found: Mapping[str, Mapping[str, Any]], names: Sequence[str], *, private: bool = False
) -> list[Check]:
    """`found` as GitHub's API lists them, by name; `names` are those our workflows deploy to, the last one guarded."""
    *others, guarded = names
    return [
        *(_there(name, found) for name in others),
        _guarded(guarded, found.get(guarded), private=private),
    ]


def _there(name: str, found: Mapping[str, Mapping[str, Any]]) -> Check:
    if name in found:
        return Check(name, ok=True, found=f"the environment {name} is there")
    return Check(
        name,
        ok=False,
        found=f"there is no environment {name}: its deploys do not show in GitHub",
        remedy=f"{WHERE} → New environment: {name}",
    )


def _guarded(name: str, environment: Mapping[str, Any] | None, *, private: bool) -> Check:
    plan = f"; {ENTERPRISE}" if private else ""
    if environment is None:
        return Check(
            name,
            ok=False,
            found=f"THERE IS NO ENVIRONMENT {name}: EVERY RELEASE IS DEPLOYED THERE WITHOUT ASKING ANYBODY",
            remedy=f"{WHERE} → New environment: {name}, with required reviewers{plan}",
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
            remedy=f"{WHERE} → {name} → Required reviewers{plan}",
        )
    return Check(name, ok=True, found=f"{name} waits for {', '.join(reviewers)}")


def _name(reviewer: Mapping[str, Any]) -> str:
    """A user has a login, a team a slug."""
    who = reviewer.get("reviewer") or {}
    return str(who.get("login") or who.get("slug") or "somebody")


def _subject(known: Form | OfTheirOwn) -> Check:
    if isinstance(known, OfTheirOwn):
        return Check(
            "subject",
            ok=False,
            found=f"the tokens of its jobs have a subject of other claims ({', '.join(known.claims)}): "
            "the deploy roles do not trust them",
            remedy="gh api --method PUT repos/{owner}/{repo}/actions/oidc/customization/sub -F use_default=true",
        )
    return Check(
        "subject",
        ok=True,
        found=f"its jobs sign in as repo:{known.repository}:environment:… ({known.why})",
    )


def _missing(environment: str, variables: Mapping[str, str]) -> Check | None:
    role, name = role_variable(environment), github_name(environment)
    missing = [each for each in (role, *NAMES) if not variables.get(each)]
    if not missing:
        return None
    many = "s" if len(missing) > 1 else ""
    told = f"the variable{many} {', '.join(missing)}: set neither for the repository nor for {name}"
    output = f", the stack's output DeployRoleArn{environment.title()}"
    return Check(
        role,
        ok=False,
        found=f"{told}, and its jobs need {'them' if many else 'it'}",
        remedy=f"gh variable set {missing[0]} --body …{output if missing[0] == role else ''}"
        f"{'; so for each of them' if many else ''}",
    )


async def _role(environment: str, variables: Mapping[str, str], known: Form) -> Check:
    variable = role_variable(environment)
    role = variables[variable]
    try:
        trusts = await trust.subjects(Aws(variables["AWS_REGION"]), role)
    except ShipwayError as refusal:
        return Check(
            variable,
            ok=False,
            found=f"whom {role} trusts was not looked at: {refusal.problem}",
            remedy=refusal.remedy,
        )
    wanted = known.subject(github_name(environment))
    if trust.fits(wanted, trusts):
        return Check(variable, ok=True, found=f"{role} trusts {wanted}")
    return Check(
        variable,
        ok=False,
        found=f"{role} trusts {', '.join(trusts) or 'no job of GitHub'}, not {wanted}",
        remedy=f"export EKS_GITHUB_REPOSITORY={known.repository}, then: shipway setup eks",
    )


def _refused(name: str, refusal: ShipwayError, more: str = "") -> Check:
    return Check(name, ok=False, found=refusal.problem, remedy=f"{refusal.remedy}{more}")
