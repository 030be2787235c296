"""Without an engine nothing is run, and it is said."""

import asyncio
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


async def lab(*args: str, **env: str) -> tuple[int | None, str, str]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "docker_lab", *args),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT / 'src'}", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(child.communicate(), 60)
    return child.returncode, out.decode(), err.decode()


async def test_test_docker_says_that_nothing_was_run_where_no_client_is(tmp_path: Path) -> None:
    assert await lab("test", PATH=str(tmp_path)) == (
        77,
        "",
        "docker-lab: no test marked docker was run: docker is not on the PATH\n"
        "  try: install Docker: https://docs.docker.com/engine/install/; on Debian as root: make docker-lab\n",
    )


async def test_test_docker_says_that_nothing_was_run_where_no_engine_answers(
    tmp_path: Path,
) -> None:
    client = tmp_path / "docker"
    client.write_text(
        "#!/bin/sh\n"
        "echo 'Cannot connect to the Docker daemon at unix:///d. Is the docker daemon running?' >&2\n"
        "exit 1\n"
    )
    client.chmod(0o755)
    assert await lab("test", PATH=str(tmp_path)) == (
        77,
        "",
        "docker-lab: no test marked docker was run: no Docker engine answers at unix:///d\n"
        "  try: start it: Docker Desktop, or: sudo systemctl start docker; on Debian as root: make docker-lab\n",
    )
