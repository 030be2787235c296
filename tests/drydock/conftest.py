"""Where the tests find the real helm and kubectl, and how they run them: in a home of their own."""

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., Coroutine[Any, Any, tuple[int, str]]]


async def run(
    argv: tuple[str, ...], environment: Mapping[str, str], stdin: str = ""
) -> tuple[int, str]:
    """Exit code, and stdout and stderr as one text."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(60):
            output, _ = await process.communicate(stdin.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, output.decode()


def find(program: str) -> str:
    """The environment's choice, else what `make` provisions, else what is installed.

    The Makefile provisions both before it runs the tests, so a skip is for people who call pytest by hand.
    """
    if chosen := os.environ.get(f"SHIPWAY_{program.upper()}"):
        return chosen
    provisioned = ROOT / ".shipway" / "tools" / program
    if provisioned.exists():
        return str(provisioned)
    installed = shutil.which(program)
    if installed is None:
        pytest.skip(f"no {program}: set SHIPWAY_{program.upper()} or run make setup")
    return installed


@pytest.fixture(scope="session")
def kubectl_path() -> str:
    return find("kubectl")


@pytest.fixture(scope="session")
def helm_path() -> str:
    path = find("helm")
    argv = (path, "version", "--template", "{{.Version}}")
    _, version = asyncio.run(run(argv, {"PATH": os.environ["PATH"]}))
    if not version.startswith("v4."):
        pytest.skip(f"{path} is {version.strip()}, these tests are for helm 4: run make setup")
    return path


@pytest.fixture
def isolated(tmp_path: Path) -> Mapping[str, str]:
    """An environment that knows nothing of the person who runs the tests. Its KUBECONFIG is not written yet."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "KUBECONFIG": str(home / "kubeconfig"),
        "KUBECACHEDIR": str(home / "kubecache"),
        "HELM_CACHE_HOME": str(home / "helm-cache"),
        "HELM_CONFIG_HOME": str(home / "helm-config"),
        "HELM_DATA_HOME": str(home / "helm-data"),
        "NO_PROXY": "127.0.0.1",
    }


def runner(path: str, environment: Mapping[str, str]) -> Run:
    async def program(*argv: object, stdin: str = "") -> tuple[int, str]:
        return await run((path, *map(str, argv)), environment, stdin)

    return program


@pytest.fixture
def kubectl(kubectl_path: str, isolated: Mapping[str, str]) -> Run:
    return runner(kubectl_path, isolated)


@pytest.fixture
def helm(helm_path: str, isolated: Mapping[str, str]) -> Run:
    return runner(helm_path, isolated)
