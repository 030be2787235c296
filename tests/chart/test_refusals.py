"""Values that the chart refuses, and what it says."""

from typing import TYPE_CHECKING, Any

import pytest

from shipway.errors import CommandFailed

if TYPE_CHECKING:
    from tests.chart.conftest import Chart

ENVIRONMENTS = ("dev", "staging", "prod", "eks-dev", "eks-staging", "eks-prod")


async def said(chart: "Chart", environment: str, **overlay: Any) -> str:
    with pytest.raises(CommandFailed) as failed:
        await chart.render(environment, **overlay)
    return "\n".join(failed.value.details)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
async def test_lint_finds_nothing_to_say(chart: "Chart", environment: str) -> None:
    assert "1 chart(s) linted, 0 chart(s) failed" in await chart.lint(environment)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
async def test_lint_finds_nothing_to_say_about_a_release(chart: "Chart", environment: str) -> None:
    image = {"repository": "registry.example/sample-app", "digest": f"sha256:{'ab' * 32}"}

    assert "1 chart(s) linted, 0 chart(s) failed" in await chart.lint(environment, image=image)


@pytest.mark.parametrize(
    ("overlay", "problem"),
    [
        ({"vaules": 1}, "at '': additional properties 'vaules' not allowed"),
        ({"image": {"digset": ""}}, "at '/image': additional properties 'digset' not allowed"),
        ({"image": {"digest": "sha256:12"}}, "at '/image/digest': 'sha256:12' does not match"),
        ({"image": {"tag": "v1 2"}}, "at '/image/tag': 'v1 2' does not match"),
        ({"image": {"repository": "Sample"}}, "at '/image/repository': 'Sample' does not match"),
        ({"replicas": "three"}, "at '/replicas': got string, want integer"),
        ({"progressDeadlineSeconds": 600}, "at '/progressDeadlineSeconds': exclusiveMaximum"),
        ({"bindAddress": "localhost"}, "at '/bindAddress': value must be one of '', 'podIP'"),
        ({"maxSurge": 0}, "at '/maxSurge': minimum: got 0, want 1"),
        ({"maxSurge": "all"}, "at '/maxSurge': 'all' does not match"),
        (
            {"networkPolicy": {"enabled": "yes"}},
            "at '/networkPolicy/enabled': got string, want boolean",
        ),
        (
            {"probes": {"readiness": {"path": "/ready"}}},
            "at '/probes/readiness': additional properties 'path' not allowed",
        ),
        ({"ingress": {"host": "http://a"}}, "at '/ingress/host': 'http://a' does not match"),
        (
            {"resources": {"limits": {"memroy": "1Gi"}}},
            "at '/resources/limits': additional properties 'memroy' not allowed",
        ),
        (
            {"release": {"bundle": "v1"}},
            "at '/release/bundle': 'v1' does not match",
        ),
    ],
)
async def test_the_schema_names_the_key_and_what_is_wrong(
    chart: "Chart", overlay: dict[str, Any], problem: str
) -> None:
    assert f"- {problem}" in await said(chart, "dev", **overlay)


async def test_a_release_without_an_image_is_refused(chart: "Chart") -> None:
    assert (
        "image.digest is empty: say which image to run, for example --set image.digest=sha256:..."
        in await said(chart, "dev", image={"digest": "", "tag": ""})
    )


async def test_a_repository_that_nobody_filled_in_is_refused(chart: "Chart") -> None:
    assert (
        "image.repository is ${ECR_REPO_URI}: put the registry's address in its place"
        in await said(chart, "eks-prod", image={"repository": "${ECR_REPO_URI}"})
    )


@pytest.mark.parametrize(("environment", "pods"), [("dev", 1), ("staging", 2), ("prod", 3)])
async def test_a_budget_that_blocks_every_drain_is_refused(
    chart: "Chart", environment: str, pods: int
) -> None:
    budget = {"enabled": True, "minAvailable": pods}

    assert (
        f"podDisruptionBudget.minAvailable is {pods} and pods may be as few as {pods}:"
        " no node could be drained; keep it below that"
    ) in await said(chart, environment, podDisruptionBudget=budget)


async def test_an_autoscaler_whose_minimum_is_the_greater_is_refused(chart: "Chart") -> None:
    assert (
        "autoscaling.minReplicas is 11 and maxReplicas is 10: the minimum cannot be the greater one"
        in await said(chart, "prod", autoscaling={"minReplicas": 11})
    )
