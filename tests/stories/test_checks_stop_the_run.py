"""What the checks refuse is in no registry and in no environment; what is published keeps its name."""

from dataclasses import dataclass

import pytest

from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

SERVICE = "app/sample_app/service.py"
LATER = (
    "push",
    *("deploy dev", "helm-test dev"),
    *("deploy staging", "helm-test staging"),
    *("deploy prod", "helm-test prod"),
)


@dataclass(frozen=True, slots=True)
class Refused:
    """One edit, the stage that refuses it, and how the summary tells it: the first line, and one of those below."""

    stage: str
    edit: tuple[str, str, str]
    heading: str
    proof: str


@pytest.mark.parametrize(
    "case",
    [
        Refused(
            "lint",
            (SERVICE, "import time\n", "import os\nimport time\n"),
            "lint failed: ruff check . ended with exit code 1",
            "Found 1 error.",
        ),
        Refused(
            "test",
            (SERVICE, '"ready"', '"red"'),
            "test failed: python -m pytest -q ended with exit code 1",
            "FAILED tests/test_routes.py::test_a_ready_service_says_for_how_long_it_has_been_up",
        ),
        Refused(
            "chart-lint",
            ("environments/prod.yaml", "minAvailable: 2", "minAvailable: 3"),
            "chart-lint failed: helm template chart-lint helm/sample-app --namespace default "
            "--values {run}/chart-lint-prod.yaml ended with exit code 1",
            "Error: execution error at (sample-app/templates/pdb.yaml:5:4): "
            "podDisruptionBudget.minAvailable is 3 and pods may be as few as 3: "
            "no node could be drained; keep it below that",
        ),
    ],
    ids=lambda case: case.stage,
)
async def test_a_check_that_fails_stops_the_run_before_any_tag_and_any_deploy(
    bench: Workbench, case: Refused
) -> None:
    bench.edit(*case.edit)
    said = await bench.shipway("run", "--tag", "v1")
    await bench.restore()
    assert said.code == 1
    run = bench.state / "runs" / bench.journal[0]["run"]
    heading, *lines, remedy, where = said.err.splitlines()
    assert heading == case.heading.replace("{run}", str(run))
    assert [line for line in lines if line.startswith(f"  {case.proof}")]
    assert remedy == f"  try: correct it, then: shipway {case.stage}"
    assert where == f"  all of it: .shipway/runs/{run.name}"
    endings = {
        event["stage"]: event["ending"]
        for event in bench.journal
        if event["event"] == "StageFinished"
    }
    assert [name for name, ending in endings.items() if ending == "failed"] == [case.stage]
    assert {endings[name] for name in LATER} == {"skipped"}
    assert await bench.tags() == []
    deployed = await bench.kubectl("get", "deployments,secrets", "-A", "--no-headers")
    assert (deployed.out, deployed.err) == ("", "No resources found\n")


async def test_a_chart_that_would_do_harm_is_told_with_the_edit_that_puts_it_right(
    bench: Workbench,
) -> None:
    policy = "helm.sh/hook-delete-policy: before-hook-creation"
    bench.edit("helm/sample-app/templates/tests/health.yaml", policy, f"{policy},hook-succeeded")
    said = await bench.shipway("chart-lint")
    await bench.restore()
    assert said.code == 1
    names = ("dev", "eks-dev", "eks-prod", "eks-staging", "prod", "staging")
    assert said.err == "\n".join(
        [
            "chart-lint failed: the chart has 6 findings",
            *(
                f"  environments/{name}.yaml: Pod/sample-app-test-health: its logs are lost: "
                "the delete policy says hook-succeeded (test-pod-kept)\n"
                "    try: set helm.sh/hook-delete-policy to before-hook-creation alone"
                for name in names
            ),
            f"  all of it: .shipway/runs/{bench.journal[0]['run']}\n",
        ]
    )


async def test_a_tag_is_never_moved_to_other_content(bench: Workbench) -> None:
    said = await bench.shipway("build", "--tag", "v1")
    assert said.code == 0, said.err
    before = await bench.tags()
    bench.edit(SERVICE, "Hello", "Goodbye")
    said = await bench.shipway("build", "--tag", "v1")
    assert said.code == 3
    heading, *rest = said.err.splitlines()
    assert heading.startswith(f"push failed: {bench.registry.host}/sample-app:v1 is sha256:")
    assert rest == [
        "  try: release under a new tag: what is published keeps its name",
        f"  all of it: .shipway/runs/{bench.journal[0]['run']}",
    ]
    assert await bench.tags() == before


async def test_a_release_that_is_there_with_the_same_content_stays_what_it_is(
    bench: Workbench,
) -> None:
    await bench.restore()
    (bench.folder / "NOTES.md").write_text("another commit\n", encoding="utf-8")
    await bench.commit("second")
    said = await bench.shipway("build", "--tag", "v1")
    assert said.code == 0, said.err
    (push,) = [line for line in said.out.splitlines() if " push " in line]
    assert push.startswith("= push")
    assert "already" in push


async def test_a_changed_chart_needs_a_new_version(bench: Workbench) -> None:
    values = "helm/sample-app/values.yaml"
    bench.edit(values, "drainSeconds: 10", "drainSeconds: 9")
    said = await bench.shipway("build", "--tag", "v2")
    assert said.code == 3
    assert said.err == (
        "push failed: chart version 0.1.0 is in the registry already, with other content\n"
        "  try: raise the version in helm/sample-app/Chart.yaml\n"
        f"  all of it: .shipway/runs/{bench.journal[0]['run']}\n"
    )
    assert not [tag for tag in await bench.tags() if tag.startswith("v2")]
    bench.edit("helm/sample-app/Chart.yaml", "version: 0.1.0", "version: 0.1.1")
    said = await bench.shipway("build", "--tag", "v2")
    assert said.code == 0, said.err
