"""GitHub's environments and its way in to AWS: production must wait for a person, and its absence is not a detail."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

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
ENTERPRISE = (
    "in a private repository this needs GitHub Enterprise: "
    "without it, let only those push to main who may release"
)
ROLE = "arn:aws:iam::123456789012:role"
REVIEWERS = {
    "type": "required_reviewers",
    "reviewers": [
        {"type": "User", "reviewer": {"login": "ann"}},
        {"type": "Team", "reviewer": {"slug": "operators"}},
    ],
}


def production(*rules: dict[str, Any]) -> dict[str, Any]:
    return {**OTHERS, "production": {"name": "production", "protection_rules": list(rules)}}


def test_a_guarded_production_names_its_guards() -> None:
    assert judge(production({"type": "wait_timer"}, REVIEWERS), NAMES) == [
        Check("dev", ok=True, found="the environment dev is there"),
        Check("staging", ok=True, found="the environment staging is there"),
        Check("production", ok=True, found="production waits for ann, operators"),
    ]


@pytest.mark.parametrize(("private", "plan"), [(False, ""), (True, f"; {ENTERPRISE}")])
def test_a_production_without_reviewers_is_said_loudly(private: bool, plan: str) -> None:
    *_, last = judge(production({"type": "branch_policy"}), NAMES, private=private)
    assert last == Check(
        "production",
        ok=False,
        found="production HAS NO REQUIRED REVIEWERS: "
        "EVERY RELEASE IS DEPLOYED THERE WITHOUT ASKING ANYBODY",
        remedy=f"{WHERE} → production → Required reviewers{plan}",
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


def refuses(command: Command, *said: str, code: int = 1) -> Expect:
    return Expect(str(command), "\n".join(said), returncode=code)


def answers(command: Command, answer: object) -> Expect:
    return Expect(str(command), json.dumps(answer))


def repository(created: str = "2026-09-01T08:00:00Z", *, private: bool = False) -> Expect:
    """What we read of GitHub's answer, which has a hundred fields."""
    return answers(
        gh.repository(),
        {
            "id": 5678,
            "name": "shop",
            "full_name": "acme/shop",
            "private": private,
            "created_at": created,
            "owner": {"login": "acme", "id": 1234, "type": "Organization"},
        },
    )


def environments() -> Expect:
    listed = list(production(REVIEWERS).values())
    return answers(gh.environments(), {"total_count": len(listed), "environments": listed})


def template(**fields: object) -> Expect:
    return answers(gh.subject(), fields)


def variables(**values: str) -> Expect:
    return rows(gh.variables(), values)


def own(*environments: str, **values: str) -> list[Expect]:
    """The variables of each environment: by default none."""
    return [rows(gh.variables_of(each), values) for each in environments]


def rows(command: Command, values: dict[str, str]) -> Expect:
    lines = [json.dumps({"name": name, "value": value}) for name, value in values.items()]
    return Expect(str(command), "".join(f"{line}\n" for line in lines))


PLACE = {
    "AWS_ACCOUNT_ID": "123456789012",
    "AWS_REGION": "eu-central-1",
    "ECR_REPO_URI": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/sample-app",
    "EKS_CLUSTER_NAME": "dagger-demo-eks",
}
ROLES = {
    **PLACE,
    "AWS_ROLE_DEV": f"{ROLE}/dev",
    "AWS_ROLE_STAGING": f"{ROLE}/staging",
    "AWS_ROLE_PRODUCTION": f"{ROLE}/path/prod",
}


@pytest.mark.parametrize(
    ("said", "code", "found", "remedy"),
    [
        (
            ["To get started with GitHub CLI, please run:  gh auth login"],
            4,
            "gh is not logged in to GitHub, or its login has expired",
            "gh auth login",
        ),
        (
            ['{"message":"Bad credentials","status":"401"}', "gh: Bad credentials (HTTP 401)"],
            1,
            "gh is not logged in to GitHub, or its login has expired",
            "gh auth login",
        ),
        (
            ["unable to expand placeholder in path: no git remotes found"],
            1,
            "this folder is no clone of a repository on GitHub, as far as its remotes tell",
            "git remote add origin https://github.com/OWNER/NAME.git, or export GH_REPO=OWNER/NAME",
        ),
        (
            [
                "unable to expand placeholder in path: failed to run git: fatal: "
                "not a git repository (or any of the parent directories): .git"
            ],
            1,
            "this folder is no clone of a repository on GitHub, as far as its remotes tell",
            "git remote add origin https://github.com/OWNER/NAME.git, or export GH_REPO=OWNER/NAME",
        ),
        (
            ['{"message":"Not Found","status":"404"}', "gh: Not Found (HTTP 404)"],
            1,
            "GitHub has no repository to show to this login (404)",
            "gh auth status says who you are, gh repo view whether you may see the repository",
        ),
        (
            ["gh: Resource not accessible by personal access token (HTTP 403)", "{}"],
            1,
            "this login may not read the repository (403): "
            "Resource not accessible by personal access token (HTTP 403)",
            "gh auth refresh --scopes repo, or ask somebody who administers the repository; "
            f"or look {WHERE}",
        ),
        (
            ["gh: API rate limit exceeded for user ID 1. (HTTP 403)"],
            1,
            "this login may not read the repository (403): "
            "API rate limit exceeded for user ID 1. (HTTP 403)",
            "wait until the limit is reset: gh api rate_limit",
        ),
        (
            ["error connecting to api.github.com", "check your internet connection"],
            1,
            "gh cannot read the repository: check your internet connection",
            "gh auth status, then the same again; "
            "https://www.githubstatus.com says whether it is GitHub",
        ),
    ],
)
async def test_a_gh_that_cannot_tell_says_why_in_one_line(
    said: list[str], code: int, found: str, remedy: str
) -> None:
    shell = ScriptedShell(refuses(gh.repository(), *said, code=code))
    assert await checks(asked(shell)) == [Check("gh", ok=False, found=found, remedy=remedy)]


