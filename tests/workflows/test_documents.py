"""Which workflows a project gets: those in this repository are the sample's."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import yaml

from shipway.cli.options import TARGETS
from shipway.config.project import Environment, Project
from shipway.oci.signing_key import KEY, PASSWORD
from shipway.workflows.documents import FOLDER, ci, files, hotfix, release, rollback

ROOT = Path(__file__).parents[2]
ACTING = ("deploy", "rollback", "helm-test")


def without(project: Project, target: str) -> Project:
    return replace(
        project, targets={name: each for name, each in project.targets.items() if name != target}
    )


def test_the_files_in_this_repository_are_what_its_shipway_yaml_asks_for(project: Project) -> None:
    there = {
        path.relative_to(ROOT): path.read_text(encoding="utf-8")
        for path in (ROOT / FOLDER).iterdir()
    }
    assert there == dict(files(project, TARGETS))


def test_the_same_project_gives_the_same_text(
    project: Project, texts: Mapping[PurePath, str]
) -> None:
    assert files(project, ("kind", "embedded")) == texts


def test_a_pull_request_rehearses_on_each_target_that_is_served_and_asked_for(
    project: Project,
) -> None:
    def jobs(project: Project, *served: str) -> list[str]:
        found = ci(project, served)["jobs"]
        assert isinstance(found, Mapping)
        return list(found)

    assert jobs(project, "embedded", "kind") == ["check", "embedded", "kind"]
    assert jobs(project, "embedded") == ["check", "embedded"]
    assert jobs(without(project, "kind"), "embedded", "kind") == ["check", "embedded"]
    assert jobs(project) == ["check"]


def test_the_rehearsal_on_kind_makes_its_cluster_first(
    workflows: dict[str, dict[str, Any]],
) -> None:
    kind = workflows["ci"]["jobs"]["kind"]["steps"]
    assert [step["run"] for step in kind if "run" in step] == [
        "make setup",
        "exec .venv/bin/shipway setup kind --output github",
        "exec .venv/bin/shipway run --target kind --env all --output github",
    ]


def test_without_eks_there_is_nowhere_to_release_to(project: Project) -> None:
    assert [file.name for file in files(without(project, "eks"), TARGETS)] == ["ci.yaml"]


def test_other_environments_get_their_own_jobs_roles_and_limits(project: Project) -> None:
    other = replace(
        project,
        environments=(Environment("qa-1", "qa"), Environment("live", "live")),
        timeout=1800,
    )
    jobs = release(other)["jobs"]
    assert isinstance(jobs, Mapping)
    assert list(jobs) == ["check", "build", "deploy-qa-1", "deploy-live"]
    live: Any = jobs["deploy-live"]
    assert (live["environment"], live["needs"]) == ("live", ["build", "deploy-qa-1"])
    assert live["timeout-minutes"] == 100
    first: Any = jobs["deploy-qa-1"]
    assert first["steps"][3]["with"]["role-to-assume"] == "${{ vars.AWS_ROLE_QA_1 }}"
    only: Any = hotfix(other)["jobs"]
    assert list(only) == ["check", "build", "deploy-live"]
    choice: Any = rollback(other)["on"]
    assert choice["workflow_dispatch"]["inputs"]["environment"]["options"] == ["qa-1", "live"]


def test_what_writes_records_has_the_key_that_signs_them_and_nothing_else_has(
    project: Project,
) -> None:
    eks = replace(project.targets["eks"], key=PurePath("keys/release.pub"))
    signed = replace(project, targets={**project.targets, "eks": eks})
    secrets = {name: f"${{{{ secrets.{name} }}}}" for name in (KEY, PASSWORD)}
    steps = [
        (step["name"], step["env"])
        for text in files(signed, TARGETS).values()
        for job in yaml.safe_load(text)["jobs"].values()
        for step in job["steps"]
        if KEY in str(step) or re.match("shipway (build|deploy|rollback|helm-test)", step["name"])
    ]
    assert {name for name, _ in steps} == {
        "shipway build",
        *(f"shipway {verb} {name}" for verb in ACTING for name in ("dev", "staging", "prod")),
    }
    assert all(env.items() >= secrets.items() for _, env in steps)
    assert not any(KEY in text for text in files(project, TARGETS).values())
