"""What a person can get wrong before any cluster is asked: the whole message, exit code 2, no traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from shipway.cli import main
from shipway.testing.workbench import ROOT, Workbench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.chdir(tmp_path)
    for name in ("DEPLOYMENT_TARGET", "DEPLOY_ENV", "IMAGE_TAG"):
        monkeypatch.delenv(name, raising=False)
    return Workbench(tmp_path)


def edit(file: str, old: str, new: str) -> Callable[[Workbench], None]:
    return lambda bench: bench.edit(file, old, new)


def write(file: str, content: bytes) -> Callable[[Workbench], None]:
    def spoil(bench: Workbench) -> None:
        (bench.folder / file).write_bytes(content)

    return spoil


def remove(file: str) -> Callable[[Workbench], None]:
    return lambda bench: (bench.folder / file).unlink()


def number(text: str) -> int:
    """Of the first line of shipway.yaml that holds the text."""
    lines = (ROOT / "shipway.yaml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def nothing(_bench: Workbench) -> None:
    pass


@pytest.mark.parametrize(
    ("spoil", "line", "message"),
    [
        (
            nothing,
            "run --env qa",
            "error: there is no environment qa; there is dev, staging, prod\n  try: --env dev\n",
        ),
        (
            nothing,
            "promote v1 --to qa",
            "error: there is no environment qa; there is dev, staging, prod\n  try: --to dev\n",
        ),
        (
            nothing,
            "rollback qa",
            "error: there is no environment qa; there is dev, staging, prod\n  try: shipway rollback dev\n",
        ),
        (
            nothing,
            "history all",
            "error: there is no environment all; there is dev, staging, prod\n  try: shipway history dev\n",
        ),
        (
            nothing,
            "deploy --env all",
            "error: there is no environment all; there is dev, staging, prod\n  try: --env dev\n",
        ),
        (
            nothing,
            "rollback dev --to ²",
            "Usage: shipway rollback [OPTIONS] ENV\n"
            "Try 'shipway rollback --help' for help.\n\n"
            "Error: Invalid value for '--to': '²' is no tag: letters, digits, dots, dashes, underscores\n",
        ),
        (
            nothing,
            "rollback prod --to v1 --force",
            "Usage: shipway rollback [OPTIONS] ENV\n"
            "Try 'shipway rollback --help' for help.\n\n"
            "Error: --force needs --reason TEXT: it is recorded for those who come after\n",
        ),
        (
            nothing,
            "--target mars status",
            "Usage: shipway [OPTIONS] VERB [ARGS]...\n"
            "Try 'shipway --help' for help.\n\n"
            "Error: Invalid value for '--target': 'mars' is not one of 'embedded', 'kind', 'eks'.\n",
        ),
        (
            nothing,
            "runn",
            "Usage: shipway [OPTIONS] VERB [ARGS]...\n"
            "Try 'shipway --help' for help.\n\n"
            "Error: there is no verb runn: did you mean run?\n",
        ),
        (
            nothing,
            "status",
            "error: there is no embedded cluster to ask\n  try: shipway setup embedded\n",
        ),
        (
            nothing,
            "history dev",
            "error: there is no embedded cluster to ask\n  try: shipway setup embedded\n",
        ),
        (
            remove("shipway.yaml"),
            "run",
            "error: shipway.yaml not found in {folder} or its parents\n"
            "  try: cd to your project, or begin one with: shipway docs > shipway.yaml\n",
        ),
        (
            remove("environments/eks-prod.yaml"),
            "run",
            "error: shipway.yaml has 1 problem\n"
            f"  shipway.yaml:{number('environments/eks-prod.yaml')}  targets.eks.values.prod: no such file: environments/eks-prod.yaml\n"
            "  try: shipway docs targets\n",
        ),
        (
            edit("shipway.yaml", "timeout: 120s", "timeout: fast"),
            "run",
            "error: shipway.yaml has 1 problem\n"
            f'  shipway.yaml:{number("timeout: 120s")}  timeout: should be a duration such as 120s, not "fast"\n'
            "  try: shipway docs timeout\n",
        ),
        (
            edit("environments/dev.yaml", "\n", "\nhost: ${INGRESS_HOST}\n"),
            "run",
            "error: environments/dev.yaml:2: ${INGRESS_HOST} is not set\n"
            "  try: export INGRESS_HOST=…\n",
        ),
        (
            edit("environments/prod.yaml", "\n", "\nreplicas: [1\n"),
            "build",
            "error: environments/prod.yaml:4: while parsing a flow sequence "
            "did not find expected ',' or ']'\n"
            "  try: correct environments/prod.yaml, line 4\n",
        ),
        (
            write("environments/prod.yaml", b"a: 1\nb: caf\xe9\n"),
            "run",
            "error: environments/prod.yaml:2: not UTF-8 text\n"
            "  try: correct environments/prod.yaml, line 2\n",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_do(
    bench: Workbench, spoil: Callable[[Workbench], None], line: str, message: str
) -> None:
    spoil(bench)
    result = CliRunner().invoke(main, line.split())
    assert result.output.replace(str(bench.folder), "{folder}") == message
    assert result.exit_code == 2
    assert not (bench.state / "embedded").exists()


def test_a_variable_that_cannot_be_used_is_told(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    result = CliRunner().invoke(main, ["build"])
    assert result.output == (
        'error: SOURCE_DATE_EPOCH is "yesterday": it should be a number of seconds since 1970\n'
        "  try: unset SOURCE_DATE_EPOCH\n"
    )
    assert result.exit_code == 2


def test_what_the_machine_refuses_is_told_without_a_traceback(bench: Workbench) -> None:
    (bench.state / "runs").write_text("a file where a folder should be")
    result = CliRunner().invoke(main, ["lint"])
    problem, remedy = result.output.splitlines()
    assert problem.startswith(f"error: Not a directory: {bench.state}/runs/")
    assert remedy == "  try: shipway doctor"
    assert result.exit_code == 1


def test_an_unknown_target_of_the_environment_variable_is_told_too(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYMENT_TARGET", "mars")
    result = CliRunner().invoke(main, ["status"])
    assert result.output == (
        "error: there is no target mars; there is embedded, kind, eks\n  try: --target embedded\n"
    )
    assert result.exit_code == 2


@pytest.mark.parametrize("line", ["--output json status", "status --output json"])
def test_common_flags_stand_before_or_after_the_verb(bench: Workbench, line: str) -> None:
    result = CliRunner().invoke(main, line.split())
    assert result.output == (
        '{"v": 1, "error": "there is no embedded cluster to ask", "details": [], '
        '"remedy": "shipway setup embedded", "exit_code": 2}\n'
    )


def test_what_is_said_after_the_verb_wins(bench: Workbench) -> None:
    result = CliRunner().invoke(main, ["--output", "json", "status", "--output", "plain"])
    assert result.output.startswith("error: there is no embedded cluster")
