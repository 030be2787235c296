import json
import os
import shutil
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shipway.commands.command import Command
from shipway.images.lock import LockMissing
from shipway.images.python import PythonImage, RuntimeForeign, build
from shipway.images.runtime import Runtime
from shipway.oci.artifact import Artifact
from shipway.shell.local import LocalShell
from shipway.shell.shell import Shell

HOST = Runtime.host()


def config(artifact: Artifact) -> dict[str, Any]:
    assert isinstance(artifact.config.content, bytes)
    found: dict[str, Any] = json.loads(artifact.config.content)
    return found


def unpacked(artifact: Artifact, into: Path) -> Path:
    for layer in artifact.layers:
        assert isinstance(layer.content, Path)
        with tarfile.open(layer.content) as archive:
            archive.extractall(into, filter="tar")
    return into


async def run(root: Path, *words: str) -> str:
    """As a node would that lends the image its interpreter."""
    env = {
        "PYTHONPATH": os.pathsep.join((str(root / "opt/site"), str(root / "app"))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPYCACHEPREFIX": "",
    }
    return (await LocalShell(root).run(Command(words, env=env))).stdout


async def test_the_image_runs_the_service_with_its_dependencies(
    image: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    root = unpacked(await build(image, cache=tmp_path / "cache", shell=shell), tmp_path / "root")
    assert await run(root, sys.executable, "-m", "svc") == "hello svc\n"
    assert await run(root, sys.executable, str(root / "opt/site/bin/greet")) == "hello world\n"


async def test_the_configuration_says_all_that_a_runtime_needs(
    image: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    named = replace(
        image, env={"LOG": "json"}, labels={"org.opencontainers.image.title": "svc"}, epoch=60
    )
    found = config(await build(named, cache=tmp_path / "cache", shell=shell))
    assert len(found.pop("rootfs")["diff_ids"]) == 2
    step = {"created": "1970-01-01T00:01:00Z", "created_by": "shipway build"}
    assert found == {
        "architecture": HOST.architecture,
        "os": HOST.os,
        "created": "1970-01-01T00:01:00Z",
        "history": [step, step],
        "config": {
            "Entrypoint": ["python", "-m", "svc"],
            "Env": [
                "PATH=/opt/site/bin:/usr/local/bin:/usr/bin:/bin",
                "PYTHONPATH=/opt/site:/app",
                "PYTHONUNBUFFERED=1",
                "PYTHONDONTWRITEBYTECODE=1",
                "LOG=json",
            ],
            "ExposedPorts": {"8080/tcp": {}},
            "Labels": {
                "dev.shipway.python": HOST.python,
                "dev.shipway.runtime": "host",
                "org.opencontainers.image.title": "svc",
            },
            "User": "10001:10001",
            "WorkingDir": "/app",
        },
    }


async def test_the_same_source_is_the_same_digest_in_any_folder_at_any_time(
    image: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    """Cold both times, with bytecode: nothing of one build helps the other."""
    elsewhere = tmp_path / "deep" / "elsewhere"
    shutil.copytree(image.source, elsewhere)
    for path in elsewhere.rglob("*"):
        os.utime(path, (1, 1))
    copy = replace(image, source=elsewhere, requirements=elsewhere / "requirements.txt")
    one = await build(image, cache=tmp_path / "one", shell=shell)
    two = await build(copy, cache=tmp_path / "two", shell=shell)
    assert one.digest == two.digest


async def test_every_module_comes_compiled_and_the_interpreter_takes_it(
    image: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    """Unchecked bytecode is taken even when the source beside it says something else."""
    root = unpacked(await build(image, cache=tmp_path / "cache", shell=shell), tmp_path / "root")
    tag = sys.implementation.cache_tag
    assert sorted(path.name for path in root.rglob("*.pyc")) == [
        f"__init__.{tag}.pyc",
        f"__init__.{tag}.pyc",
        f"__main__.{tag}.pyc",
        f"greeting.{tag}.pyc",
    ]
    (root / "opt/site/greeting.py").write_text("raise SystemExit('compiled again')")
    assert await run(root, sys.executable, "-m", "svc") == "hello svc\n"


async def test_a_traceback_names_the_file_inside_the_image(
    image: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    root = unpacked(await build(image, cache=tmp_path / "cache", shell=shell), tmp_path / "root")
    compiled = next(root.rglob("greeting.*.pyc")).read_bytes()
    assert b"/opt/site/greeting.py" in compiled
    assert str(tmp_path).encode() not in compiled


async def test_a_second_build_starts_no_process(
    image: PythonImage, shell: Any, tmp_path: Path
) -> None:
    first = await build(image, cache=tmp_path / "cache", shell=shell)
    shell.commands.clear()
    second = await build(image, cache=tmp_path / "cache", shell=shell)
    assert (second.digest, shell.commands) == (first.digest, [])


async def test_a_change_of_the_service_leaves_its_dependencies_alone(
    image: PythonImage, shell: Any, tmp_path: Path
) -> None:
    first = await build(image, cache=tmp_path / "cache", shell=shell)
    (image.source / "svc" / "__main__.py").write_text("print('new')\n")
    second = await build(image, cache=tmp_path / "cache", shell=shell)
    assert second.layers[0] == first.layers[0]
    assert second.layers[1] != first.layers[1]
    assert shell.downloads == 1


async def test_a_comment_in_the_lock_changes_nothing(
    image: PythonImage, shell: Any, tmp_path: Path
) -> None:
    first = await build(image, cache=tmp_path / "cache", shell=shell)
    image.requirements.write_text("# new\n" + image.requirements.read_text())
    second = await build(image, cache=tmp_path / "cache", shell=shell)
    assert (second.digest, shell.downloads) == (first.digest, 1)


async def test_a_service_without_dependencies_has_one_layer(
    image: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    image.requirements.write_text("# nothing\n")
    artifact = await build(image, cache=tmp_path / "cache", shell=shell)
    assert len(artifact.layers) == 1


async def test_a_dependency_for_another_system_stays_out(
    image: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    lock = image.requirements.read_text()
    image.requirements.write_text(
        lock + f"colorama==0.4 ; sys_platform == 'win32' --hash=sha256:{'a' * 64}\n"
    )
    artifact = await build(image, cache=tmp_path / "cache", shell=shell)
    root = unpacked(artifact, tmp_path / "root")
    assert not list(root.rglob("colorama*"))


async def test_a_python_that_this_machine_lacks_needs_a_base_image(
    image: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeForeign) as refused:
        await build(replace(image, python="2.7"), cache=tmp_path, shell=shell)
    assert refused.value.problem == (
        f"an image for Python 2.7 on {HOST.os}/{HOST.architecture} needs a base image: "
        "this machine cannot lend it that Python"
    )
    assert refused.value.remedy == f"name a base image, or build for Python {HOST.python}"


async def test_an_image_without_a_lock_is_refused(
    image: PythonImage, shell: Shell, tmp_path: Path
) -> None:
    with pytest.raises(LockMissing) as refused:
        await build(replace(image, requirements=Path("nowhere.txt")), cache=tmp_path, shell=shell)
    assert refused.value.problem == (
        "nowhere.txt is not there: an image is built from a lock with hashes"
    )