async def test_without_gh_it_says_so() -> None:
    assert await checks(asked(Nothing())) == [
        Check(
            "gh",
            ok=False,
            found="the program gh is not on the PATH",
            remedy=f"install gh (https://cli.github.com), then: gh auth login; or look {WHERE}",
        )
    ]


async def test_an_answer_that_is_no_json_is_told() -> None:
    [check] = await checks(asked(ScriptedShell(Expect(str(gh.repository()), "<html>"))))
    assert check.found == "gh cannot read the repository: its answer is no JSON"


async def test_what_may_not_be_read_does_not_hide_the_rest() -> None:
    shell = ScriptedShell(
        repository(),
        refuses(gh.environments(), "gh: Not Found (HTTP 404)"),
        refuses(gh.subject(), "gh: Not Found (HTTP 404)"),
        refuses(gh.variables(), "gh: Resource not accessible (HTTP 403)"),
    )
    found = await checks(asked(shell))
    assert [(check.name, check.ok) for check in found] == [
        ("environments", False),
        ("subject", True),
        ("variables", False),
    ]
    assert shell.done


@pytest.mark.parametrize(
    ("private", "plans"),
    [(False, ""), (True, "; a private repository has environments from GitHub Pro or Team on")],
)
async def test_environments_that_a_plan_does_not_have_are_told(private: bool, plans: str) -> None:
    shell = ScriptedShell(
        repository(private=private),
        refuses(gh.environments(), "gh: Not Found (HTTP 404)"),
        template(use_immutable_subject=True),
        refuses(gh.variables(), "gh: Not Found (HTTP 404)"),
    )
    first, *_ = await checks(asked(shell))
    assert first == Check(
        "environments",
        ok=False,
        found="GitHub has no environments to show to this login (404)",
        remedy="gh auth status says who you are, "
        f"gh repo view whether you may see the repository{plans}",
    )


@pytest.mark.parametrize(
    ("created", "fields", "found"),
    [
        (
            "2020-01-01T00:00:00Z",
            {"use_default": True, "use_immutable_subject": True},
            "its jobs sign in as repo:acme@1234/shop@5678:environment:… (GitHub says so)",
        ),
        (
            "2026-09-01T00:00:00Z",
            {"use_default": True, "use_immutable_subject": False},
            "its jobs sign in as repo:acme/shop:environment:… (GitHub says so)",
        ),
        (
            "2026-07-15T00:00:00Z",
            {"use_default": True},
            "its jobs sign in as repo:acme@1234/shop@5678:environment:… "
            "(it was made on 2026-07-15, and from 2026-07-15 on the numbers are in it)",
        ),
        (
            "2026-07-14T23:59:59Z",
            {"use_default": False, "include_claim_keys": ["repo", "context"]},
            "its jobs sign in as repo:acme/shop:environment:… (it was made on 2026-07-14, before "
            "2026-07-15; if it was renamed or moved since, it is acme@1234/shop@5678)",
        ),
    ],
)
async def test_the_form_of_the_subject_is_told_with_how_it_is_known(
    created: str, fields: dict[str, object], found: str
) -> None:
    shell = ScriptedShell(
        repository(created), environments(), template(**fields), refuses(gh.variables(), "no")
    )
    told = {check.name: check for check in await checks(asked(shell))}
    assert told["subject"] == Check("subject", ok=True, found=found)


async def test_a_subject_of_other_claims_fits_no_role() -> None:
    shell = ScriptedShell(
        repository(),
        environments(),
        template(use_default=False, include_claim_keys=["repository_owner", "job_workflow_ref"]),
        variables(**ROLES),
        *own(*NAMES),
    )
    *_, last = await checks(asked(shell))
    assert last == Check(
        "subject",
        ok=False,
        found="the tokens of its jobs have a subject of other claims "
        "(repository_owner, job_workflow_ref): the deploy roles do not trust them",
        remedy="gh api --method PUT repos/{owner}/{repo}/actions/oidc/customization/sub "
        "-F use_default=true",
    )


