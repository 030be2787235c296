"""`shipway workflows`: what it writes, what it says, and what it leaves alone."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shipway.actions.workflows import Change
from shipway.cli import main
from shipway.testing.workbench import Workbench

ALL = ("ci", "release", "hotfix", "rollback")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.chdir(tmp_path)
    for name in ("DEPLOYMENT_TARGET", "DEPLOY_ENV", "IMAGE_TAG"):
        monkeypatch.delenv(name, raising=False)
    return Workbench(tmp_path)


def shipway(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def workflow(bench: Workbench, name: str) -> Path:
    return bench.folder / ".github" / "workflows" / f"{name}.yaml"


def written(bench: Workbench) -> dict[str, str]:
    folder = bench.folder / ".github" / "workflows"
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_it_writes_them_and_the_second_time_there_is_nothing_to_do(bench: Workbench) -> None:
    first, second, check = (
        shipway("workflows"),
        shipway("workflows"),
        shipway("workflows", "--check"),
    )
    assert (first.exit_code, first.output) == (
        0,
        "".join(f".github/workflows/{name}.yaml: written\n" for name in ALL),
    )
    assert (second.exit_code, second.output) == (
        0,
        "the workflows are what shipway.yaml asks for already\n",
    )
    assert (check.exit_code, check.output) == (
        0,
        "the workflows are what shipway.yaml asks for\n",
    )
    assert sorted(written(bench)) == sorted(ALL)


def test_from_a_folder_below_it_writes_the_same_files(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench.folder / "app")
    assert shipway("workflows").exit_code == 0
    assert sorted(written(bench)) == sorted(ALL)


def test_check_shows_the_difference_and_touches_nothing(bench: Workbench) -> None:
    shipway("workflows")
    bench.edit(".github/workflows/rollback.yaml", "ubuntu-24.04", "my-runner")
    before = written(bench)
    result = shipway("workflows", "--check")
    assert result.exit_code == 1
    assert result.output == (
        "error: not what shipway.yaml asks for: .github/workflows/rollback.yaml\n"
        "  --- .github/workflows/rollback.yaml as it is\n"
        "  +++ .github/workflows/rollback.yaml as shipway.yaml asks for it\n"
        "  @@ -27,7 +27,7 @@\n"
        "     rollback-dev:\n"
        "       name: rollback dev\n"
        "       if: inputs.environment == 'dev'\n"
        "  -    runs-on: my-runner\n"
        "  +    runs-on: ubuntu-24.04\n"
        "       timeout-minutes: 16\n"
        "       permissions:\n"
        "         contents: read\n"
        "  try: shipway workflows\n"
    )
    assert written(bench) == before


def test_check_in_a_project_without_workflows_writes_none(bench: Workbench) -> None:
    result = shipway("workflows", "--check")
    assert result.exit_code == 1
    assert result.output.splitlines()[0] == (
        "error: not what shipway.yaml asks for: .github/workflows/ci.yaml, "
        ".github/workflows/release.yaml, .github/workflows/hotfix.yaml, "
        ".github/workflows/rollback.yaml"
    )
    assert not (bench.folder / ".github").exists()


def test_a_change_of_shipway_yaml_is_a_change_of_its_workflows(bench: Workbench) -> None:
    shipway("workflows")
    bench.edit("shipway.yaml", "timeout: 120s", "timeout: 10m")
    assert shipway("workflows", "--check").exit_code == 1
    assert shipway("workflows").output == (
        ".github/workflows/release.yaml: renewed\n"
        ".github/workflows/hotfix.yaml: renewed\n"
        ".github/workflows/rollback.yaml: renewed\n"
    )
    assert "timeout-minutes: 40\n    permissions:\n      contents: read\n      id-token" in (
        workflow(bench, "release").read_text(encoding="utf-8")
    )


def test_what_shipway_yaml_no_longer_asks_for_is_removed(bench: Workbench) -> None:
    shipway("workflows")
    text = (bench.folder / "shipway.yaml").read_text(encoding="utf-8")
    (bench.folder / "shipway.yaml").write_text(text.partition("  eks:\n")[0], encoding="utf-8")
    assert shipway("workflows").output == (
        ".github/workflows/release.yaml: removed\n"
        ".github/workflows/hotfix.yaml: removed\n"
        ".github/workflows/rollback.yaml: removed\n"
    )
    assert list(written(bench)) == ["ci"]


def test_a_workflow_of_someone_else_is_named_and_left_alone(bench: Workbench) -> None:
    workflow(bench, "ci").parent.mkdir(parents=True)
    workflow(bench, "ci").write_text("on: push\n", encoding="utf-8")
    workflow(bench, "docs").write_text("on: push\n", encoding="utf-8")
    result = shipway("workflows")
    assert result.output == (
        "error: .github/workflows/ci.yaml is there already, and shipway did not write it\n"
        "  try: give it another name: "
        "git mv .github/workflows/ci.yaml .github/workflows/own-ci.yaml\n"
    )
    assert result.exit_code == 3
    assert written(bench) == {"ci": "on: push\n", "docs": "on: push\n"}
    workflow(bench, "ci").unlink()
    assert shipway("workflows").exit_code == 0
    assert written(bench)["docs"] == "on: push\n"


def test_what_was_done_is_told_to_programs_too(bench: Workbench) -> None:
    assert shipway("workflows", "--output", "json").output.splitlines()[0] == (
        '{"v": 1, "note": ".github/workflows/ci.yaml: written"}'
    )


def test_the_difference_of_a_new_file_is_all_of_it() -> None:
    assert Change(Path("a"), None, "x: 1\n").lines == (
        "--- a as it is",
        "+++ a as shipway.yaml asks for it",
        "@@ -0,0 +1 @@",
        "+x: 1",
    )
