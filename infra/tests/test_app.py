import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def start(settings: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """As cdk does it, with no setting but these."""
    inherited = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return subprocess.run(
        (sys.executable, "-P", "-m", "infra.app"),
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT), "CDK_OUTDIR": str(folder / "out")} | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_processes_write_the_same_bytes(
    written: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    done = start(environment, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for file in (written, written.with_name(f"{written.name.split('.')[0]}.assets.json")):
        assert (tmp_path / "out" / file.name).read_bytes() == file.read_bytes()


def test_a_wrong_setting_ends_with_its_message_and_exit_code_2(
    environment: dict[str, str], tmp_path: Path
) -> None:
    context = '{"shipway:nodes-max": 1}'
    refused = start(environment | {"CDK_CONTEXT_JSON": context}, tmp_path)
    assert (refused.returncode, refused.stdout, refused.stderr) == (
        2,
        "",
        """\
error: the settings of the infrastructure have a problem
  shipway:nodes-max: should be a whole number from 2 to 100, not "1"
  try: infra/README.md names every setting
""",
    )
    assert not [*tmp_path.glob("out/*.template.json")]
