"""docs/guides/signing.md: its commands make a key that shipway takes."""

import asyncio
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from shipway.actions.team_key import team_key
from shipway.config.load import load
from shipway.config.project import Project

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guides/signing.md").read_text(encoding="utf-8")

GH = """\
#!/bin/sh
# Keeps a secret as gh does: from its input, without the line's end.
test "$1 $2" = "secret set" && printf %s "$(cat)" > "secret.$3"
"""


@pytest.fixture
async def followed(tmp_path: Path) -> Path:
    """The folder of somebody who did what the guide says."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not on this machine")
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(GH)
    gh.chmod(0o755)
    commands = "".join(re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))
    assert "openssl genpkey" in commands
    assert "gh secret set" in commands
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", commands),
        cwd=tmp_path,
        env={"PATH": f"{gh.parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), timeout=60)
    assert process.returncode == 0, said.decode()
    return tmp_path


def project(folder: Path) -> Project:
    sample = load(ROOT / "shipway.yaml")
    (path,) = re.findall(r"^    key: (.*)$", GUIDE, re.MULTILINE)
    eks = replace(sample.targets["eks"], key=PurePath(path))
    return replace(sample, root=folder, targets={"eks": eks})


async def test_the_key_of_the_guide_signs_from_a_file_and_from_secrets(followed: Path) -> None:
    assert (followed / "release.key").stat().st_mode & 0o077 == 0
    assert (followed / ".gitignore").read_text() == "/release.key\n"
    text = (followed / "secret.SHIPWAY_SIGNING_KEY").read_text()
    password = (followed / "secret.SHIPWAY_SIGNING_PASSWORD").read_text()
    for variables in (
        {"SHIPWAY_SIGNING_KEY": text},
        {"SHIPWAY_SIGNING_KEY_FILE": str(followed / "release.key")},
    ):
        found = team_key(
            project(followed), "eks", {**variables, "SHIPWAY_SIGNING_PASSWORD": password}
        )
        assert found is not None
        assert found.must_sign()
