"""The stages that refuse: which commands they give, and what they say of the answers."""

from pathlib import Path

import pytest
import yaml

from shipway.commands.command import Command
from shipway.pipeline.stage import Facts, Outcome
from shipway.runners.host import HostRunner
from shipway.stages.chart_lint import ChartLint, ChartTrapped
from shipway.stages.check_failed import CheckFailed
from shipway.stages.lint import Lint
from shipway.stages.test import Test
from shipway.testing.scripted_shell import Expect, ScriptedShell
from tests.stages.conftest import Voice

SOUND = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: sound
"""
TRAPPED = """
apiVersion: v1
kind: Pod
metadata:
  name: probe
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: hook-succeeded
spec:
  containers: [{name: probe, image: probe}]
"""


async def test_lint_runs_the_configured_words_in_their_folder(voice: Voice) -> None:
    shell = ScriptedShell(Expect("ruff check .", "All checks passed!\n"))
    stage = Lint(("ruff", "check", "."), Path("app"), HostRunner(shell))
    assert await stage.run(Facts(), voice.say) == Outcome("ruff check . found nothing, on the host")
    assert shell.ran == [Command(("ruff", "check", "."), cwd=Path("app"))]
    assert voice.lines == ["All checks passed!"]


async def test_what_the_linter_refuses_is_refused_with_its_last_lines(voice: Voice) -> None:
    shell = ScriptedShell(Expect("ruff check .", "service.py:1: F401\n", 1))
    stage = Lint(("ruff", "check", "."), Path("app"), HostRunner(shell))
    with pytest.raises(CheckFailed) as caught:
        await stage.run(Facts(), voice.say)
    assert caught.value.problem == "ruff check . ended with exit code 1"
    assert caught.value.details == ("service.py:1: F401",)
    assert caught.value.remedy == "correct it, then: shipway lint"


@pytest.mark.parametrize(
    ("output", "summary"),
    [
        ("....\n=== 4 passed in 0.1s ===\n\n", "4 passed in 0.1s, on the host"),
        ("", "pytest -q, on the host"),
    ],
)
async def test_the_test_stage_ends_with_the_runners_own_last_line(
    voice: Voice, output: str, summary: str
) -> None:
    shell = ScriptedShell(Expect("pytest -q", output))
    stage = Test(("pytest", "-q"), Path("app"), HostRunner(shell))
    assert await stage.run(Facts(), voice.say) == Outcome(summary)
    assert shell.ran == [Command(("pytest", "-q"), cwd=Path("app"))]
    assert voice.lines == output.splitlines()


def chart_lint(root: Path, shell: ScriptedShell, *environments: str) -> ChartLint:
    """Of values files that ask for nothing."""
    (root / "environments").mkdir()
    for name in environments:
        (root / "environments" / f"{name}.yaml").write_text("replicas: 1\n")
    return ChartLint(
        chart=Path("helm/app"),
        values=[Path("environments") / f"{name}.yaml" for name in environments],
        root=root,
        folder=root,
        timeout_seconds=120,
        shell=shell,
    )


def linted(name: str, returncode: int = 0) -> Expect:
    line = f"helm lint helm/app --strict --values environments/{name}.yaml"
    return Expect(line, returncode=returncode)


def rendered(root: Path, name: str, manifest: str) -> Expect:
    line = "helm template chart-lint helm/app --namespace default"
    return Expect(f"{line} --values {root}/chart-lint-{name}.yaml", manifest)


async def test_a_chart_is_linted_and_rendered_for_every_values_file(
    tmp_path: Path, voice: Voice
) -> None:
    shell = ScriptedShell(
        linted("dev"),
        linted("prod"),
        rendered(tmp_path, "dev", SOUND),
        rendered(tmp_path, "prod", SOUND),
    )
    stage = chart_lint(tmp_path, shell, "dev", "prod")
    assert await stage.run(Facts(), voice.say) == Outcome("helm/app is sound for dev, prod")
    assert shell.done


async def test_a_chart_is_rendered_with_a_digest_as_a_deploy_would(
    tmp_path: Path, voice: Voice
) -> None:
    shell = ScriptedShell(linted("dev"), rendered(tmp_path, "dev", SOUND))
    await chart_lint(tmp_path, shell, "dev").run(Facts(), voice.say)
    assert yaml.safe_load((tmp_path / "chart-lint-dev.yaml").read_text()) == {
        "replicas": 1,
        "image": {
            "repository": "registry.example/image",
            "tag": "chart-lint",
            "digest": f"sha256:{64 * '0'}",
        },
    }


async def test_a_trap_is_told_with_the_values_file_that_shows_it(
    tmp_path: Path, voice: Voice
) -> None:
    shell = ScriptedShell(
        linted("dev"),
        linted("prod"),
        rendered(tmp_path, "dev", SOUND),
        rendered(tmp_path, "prod", TRAPPED),
    )
    with pytest.raises(ChartTrapped) as caught:
        await chart_lint(tmp_path, shell, "dev", "prod").run(Facts(), voice.say)
    assert caught.value.problem == "the chart has 1 finding"
    assert caught.value.details == (
        "environments/prod.yaml: Pod/probe: its logs are lost: "
        "the delete policy says hook-succeeded (test-pod-kept)",
        "  try: set helm.sh/hook-delete-policy to before-hook-creation alone",
    )


async def test_what_helm_refuses_is_one_refusal(tmp_path: Path, voice: Voice) -> None:
    shell = ScriptedShell(linted("dev", returncode=1), rendered(tmp_path, "dev", SOUND))
    with pytest.raises(CheckFailed) as caught:
        await chart_lint(tmp_path, shell, "dev").run(Facts(), voice.say)
    assert caught.value.problem == (
        "helm lint helm/app --strict --values environments/dev.yaml ended with exit code 1"
    )
