"""The command line of set-up and teardown: options, the question for the cluster's name, and the scripts."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from moto import mock_aws

from shipway.cli import main
from shipway.eks.goals.programs import NoInfra
from shipway.testing.workbench import ROOT, Workbench
from tests.aws.cloud import ACCESS_KEY, ACCOUNT, CLUSTER, REGION, SECRET_KEY


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.chdir(tmp_path)
    for name in ("DEPLOYMENT_TARGET", "AWS_PROFILE", "AWS_ACCOUNT_ID", "EKS_CLUSTER_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_REGION", REGION)
    return Workbench(tmp_path)


@pytest.mark.parametrize("answer", ["another-name\n", "y\n", ""])
def test_without_the_cluster_s_name_nothing_is_destroyed(bench: Workbench, answer: str) -> None:
    with mock_aws():
        result = CliRunner().invoke(main, ["teardown", "eks"], input=answer)
    assert result.exit_code == 3
    assert result.stderr.splitlines()[0] == (
        f"This destroys {CLUSTER} in account {ACCOUNT}, {REGION}: every environment, "
        "the registry and all images in it."
    )
    assert result.stderr.splitlines()[-2:] == [
        f"error: nothing was destroyed: {CLUSTER} was not confirmed",
        f"  try: type {CLUSTER} when asked, or where nobody can: shipway teardown eks --yes",
    ]
    assert not (bench.state / "runs").exists()


def test_without_a_region_nobody_is_asked(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(bench.folder / "none"))
    result = CliRunner().invoke(main, ["teardown", "eks"])
    assert result.exit_code == 2
    assert result.stderr == (
        "error: no AWS region is chosen, and none is chosen for you\n"
        "  try: export AWS_REGION=eu-central-1, or the region that you want\n"
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("setup embedded --plan", "--plan is for: shipway setup eks, shipway setup kind"),
        ("setup tools --recreate", "--recreate is for: shipway setup eks"),
        ("teardown eks --purge", "teardown eks keeps nothing: it takes no --purge"),
        ("teardown embedded --yes", "--yes is for: shipway teardown eks, shipway teardown kind"),
    ],
)
def test_a_flag_of_another_target_is_refused(bench: Workbench, line: str, says: str) -> None:
    result = CliRunner().invoke(main, line.split())
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: {says}"


def test_what_a_person_is_told_to_make_is_a_target_of_the_makefile() -> None:
    assert NoInfra().remedy == "make infra-setup"
    makefile = (ROOT / "Makefile").read_text()
    [phony] = [line for line in makefile.splitlines() if line.startswith(".PHONY:")]
    assert "infra-setup" in phony.split()
    assert "\ninfra-setup: .venv-infra/.locked" in makefile
    door = (ROOT / "scripts" / "setup-eks.sh").read_text()
    assert "\nmake --quiet setup infra-setup\n" in door


@pytest.mark.parametrize("verb", ["setup", "teardown"])
def test_a_script_is_a_door_to_the_verb(verb: str) -> None:
    script = ROOT / "scripts" / f"{verb}-eks.sh"
    assert script.stat().st_mode & 0o111
    assert script.read_text().splitlines()[-1] == f'exec .venv/bin/shipway {verb} eks "$@"'
