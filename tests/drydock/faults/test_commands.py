"""`drydock fault` as a person types it: the examples of the README, against a running drydock."""

import asyncio
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from drydock.cli import cli
from tests.drydock.conftest import run, runner

README = Path(__file__).parents[3] / "src" / "drydock" / "README.md"
SECTION = re.compile(r"^## Faults\n.*?^```\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("drydock") / "home"
    argv = (sys.executable, "-m", "drydock")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home.parent)}
    code, said = asyncio.run(run((*argv, "up", "--detach", "--home", str(home)), environment))
    assert code == 0, said
    yield home
    asyncio.run(run((*argv, "down", "--home", str(home)), environment))


def said(home: Path, line: str) -> tuple[int, str]:
    """Exit code, and stdout and stderr as one text."""
    program, *words = shlex.split(line, comments=True)
    assert program == "drydock"
    result = CliRunner().invoke(cli, [*words, "--home", str(home)])
    return result.exit_code, result.output


def test_the_examples_of_the_readme_do_what_they_say(home: Path) -> None:
    found = SECTION.search(README.read_text(encoding="utf-8"))
    assert found
    lines = found[1].splitlines()
    added = [line for line in lines if line.startswith("drydock fault add ")]
    assert {line.split()[3] for line in added} == {
        "api",
        "watch",
        "pull",
        "pod",
        "node",
        "registry",
    }
    codes = [said(home, line)[0] for line in lines]
    assert codes == [0] * len(lines)
    assert said(home, "drydock fault list") == (0, "no faults\n")


def test_a_fault_is_told_by_its_id_in_the_list_and_in_the_status(home: Path) -> None:
    code, told = said(home, "drydock fault add api --kind deploy --answer 429 --count 2 --seed 7")
    identity, rest = told.split("  ", 1)
    assert (code, rest) == (0, "api --kind deployments --answer 429  (seed 7)\n")
    assert said(home, "drydock fault list") == (
        0,
        "ID  FAULT                                RATE  SEED  STRUCK  LEFT\n"
        f"{identity}  api --kind deployments --answer 429  1     7     0       2 times\n",
    )
    (entry,) = json.loads(said(home, "drydock fault list --output json")[1])
    assert (entry["id"], entry["left"]) == (identity, 2)
    fault = f"{identity}: api --kind deployments --answer 429"
    assert f"fault       {fault}\n" in said(home, "drydock status")[1]
    assert json.loads(said(home, "drydock status --output json")[1])["faults"] == [fault]
    assert said(home, f"drydock fault clear {identity}") == (
        0,
        f"{identity} is cleared, it struck 0 times\n",
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "drydock fault add api --kind deplyments --drop",
            'error: there is no kind "deplyments"\n  try: --kind deployments\n',
        ),
        ("drydock fault clear", "error: which fault?\n  try: drydock fault clear f1, or --all\n"),
        (
            "drydock fault add api --delay fast",
            "Error: Invalid value for '--delay': 'fast' is no duration such as 500ms, 10s or 1m30s\n",
        ),
        (
            "drydock fault add registry --drop-after much",
            "Error: Invalid value for '--drop-after': 'much' is no size such as 1000, 64Ki or 1Mi\n",
        ),
        ("drydock fault add pods --kill", "Error: No such command 'pods'. Did you mean 'pod'?\n"),
    ],
)
def test_wrong_usage_is_answered_with_the_right_form(home: Path, line: str, problem: str) -> None:
    code, told = said(home, line)
    assert code == 2
    assert told.endswith(problem)


def test_a_fault_that_is_not_there_cannot_be_cleared(home: Path) -> None:
    assert said(home, "drydock fault clear f999") == (
        1,
        "error: there is no fault f999\n  try: drydock fault list\n",
    )


def test_without_a_running_drydock_there_are_no_faults(tmp_path: Path) -> None:
    remedy = f"error: drydock is not up\n  try: drydock up --home {tmp_path}\n"
    for line in ("fault list", "fault clear --all", "fault add api --drop"):
        assert said(tmp_path, f"drydock {line}") == (1, remedy)


@pytest.mark.real
async def test_kubectl_gets_the_error_that_was_asked_for(
    home: Path, kubectl_path: str, isolated: Mapping[str, str]
) -> None:
    kubectl = runner(kubectl_path, {**isolated, "KUBECONFIG": str(home / "kubeconfig")})
    assert said(home, "drydock fault add api --verb list --kind cm --answer 500 --count 1")[0] == 0
    identity = json.loads(said(home, "drydock fault list --output json")[1])[-1]["id"]
    assert await kubectl("get", "configmaps", "--namespace", "kube-system") == (
        1,
        f"Error from server (InternalError): Internal error occurred: drydock fault {identity}\n",
    )
    code, _ = await kubectl("get", "configmaps", "--namespace", "kube-system")
    assert code == 0
    assert said(home, f"drydock fault clear {identity}") == (
        0,
        f"{identity} is cleared, it struck once\n",
    )
