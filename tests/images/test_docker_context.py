"""What of the sample service reaches a Docker build: exactly what its Dockerfile copies."""

import re
import shutil
from pathlib import Path, PurePath

import pytest

from shipway.images.docker import DockerImage, build
from shipway.shell.local import LocalShell
from tests.docker import real

APP = Path(__file__).parents[2] / "app"
COPY = re.compile(r"^(?:COPY|ADD) (?!--from=)(.+) \S+$", re.MULTILINE)
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*_cache")
LIST = """\
import os
for folder, _, files in os.walk("/context"):
    for file in files:
        print(os.path.relpath(os.path.join(folder, file), "/context"))
"""


def test_the_ignore_file_lets_in_what_the_dockerfile_copies() -> None:
    copied = [
        word for line in COPY.findall((APP / "Dockerfile").read_text()) for word in line.split()
    ]
    ignore = (APP / ".dockerignore").read_text().splitlines()
    first = next(line for line in ignore if line and not line.startswith("#"))
    assert first == "*"
    assert sorted(line[1:] for line in ignore if line.startswith("!")) == sorted(copied)


@pytest.mark.docker
async def test_an_engine_gets_nothing_else(tmp_path: Path) -> None:
    shell = LocalShell(tmp_path)
    base = await real.base(shell)
    context = tmp_path / "app"
    shutil.copytree(APP, context, ignore=LEFT_OUT)
    expected = sorted(
        str(path.relative_to(context))
        for path in (context / "requirements.txt", *(context / "sample_app").iterdir())
    )
    for stray in (".env", "notes.txt", "sample_app/__pycache__/main.cpython-311.pyc"):
        (context / stray).parent.mkdir(exist_ok=True)
        (context / stray).write_text("stray")
    dockerfile = "ARG PYTHON_IMAGE\nFROM ${PYTHON_IMAGE}\nCOPY . /context\n"
    (context / "Dockerfile").write_text(dockerfile)
    image = DockerImage(tmp_path, PurePath("app"), "contract/context", base=base)
    loaded = await build(image, shell, say=print, progress=print)
    try:
        words = (
            "run",
            "--rm",
            "--network",
            "none",
            "--entrypoint",
            "python",
            loaded.id,
            "-c",
            LIST,
        )
        assert sorted((await real.docker(shell, *words)).splitlines()) == expected
    finally:
        await real.docker(shell, "image", "rm", image.name)
