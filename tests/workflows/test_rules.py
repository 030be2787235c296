"""What every workflow of ours must be, whatever a project looks like: each rule has its reason in a pitfall."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import pytest

from shipway.workflows.pins import ACTIONS

Workflows = dict[str, dict[str, Any]]
WITH_A_CLUSTER = ("release", "hotfix", "rollback")
GITHUB_ENVIRONMENTS = {"dev": "dev", "staging": "staging", "prod": "production"}


def jobs(workflows: Workflows) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for workflow, document in workflows.items():
        for name, job in document["jobs"].items():
            yield workflow, name, job


def acting(workflows: Workflows) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The jobs that change an environment."""
    for workflow, name, job in jobs(workflows):
        if name.startswith(("deploy-", "rollback-")):
            yield workflow, name, job


def steps(workflows: Workflows) -> Iterator[dict[str, Any]]:
    for _workflow, _name, job in jobs(workflows):
        yield from job["steps"]


def test_there_are_these_jobs(workflows: Workflows) -> None:
    assert {name: list(document["jobs"]) for name, document in workflows.items()} == {
        "ci": ["check", "embedded", "kind"],
        "release": ["check", "build", "deploy-dev", "deploy-staging", "deploy-production"],
        "hotfix": ["check", "build", "deploy-production"],
        "rollback": ["rollback-dev", "rollback-staging", "rollback-production"],
    }


def test_each_environment_waits_for_the_one_before(workflows: Workflows) -> None:
    assert {name: job.get("needs") for name, job in workflows["release"]["jobs"].items()} == {
        "check": None,
        "build": ["check"],
        "deploy-dev": ["build"],
        "deploy-staging": ["build", "deploy-dev"],
        "deploy-production": ["build", "deploy-staging"],
    }
    assert workflows["hotfix"]["jobs"]["deploy-production"]["needs"] == ["build"]


def test_what_changes_an_environment_stands_behind_its_gate_with_its_role(
    workflows: Workflows,
) -> None:
    found = [
        (name, job["environment"], job["steps"][3]["with"]["role-to-assume"])
        for _workflow, name, job in acting(workflows)
    ]
    deploys = [
        (
            f"deploy-{gate}",
            gate,
            f"${{{{ vars.AWS_ROLE_{gate.upper()} }}}}",
        )
        for gate in GITHUB_ENVIRONMENTS.values()
    ]
    rollbacks = [(name.replace("deploy", "rollback"), *rest) for name, *rest in deploys]
    assert found == [*deploys, deploys[-1], *rollbacks]


def test_the_job_of_a_gate_touches_the_environment_of_the_same_name(workflows: Workflows) -> None:
    for _workflow, _name, job in acting(workflows):
        lines = [step["run"] for step in job["steps"] if "--target eks" in step.get("run", "")]
        touched = {
            environment
            for environment in GITHUB_ENVIRONMENTS
            for line in lines
            if re.search(rf"(--env|rollback) {environment}\b", line)
        }
        assert {GITHUB_ENVIRONMENTS[name] for name in touched} == {job["environment"]}
        verbs = [line.split()[2] for line in lines]
        assert verbs in (["deploy", "helm-test"], ["rollback"])  # which tests by itself


def test_a_deploy_takes_the_bundle_of_the_build_job_and_is_tested(workflows: Workflows) -> None:
    for _workflow, name, job in acting(workflows):
        if name.startswith("deploy-"):
            deploy, proof = [step for step in job["steps"] if "--target eks" in step.get("run", "")]
            assert deploy["env"]["BUNDLE"] == "${{ needs.build.outputs.bundle }}"
            assert '--tag "$BUNDLE"' in deploy["run"]
            assert " helm-test " in proof["run"]
            assert "build" in job["needs"]
    for workflow in ("release", "hotfix"):
        build = workflows[workflow]["jobs"]["build"]
        assert build["outputs"]["bundle"] == "${{ steps.build.outputs.bundle }}"
        assert [step["run"] for step in build["steps"] if step.get("id") == "build"] == [
            'exec .venv/bin/shipway build --target eks --tag "$TAG" --output github'
        ]


def test_only_a_hotfix_insists_and_says_why(workflows: Workflows) -> None:
    insisting = {
        name: (step["env"]["REASON"], '--force --reason "$REASON"' in step["run"])
        for workflow, name, job in acting(workflows)
        for step in job["steps"]
        if "--force" in step.get("run", "") and workflow != "rollback"
    }
    assert insisting == {"deploy-production": ("${{ inputs.reason }}", True)}
    inputs = workflows["hotfix"]["on"]["workflow_dispatch"]["inputs"]
    assert {name: said["required"] for name, said in inputs.items()} == {
        "tag": "true",
        "reason": "true",
    }


def test_a_deploy_is_never_cancelled_nor_evicted(workflows: Workflows) -> None:
    groups = []
    for _workflow, _name, job in acting(workflows):
        assert job["concurrency"]["cancel-in-progress"] == "false"
        assert job["concurrency"]["queue"] == "max"
        groups.append(job["concurrency"]["group"])
    assert groups == [
        *("release-dev", "release-staging", "release-production"),
        "hotfix-production",
        *("rollback-dev", "rollback-staging", "rollback-production"),
    ]


def test_only_a_pull_request_may_be_overtaken(workflows: Workflows) -> None:
    """A limit on a whole run would cancel its deploys, or hold them while a reviewer thinks."""
    assert [name for name, document in workflows.items() if "concurrency" in document] == ["ci"]
    held = [name for _workflow, name, job in jobs(workflows) if "concurrency" in job]
    assert held == [name for _workflow, name, _job in acting(workflows)]


