"""What the embedded cluster takes and keeps: its port, its token, its processes, its files."""

import asyncio
import os
import re
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


@asynccontextmanager
async def observer(bench: Workbench) -> AsyncIterator[set[str]]:
    """Every word of every command line that was seen in this folder while the block lasted."""
    words: set[str] = set()

    async def look() -> None:
        while True:
            words.update(word for line in bench.processes.values() for word in line)
            await asyncio.sleep(0.02)

    looking = asyncio.create_task(look())
    try:
        yield words
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    assert looking.cancelled(), "the observer fell asleep"


async def test_a_port_that_somebody_else_has_is_told_with_the_key_that_names_it(
    bench: Workbench,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        bench.edit("shipway.yaml", "  embedded:\n", f"  embedded:\n    port: {port}\n")
        said = await bench.shipway("setup", "embedded")
    await bench.restore()
    assert said.code == 2
    holder = f"{psutil.Process().name()} (pid {os.getpid()})"
    assert said.err == (
        f"setup failed: port {port} for the ingress is taken by {holder}\n"
        "  try: targets.embedded.port in shipway.yaml with another port, or none for a free one\n"
        f"  all of it: .shipway/runs/{bench.journal[0]['run']}\n"
    )
    assert bench.processes == {}


async def test_the_token_is_in_no_command_line_while_a_release_is_deployed(
    bench: Workbench,
) -> None:
    said = await bench.shipway("build", "--tag", "v1")
    assert said.code == 0, said.err
    async with observer(bench) as words:
        said = await bench.shipway("deploy-all", "--tag", "v1", "--env", "dev", "--verbose")
    assert said.code == 0, said.err
    assert {"upgrade", "sample_app", "drydock"} <= words, "nothing was seen"
    token = (bench.state / "embedded" / "token").read_text(encoding="utf-8").strip()
    assert not [word for word in words if token in word]
    assert token not in said.out


async def test_a_port_that_changes_while_the_cluster_is_up_is_not_ignored(
    bench: Workbench,
) -> None:
    serving = int((await bench.status())["dev"]["url"].rpartition(":")[2])
    asked = serving - 1
    bench.edit("shipway.yaml", "  embedded:\n", f"  embedded:\n    port: {asked}\n")
    said = await bench.shipway("deploy", "--env", "dev", "--tag", "v1")
    await bench.restore()
    assert said.code == 2, said.out
    assert said.err == (
        f"setup failed: targets.embedded.port in shipway.yaml is {asked}, "
        f"and the embedded cluster is up with its ingress on {serving}\n"
        "  try: shipway teardown embedded, then: shipway setup embedded\n"
        f"  all of it: .shipway/runs/{bench.journal[0]['run']}\n"
    )


async def test_the_token_stands_in_three_files_that_only_their_owner_can_read(
    bench: Workbench,
) -> None:
    token = (bench.state / "embedded" / "token").read_bytes().strip()
    home = bench.state / "embedded"
    holding = [path for path in files(bench.state) if token in path.read_bytes()]
    assert set(holding) == {home / "kubeconfig", home / "token", home / "ingress" / "token"}
    private = [*holding, *files(home / "pki")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


async def test_nothing_is_written_outside_the_state_folder(bench: Workbench) -> None:
    assert files(bench.state / "home") == []  # HOME
    assert await bench.changes() == ""


async def test_no_one_without_the_token_is_answered(bench: Workbench) -> None:
    config = bench.kubeconfig.read_text(encoding="utf-8")
    stranger = bench.folder / "stranger.yaml"
    stranger.write_text(re.sub("token: .*", "token: guessed", config), encoding="utf-8")
    said = await bench.kubectl("--kubeconfig", str(stranger), "get", "secrets", "-A")
    assert said.code == 1
    assert "Unauthorized" in said.err or "logged in" in said.err


async def test_teardown_ends_every_process_and_purge_removes_every_file(bench: Workbench) -> None:
    assert bench.processes
    said = await bench.shipway("teardown", "embedded", "--purge")
    assert (said.code, said.out) == (0, "the embedded cluster is stopped; its state is gone\n")
    assert bench.processes == {}
    assert not (bench.state / "embedded").exists()
    again = await bench.shipway("teardown", "embedded")
    assert (again.code, again.out) == (
        0,
        "the embedded cluster was not up; its state is kept in .shipway/embedded\n",
    )
