"""An image with a file system of its own, through all three environments of the embedded cluster, whose pods are isolated."""

import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shipway.commands import docker
from shipway.images.docker import DockerImage
from shipway.shell.local import LocalShell
from shipway.testing.workbench import Said, Workbench
from tests.docker import real

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="module")]

PUBLIC = "docker.io/library/python:3.12-slim"
ENVIRONMENTS = ("dev", "staging", "prod")
LOOK = """
import json, os, sys
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "ids": [os.getuid(), os.getgid()],
    "capabilities": int(status["CapBnd"], 16),
    "new privileges": status["NoNewPrivs"].strip() == "0",
    "read-only": bool(os.statvfs("/").f_flag & os.ST_RDONLY),
    "this machine's Python": os.path.exists(sys.argv[1]),
    "processes": sorted(name for name in os.listdir("/proc") if name.isdigit())[:1],
}))
"""
"""What a process of the pod sees of itself."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(bench: Workbench) -> AsyncIterator[dict[str, str]]:
    """The variables with which `shipway` finds the engine from the folder of the story."""
    shell = LocalShell(bench.folder)
    base = await real.base(shell)
    host = (await shell.run(docker.engine_address())).stdout.strip()
    said = await bench.shipway("setup", "embedded")
    assert said.code == 0, said.err
    if "pods isolated" not in said.out:
        pytest.skip(said.out)
    bench.edit("shipway.yaml", "  source: app\n", "  source: app\n  builder: docker\n")
    bench.edit("shipway.yaml", PUBLIC, base)
    await bench.commit("leave the image to Docker")
    yield {"DOCKER_HOST": host}
    await real.forget(DockerImage(bench.folder, Path("app"), "sample-app"))


async def look(bench: Workbench, environment: str) -> dict[str, Any]:
    said = await bench.kubectl(
        *("exec", "-n", environment, "deployment/sample-app", "--"),
        *("python", "-c", LOOK, sys.prefix),
    )
    assert said.code == 0, said.err
    seen: dict[str, Any] = json.loads(said.out)
    return seen


def stages(said: Said) -> list[str]:
    """Those that did something, by name."""
    assert said.code == 0, said.out + said.err
    lines = [line.split()[1:3] for line in said.out.splitlines() if line.startswith("✓")]
    return [" ".join(words) for words in lines if words[1] in ENVIRONMENTS]


async def test_docker_builds_it_and_each_environment_tests_it_before_the_next(
    bench: Workbench, engine: dict[str, str]
) -> None:
    built = await bench.shipway("build", "--tag", "v1", **engine)
    assert built.code == 0, built.err
    assert " MB unpacked) by " in built.out
    said = await bench.shipway("deploy-all", "--tag", "v1")
    assert stages(said) == [
        f"{verb} {name}" for name in ENVIRONMENTS for verb in ("deploy", "helm-test")
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
async def test_it_answers_through_the_ingress(
    bench: Workbench, engine: dict[str, str], environment: str
) -> None:
    assert engine
    row = (await bench.status())[environment]
    assert (await bench.get(environment, "/health")).json() == {"status": "ok"}
    assert (await bench.get(environment, "/version")).json() == {
        "tag": "v1",
        "digest": row["image_digest"],
    }


async def test_in_production_it_is_as_locked_in_as_its_security_context_says(
    bench: Workbench, engine: dict[str, str]
) -> None:
    assert engine
    assert await look(bench, "prod") == {
        "ids": [10001, 10001],
        "capabilities": 0,
        "new privileges": False,
        "read-only": True,
        "this machine's Python": False,
        "processes": ["1"],
    }


async def test_without_a_security_context_it_is_the_user_of_its_image(
    bench: Workbench, engine: dict[str, str]
) -> None:
    assert engine
    seen = await look(bench, "dev")
    assert (seen["ids"], seen["read-only"]) == ([10001, 10001], False)


async def test_a_base_that_is_named_for_it_brings_the_python(
    bench: Workbench, engine: dict[str, str]
) -> None:
    base = os.environ["SHIPWAY_DOCKER_BASE"]
    bench.edit("shipway.yaml", "builder: docker", "builder: auto")
    bench.edit("shipway.yaml", "  embedded:\n", f"  embedded:\n    base: {base}\n")
    built = await bench.shipway("build", "--tag", "v2", "--verbose")
    assert built.code == 0, built.err
    assert f"which is python here: no Docker is needed on the base {base}\n" in built.out
    insisting = ("--force", "--reason", "the base was tried elsewhere")
    said = await bench.shipway("deploy-all", "--tag", "v2", "--env", "prod", *insisting)
    assert stages(said) == ["deploy prod", "helm-test prod"]
    assert (await bench.get("prod", "/version")).json()["tag"] == "v2"
    assert not (await look(bench, "prod"))["this machine's Python"]
    assert engine


async def test_a_rollback_returns_to_the_image_that_docker_built(
    bench: Workbench, engine: dict[str, str]
) -> None:
    assert engine
    said = await bench.shipway("rollback", "prod")
    assert said.code == 0, said.err
    rows = await bench.status()
    assert rows["prod"]["image_digest"] == rows["dev"]["image_digest"]
    assert (await bench.get("prod", "/version")).json()["tag"] == "v1"