def test_building_shows_no_deployment(workflows: Workflows) -> None:
    for workflow in ("release", "hotfix"):
        environment = workflows[workflow]["jobs"]["build"]["environment"]
        assert environment == {"name": "dev", "deployment": "false"}


def test_nothing_has_a_right_that_it_does_not_need(workflows: Workflows) -> None:
    assert [document["permissions"] for document in workflows.values()] == [{}] * 4
    for _workflow, name, job in jobs(workflows):
        signs = any("configure-aws-credentials" in step.get("uses", "") for step in job["steps"])
        rights = {"contents": "read"} | ({"id-token": "write"} if signs else {})
        assert job["permissions"] == rights
        assert signs == (name == "build" or name.startswith(("deploy-", "rollback-")))


def test_credentials_come_after_everything_that_is_installed(workflows: Workflows) -> None:
    for _workflow, _name, job in jobs(workflows):
        names = [step["name"] for step in job["steps"]]
        assert names[:3] == ["Source", "Python", "Set up"]
        assert "Credentials" not in names or names[3] == "Credentials"


def test_no_secret_is_named_anywhere(workflows: Workflows) -> None:
    assert "secrets." not in str(workflows)


def test_every_action_is_pinned_to_a_commit_and_shown_with_its_version(
    workflows: Workflows, texts: Mapping[PurePath, str]
) -> None:
    used = {step["uses"] for step in steps(workflows) if "uses" in step}
    assert used == {str(action) for action in ACTIONS}
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in used)
    lines = [
        line.split("uses: ")[1]
        for text in texts.values()
        for line in text.splitlines()
        if "uses: " in line
    ]
    assert set(lines) == {f"{action} # {action.version}" for action in ACTIONS}


def test_the_source_leaves_no_token_behind(workflows: Workflows) -> None:
    for _workflow, _name, job in jobs(workflows):
        assert job["steps"][0]["with"] == {"persist-credentials": "false"}


def test_no_shell_line_has_an_expression_in_it(workflows: Workflows) -> None:
    lines = [step["run"] for step in steps(workflows) if "run" in step]
    assert [line for line in lines if "${{" in line] == []
    assert len(lines) > 20


def test_shipway_is_the_first_process_of_its_step_and_speaks_to_github(
    workflows: Workflows,
) -> None:
    for step in steps(workflows):
        if "shipway" in step.get("run", ""):
            assert re.fullmatch(r"exec \.venv/bin/shipway .* --output github", f"{step['run']}"), (
                step
            )
        elif "run" in step:
            assert re.fullmatch(r"make (setup|check|test)", step["run"])


def test_no_shell_line_sets_a_variable_before_its_command(workflows: Workflows) -> None:
    """`DEPLOY_ENV=dev cd x && y` would set it for `cd` alone (pitfall 30): we use flags."""
    for step in steps(workflows):
        assert not re.search(r"\b[A-Z_]+=\S* ", step.get("run", ""))


def test_every_job_ends_by_itself(workflows: Workflows) -> None:
    assert {(name, int(job["timeout-minutes"])) for _workflow, name, job in jobs(workflows)} == {
        *(("check", 40), ("embedded", 30), ("kind", 30), ("build", 30)),
        *(("deploy-dev", 16), ("deploy-staging", 16), ("deploy-production", 16)),
        *(("rollback-dev", 16), ("rollback-staging", 16), ("rollback-production", 16)),
    }


def test_a_run_that_did_not_end_well_is_kept(workflows: Workflows) -> None:
    for _workflow, name, job in jobs(workflows):
        last = job["steps"][-1]
        if name == "check":
            continue
        assert last["if"] == "failure() || cancelled()"
        assert last["with"]["path"] == ".shipway/runs"
        assert last["with"]["include-hidden-files"] == "true"


def test_nobody_but_a_person_or_a_push_to_main_reaches_a_cluster(workflows: Workflows) -> None:
    triggers = {name: document["on"] for name, document in workflows.items()}
    assert triggers["ci"] == ["pull_request"]
    assert triggers["release"] == {"push": {"branches": ["main"]}}
    assert [list(triggers[name]) for name in ("hotfix", "rollback")] == [["workflow_dispatch"]] * 2


@pytest.mark.parametrize("workflow", WITH_A_CLUSTER)
def test_what_is_known_of_the_cluster_comes_from_variables_of_the_repository(
    workflows: Workflows, workflow: str
) -> None:
    for name, job in workflows[workflow]["jobs"].items():
        if name != "check":
            assert job["env"] == {
                "AWS_ACCOUNT_ID": "${{ vars.AWS_ACCOUNT_ID }}",
                "ECR_REPO_URI": "${{ vars.ECR_REPO_URI }}",
                "EKS_CLUSTER_NAME": "${{ vars.EKS_CLUSTER_NAME }}",
            }
            assert job["steps"][3]["with"]["aws-region"] == "${{ vars.AWS_REGION }}"


def test_a_rollback_runs_only_where_it_was_asked_for(workflows: Workflows) -> None:
    assert [job["if"] for job in workflows["rollback"]["jobs"].values()] == [
        "inputs.environment == 'dev'",
        "inputs.environment == 'staging'",
        "inputs.environment == 'production'",
    ]
    inputs = workflows["rollback"]["on"]["workflow_dispatch"]["inputs"]
    assert inputs["environment"]["options"] == ["dev", "staging", "production"]
    assert not any("required" in inputs[name] for name in ("to", "reason", "force"))
