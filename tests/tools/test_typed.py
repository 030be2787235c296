"""Advice that can be pasted: a program that the shell would not find comes with its path."""

import os
import sys
from pathlib import Path

import pytest

from shipway.commands.command import Command
from shipway.tools.typed import Typed


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    for name in ("kubectl", "helm"):
        (tmp_path / name).touch(mode=0o755)
    return tmp_path


def test_commands_in_advice_get_their_paths(tools: Path) -> None:
    here = os.path.relpath(tools)
    shipway = os.path.relpath(Path(sys.executable).with_name("shipway"))
    said = "shipway rollback dev, or look closer: kubectl --kubeconfig k get pods"
    assert Typed(tools, path="").advice(said) == (
        f"{shipway} rollback dev, or look closer: {here}/kubectl --kubeconfig k get pods"
    )


@pytest.mark.parametrize(
    "said",
    [
        "set image.base in shipway.yaml, then go on",
        "correct helm/sample-app/Chart.yaml",
        "install helm 4.2 on your PATH",
        "/opt/shipway setup eks",
        "aws eks list-clusters",
    ],
)
def test_words_that_are_no_commands_stay(tools: Path, said: str) -> None:
    assert Typed(tools, path="").advice(said) == said


def test_a_program_on_the_path_is_typed_by_its_name(tools: Path) -> None:
    assert Typed(tools, path=str(tools)).advice("kubectl get pods") == "kubectl get pods"


def test_a_command_gets_its_programs_path_and_keeps_the_rest(tools: Path) -> None:
    command = Typed(tools, path="").command(Command(("helm", "history", "app")))
    assert command == Command((f"{os.path.relpath(tools)}/helm", "history", "app"))


def test_a_program_that_is_nowhere_keeps_its_name(tmp_path: Path) -> None:
    assert Typed(tmp_path, path="").advice("kubectl get pods") == "kubectl get pods"
