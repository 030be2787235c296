"""The sample service as it stands, with wheels from the package index."""

import os
import sys
import tarfile
from pathlib import Path

import pytest

from shipway.commands.command import Command
from shipway.images.python import PythonImage, build
from shipway.images.wheels import IndexUnreachable
from shipway.oci.artifact import Artifact
from shipway.shell.local import LocalShell

APP = Path(__file__).parents[2] / "app"


def unpack(artifact: Artifact, into: Path) -> None:
    for layer in artifact.layers:
        assert isinstance(layer.content, Path)
        with tarfile.open(layer.content) as archive:
            archive.extractall(into, filter="tar")


@pytest.mark.real
async def test_the_sample_service_builds_twice_alike_and_can_be_imported(tmp_path: Path) -> None:
    image = PythonImage(
        source=APP,
        packages=("sample_app",),
        requirements=APP / "requirements.txt",
        entrypoint=("python", "-m", "sample_app"),
        port=3000,
    )
    shell = LocalShell(tmp_path)
    try:
        one = await build(image, cache=tmp_path / "one", shell=shell)
    except IndexUnreachable as offline:
        pytest.skip(offline.problem)
    (tmp_path / "two").mkdir()
    (tmp_path / "one" / "wheels").rename(tmp_path / "two" / "wheels")
    two = await build(image, cache=tmp_path / "two", shell=shell)
    assert one.digest == two.digest

    root = tmp_path / "root"
    unpack(two, root)
    env = {
        "PYTHONPATH": os.pathsep.join((str(root / "opt/site"), str(root / "app"))),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    program = "import fastapi, pydantic_core, sample_app.main; print(fastapi.__file__)"
    finished = await shell.run(Command((sys.executable, "-S", "-c", program), env=env))
    assert finished.stdout == f"{root}/opt/site/fastapi/__init__.py\n"