def make_role(name: str, subject: str, path: str = "/", test: str = "StringEquals") -> None:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {test: {"token.actions.githubusercontent.com:sub": subject}},
    }
    boto3.client("iam").create_role(
        RoleName=name,
        Path=path,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.mark.usefixtures("keys")
async def test_each_role_is_compared_with_what_its_jobs_sign_in_as() -> None:
    """Dev's fits, staging's is of the other form, production's is of another environment."""
    shell = ScriptedShell(
        repository(),
        environments(),
        template(use_immutable_subject=True),
        variables(**ROLES),
        *own(*NAMES),
    )
    with mock_aws():
        make_role("dev", "repo:acme@1234/*:environment:dev", test="StringLike")
        make_role("staging", "repo:acme/shop:environment:staging")
        make_role("prod", "repo:acme@1234/shop@5678:environment:dev", path="/path/")
        *_, dev, staging, prod = await checks(asked(shell))
    mend = "export EKS_GITHUB_REPOSITORY=acme@1234/shop@5678, then: shipway setup eks"
    ours = "repo:acme@1234/shop@5678:environment"
    assert [dev, staging, prod] == [
        Check("AWS_ROLE_DEV", ok=True, found=f"{ROLE}/dev trusts {ours}:dev"),
        Check(
            "AWS_ROLE_STAGING",
            ok=False,
            found=f"{ROLE}/staging trusts repo:acme/shop:environment:staging, not {ours}:staging",
            remedy=mend,
        ),
        Check(
            "AWS_ROLE_PRODUCTION",
            ok=False,
            found=f"{ROLE}/path/prod trusts {ours}:dev, not {ours}:production",
            remedy=mend,
        ),
    ]


@pytest.mark.usefixtures("keys")
async def test_a_variable_of_an_environment_wins_over_that_of_the_repository() -> None:
    shell = ScriptedShell(
        repository(),
        environments(),
        template(use_immutable_subject=True),
        variables(**{**ROLES, "AWS_ROLE_DEV": f"{ROLE}/shared", "AWS_REGION": ""}),
        *own("dev", AWS_ROLE_DEV=f"{ROLE}/dev", AWS_REGION="eu-central-1"),
        *own("staging"),
        *own("production", AWS_REGION="eu-west-1"),
    )
    with mock_aws():
        make_role("dev", "repo:acme@1234/shop@5678:environment:dev")
        make_role("prod", "repo:acme@1234/shop@5678:environment:production", path="/path/")
        *_, dev, staging, prod = await checks(asked(shell))
    ours = "trusts repo:acme@1234/shop@5678:environment"
    assert dev == Check("AWS_ROLE_DEV", ok=True, found=f"{ROLE}/dev {ours}:dev")
    assert staging.found == (
        "the variable AWS_REGION: set neither for the repository nor for staging, "
        "and its jobs need it"
    )
    assert staging.remedy == "gh variable set AWS_REGION --body …"
    assert prod.ok
    assert shell.done


async def test_variables_that_may_not_be_read_are_not_said_to_be_missing() -> None:
    shell = ScriptedShell(
        repository(),
        environments(),
        template(use_immutable_subject=True),
        variables(),
        *(refuses(gh.variables_of(each), "gh: Forbidden (HTTP 403)") for each in NAMES),
    )
    *_, prod = await checks(asked(shell))
    assert (prod.name, prod.found) == (
        "AWS_ROLE_PRODUCTION",
        "this login may not read the variables of production (403): Forbidden (HTTP 403)",
    )


@pytest.mark.usefixtures("keys")
async def test_roles_and_variables_that_are_not_there_are_told() -> None:
    shell = ScriptedShell(
        repository(),
        answers(gh.environments(), {"environments": list(OTHERS.values())}),
        template(use_immutable_subject=True),
        variables(AWS_ROLE_DEV=f"{ROLE}/dev", **PLACE),
        *own("dev"),
        *own("staging", EKS_CLUSTER_NAME=""),
    )
    with mock_aws():
        *_, dev, staging, prod = await checks(asked(shell))
    assert dev.found == (
        f"whom {ROLE}/dev trusts was not looked at: "
        "AWS answered iam:GetRole with NoSuchEntity: Role dev not found"
    )
    assert staging == Check(
        "AWS_ROLE_STAGING",
        ok=False,
        found="the variables AWS_ROLE_STAGING, EKS_CLUSTER_NAME: "
        "set neither for the repository nor for staging, and its jobs need them",
        remedy="gh variable set AWS_ROLE_STAGING --body …, "
        "the stack's output DeployRoleArnStaging; so for each of them",
    )
    assert prod == Check(
        "AWS_ROLE_PRODUCTION",
        ok=False,
        found="the variable AWS_ROLE_PRODUCTION: "
        "set neither for the repository nor for production, and its jobs need it",
        remedy="gh variable set AWS_ROLE_PRODUCTION --body …, the stack's output DeployRoleArnProd",
    )
    assert shell.done


async def test_without_aws_credentials_the_roles_are_not_said_to_be_right(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    shell = ScriptedShell(
        repository(),
        environments(),
        template(use_immutable_subject=True),
        variables(**ROLES),
        *own(*NAMES),
    )
    *_, prod = await checks(asked(shell))
    assert not prod.ok
    assert prod.found.startswith(
        f"whom {ROLE}/path/prod trusts was not looked at: no AWS credentials"
    )
    assert prod.remedy is not None
