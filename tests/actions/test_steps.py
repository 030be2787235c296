"""The reference project's own configuration, turned into the graph that a run goes through."""

from pathlib import Path

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.config.load import load
from shipway.pipeline import graph
from shipway.stages.push import Push
from shipway.testing.scripted_shell import ScriptedShell

ROOT = Path(__file__).parents[2]


def session(target: str = "embedded") -> Session:
    return Session(
        project=load(ROOT / "shipway.yaml"),
        target=target,
        shell=ScriptedShell(),
        emit=lambda _event: None,
        run="run",
    )


def test_tags_wait_for_every_check_and_deploys_for_the_tags() -> None:
    release = steps.release(session(), "v1", ["dev", "staging", "prod"])
    assert {step.name: step.needs for step in release} == {
        "tools": (),
        "setup": (),
        "lint": (),
        "test": (),
        "chart-lint": ("tools",),
        "build": (),
        "upload": ("setup", "build"),
        "push": ("upload", "lint", "test", "chart-lint"),
        "deploy dev": ("push",),
        "helm-test dev": ("deploy dev",),
        "deploy staging": ("helm-test dev",),
        "helm-test staging": ("deploy staging",),
        "deploy prod": ("helm-test staging",),
        "helm-test prod": ("deploy prod",),
    }
    graph.check(release)


def test_checks_build_and_setup_begin_at_once() -> None:
    release = steps.release(session(), "v1", ["dev"])
    first = graph.ready(release, started=(), done=())
    assert [step.name for step in first] == ["tools", "setup", "lint", "test", "build"]


def test_a_build_alone_waits_for_no_check() -> None:
    building = {step.name: step.needs for step in steps.building(session(), "v1")}
    assert building == {"build": (), "upload": ("setup", "build"), "push": ("upload",)}


def test_a_release_holds_the_values_of_its_target() -> None:
    push = next(
        step.stage for step in steps.building(session(), "v1") if isinstance(step.stage, Push)
    )
    assert push.values == {
        name: ROOT / "environments" / f"{name}.yaml" for name in ("dev", "staging", "prod")
    }


def test_the_chart_is_linted_for_every_values_file_of_whatever_target() -> None:
    names = ("dev", "eks-dev", "eks-prod", "eks-staging", "prod", "staging")
    stage = steps.chart_lint(session())
    assert stage.values == [Path("environments") / f"{name}.yaml" for name in names]
    assert [str(command) for command in stage.plan()] == [
        f"helm lint helm/sample-app --strict --values environments/{name}.yaml" for name in names
    ]
