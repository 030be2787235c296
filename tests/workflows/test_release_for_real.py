"""release.yaml and rollback.yaml step by step, as a runner takes them, with the embedded target in place of EKS."""

import re
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
FIRST = "1" * 40  # a commit
FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")


class Runner:
    """Knows of GitHub what these workflows use: steps in turn, their files, and expressions that are names."""

    def __init__(self, bench: Workbench, workflow: Mapping[str, Any], **known: str) -> None:
        self._bench = bench
        self._workflow = workflow
        self.known = {name.replace("__", "."): value for name, value in known.items()}
        self.summary = ""

    async def job(self, name: str) -> None:
        job = self._workflow["jobs"][name]
        for step in job["steps"]:
            if "shipway" in step.get("run", ""):
                await self._take(step)
        for output, expression in job.get("outputs", {}).items():
            self.known[f"needs.{name}.outputs.{output}"] = self._value(expression)

    async def _take(self, step: Mapping[str, Any]) -> None:
        files = {name: self._bench.state / name for name in FILES}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        env = {name: self._value(value) for name, value in step.get("env", {}).items()}
        line = step["run"].replace("--target eks", "--target embedded")
        env |= {name: str(file) for name, file in files.items()}
        said = await self._bench._run("bash", "-e", "-c", line, **env)
        assert said.code == 0, said.out
        outputs, summary = (files[name].read_text(encoding="utf-8") for name in FILES)
        for output in outputs.splitlines():
            key, _, value = output.partition("=")
            self.known[f"steps.{step.get('id')}.outputs.{key}"] = value
        self.summary += summary

    def _value(self, text: str) -> str:
        return EXPRESSION.sub(lambda found: self.known[found[1]], text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workbench]:
    bench = Workbench(tmp_path_factory.mktemp("project"))
    (bench.folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
    await bench.commit("first")
    yield bench
    await bench.down()


async def test_a_push_to_main_is_built_once_and_goes_through_all_environments(
    bench: Workbench, workflows: dict[str, dict[str, Any]]
) -> None:
    runner = Runner(bench, workflows["release"], github__sha=FIRST)
    for job in workflows["release"]["jobs"]:
        await runner.job(job)
    bundle = runner.known["needs.build.outputs.bundle"]
    status = await bench.status()
    found = {name: (row["bundle"], row["tag"], row["revision"]) for name, row in status.items()}
    assert found == dict.fromkeys(("dev", "staging", "prod"), (bundle, FIRST, 1))
    assert [line for line in runner.summary.splitlines() if line.startswith("| prod |")] == [
        f"| prod | 1 deployed | {FIRST} | {bundle[7:19]} "
        f"| {status['prod']['image_digest'][7:19]} | 3/3 | no | as released | {status['prod']['url']} |"
    ]


async def test_a_hotfix_reaches_production_alone(
    bench: Workbench, workflows: dict[str, dict[str, Any]]
) -> None:
    bench.edit("app/sample_app/service.py", "Hello from", "Hi from")
    bench.edit("app/tests/test_routes.py", "Hello from", "Hi from")
    runner = Runner(
        bench, workflows["hotfix"], inputs__tag="v1.0.1", inputs__reason="orders are lost"
    )
    for job in ("build", "deploy-production"):
        await runner.job(job)
    status = await bench.status()
    assert {name: row["tag"] for name, row in status.items()} == {
        "dev": FIRST,
        "staging": FIRST,
        "prod": "v1.0.1",
    }
    assert status["prod"]["bundle"] == runner.known["needs.build.outputs.bundle"]
    assert (await bench.get("prod")).json() == {"message": "Hi from sample-app"}


@pytest.mark.parametrize(
    ("to", "reason", "force", "found"),
    [
        ("", "it greets too warmly", "", FIRST),
        ("v1.0.1", "nobody minded", "yes", "v1.0.1"),
    ],
)
async def test_a_rollback_returns_the_one_environment(
    bench: Workbench,
    workflows: dict[str, dict[str, Any]],
    *,
    to: str,
    reason: str,
    force: str,
    found: str,
) -> None:
    runner = Runner(bench, workflows["rollback"], inputs__to=to, inputs__reason=reason)
    runner.known["inputs.force && 'yes' || ''"] = force
    await runner.job("rollback-production")
    status = await bench.status()
    assert {name: row["tag"] for name, row in status.items()} == {
        "dev": FIRST,
        "staging": FIRST,
        "prod": found,
    }
    assert "### rollback on embedded: done" in runner.summary
