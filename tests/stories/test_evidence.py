"""Something is wrong, and `shipway diagnose` says what, at any time: also of what others did with helm."""

import asyncio
import json
from pathlib import Path

import pytest

from shipway.oci.registry import Registry
from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

SERVICE, CHART = "app/sample_app/service.py", "helm/sample-app"
CRASH = "container sample-app exits with code 1: RuntimeError: no database"
WORD = "hunter2"
DEADLINE = 60  # seconds
SECRET = f"""apiVersion: v1
kind: Secret
metadata: {{name: sample-app-db}}
stringData: {{password: {WORD}}}
"""


async def digest(bench: Workbench, tag: str) -> str:
    async with Registry(bench.registry) as registry:
        found = await registry.digest_of("sample-app", tag)
    assert found
    return found


async def pods(bench: Workbench) -> dict[str, int]:
    """Each with its restarts."""
    said = await bench.kubectl("get", "pods", "-n", "dev", "-o", "json")
    return {
        pod["metadata"]["name"]: sum(
            status["restartCount"] for status in pod["status"].get("containerStatuses", [])
        )
        for pod in json.loads(said.out)["items"]
    }


def listing(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


async def test_an_environment_without_a_release_is_told_apart(bench: Workbench) -> None:
    said = await bench.shipway("build", "--tag", "v1")
    assert said.code == 0, said.err
    said = await bench.shipway("diagnose", "dev")
    assert (said.code, said.err) == (1, "")
    assert said.out == (
        "✗ dev: nothing was ever deployed\n  try: shipway deploy --env dev --tag TAG\n"
    )


async def test_a_healthy_one_says_what_it_runs(bench: Workbench) -> None:
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v1")
    assert said.code == 0, said.err
    url = (await bench.status())["dev"]["url"]
    said = await bench.shipway("diagnose", "dev")
    assert (said.code, said.err) == (0, "")
    assert said.out == f"✓ dev: serves v1: revision 1, 1 of 1 pods ready, {url}\n"
    assert list(bench.state.glob("runs/*/evidence")) == []


async def test_a_crashing_release_is_told_with_its_cause_and_all_that_proves_it_is_saved(
    bench: Workbench,
) -> None:
    bench.edit(
        SERVICE,
        "    app = FastAPI(",
        '    raise RuntimeError("no database")\n    app = FastAPI(',
    )
    said = await bench.shipway("build", "--tag", "broken")
    assert said.code == 0, said.err
    (bench.folder / CHART / "templates" / "secret.yaml").write_text(SECRET, encoding="utf-8")
    bench.edit(f"{CHART}/values.schema.json", '"additionalProperties": false', '"x": false')
    bench.edit(
        f"{CHART}/templates/deployment.yaml",
        "          env:\n",
        f"          env:\n            - {{name: DB_PASSWORD, value: {WORD}}}\n",
    )
    wanted = f"image.tag=broken,image.digest={await digest(bench, 'broken')},db.password={WORD}"
    (old,) = await pods(bench)
    by_hand = ("upgrade", "sample-app-dev", CHART, "-n", "dev", "--reuse-values", "--set", wanted)
    said = await bench.helm(*by_hand)
    assert said.code == 0, said.err
    async with asyncio.timeout(DEADLINE):
        while not any((await pods(bench)).values()):  # noqa: ASYNC110  # kubectl rings no bell
            await asyncio.sleep(0.1)
    (new,) = {*await pods(bench)} - {old}

    said = await bench.shipway("diagnose", "dev", "--output", "json")
    assert (said.code, said.err) == (1, "")
    (told,) = said.rows
    cause = told["findings"][0]
    assert cause["words"] == CRASH
    assert cause["remedy"].startswith("shipway rollback dev, or look closer: kubectl ")
    assert cause["proof"][0].startswith(f"pod {new} in namespace dev: ")
    assert cause["proof"][-1] == "  RuntimeError: no database"
    assert told["notes"] == ["revision 1 (v1) still serves, with 1 ready"]

    folder = bench.folder / told["evidence"]
    assert listing(folder) == [
        "README.txt",
        "cause.txt",
        "events.txt",
        "events.yaml",
        "history.txt",
        *sorted(
            [
                f"logs/{old}.sample-app.log",
                f"logs/{new}.sample-app.log",
                f"logs/{new}.sample-app.previous.log",
            ]
        ),
        "manifest.yaml",
        "pods.yaml",
        "rollout.txt",
        "values.yaml",
    ]
    texts = {file: (folder / file).read_text(encoding="utf-8") for file in listing(folder)}
    assert [file for file, text in texts.items() if WORD in text] == []
    assert texts["cause.txt"].startswith(f"1. {CRASH}\n   pod {new}: ")
    before = texts[f"logs/{new}.sample-app.previous.log"].splitlines()
    assert before[-1] == "RuntimeError: no database"
    assert "Not there:" not in texts["README.txt"]
    assert 'stringData: {password: "<7 bytes>"}' in texts["manifest.yaml"]
    assert 'db:\n  password: "<hidden>"\n' in texts["values.yaml"]
    assert f"Back-off restarting failed container sample-app in pod {new}" in texts["events.txt"]
    history = [line.split()[0::3][:2] for line in texts["history.txt"].splitlines()]
    assert history == [["1", "superseded"], ["2", "deployed"]]
