"""The real program, in processes of its own, each in a home of its own."""

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
import urllib.request
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from drydock.home import Home, Process, Status


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Drydock:
    home: Home

    async def __call__(self, *words: str) -> Ended:
        process = await self.start(*words)
        async with asyncio.timeout(30):
            out, err = await process.communicate()
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        verb, *rest = words
        argv = (sys.executable, "-m", "drydock", verb, "--home", str(self.home.root), *rest)
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(*argv, stdout=pipe, stderr=pipe)

    def status(self) -> Status:
        status = self.home.status()
        assert status is not None
        return status

    def shown(self) -> str:
        status = self.status()
        return (
            f"api         https://127.0.0.1:{status.api}\n"
            f"registry    127.0.0.1:{status.registry}\n"
            f"ingress     http://127.0.0.1:{status.ingress}\n"
            f"kubeconfig  {self.home.kubeconfig}\n"
        )

    def call(self, path: str, body: object = None) -> Any:
        authority = (self.home.pki / "ca.crt").read_text()
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.status().api}{path}",
            json.dumps(body).encode() if body else None,
            {
                "Authorization": f"Bearer {self.home.token.read_text().strip()}",
                "Content-Type": "application/json",
            },
        )
        trust = ssl.create_default_context(cadata=authority)
        with urllib.request.urlopen(request, context=trust, timeout=30) as answer:
            return json.load(answer)


@pytest.fixture
async def drydock(tmp_path: Path) -> AsyncIterator[Drydock]:
    drydock = Drydock(Home(tmp_path / "home"))
    yield drydock
    await drydock("down")


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def living(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    return [
        each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE
    ]


async def gone(processes: Sequence[psutil.Process], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while living(processes):  # noqa: ASYNC110  # processes that are not our children tell nobody
            await asyncio.sleep(0.01)


def occupied() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def how_pods_run(status: Status) -> str:
    lacks = [f"without     {each}\n" for each in status.node_lacks]
    return "".join([f"node        {status.node}: {status.node_because}\n", *lacks])


CONFIG_MAP = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "kept"},
    "data": {"a": "b"},
}


async def test_up_status_and_down(drydock: Drydock) -> None:
    assert await drydock("status") == Ended(1, "drydock is not up\n", "")
    started = await drydock("up", "--detach")
    assert started == Ended(0, drydock.shown(), "")
    status = drydock.status()
    assert await drydock("status") == Ended(
        0, f"drydock is up (pid {status.pid})\n{drydock.shown()}{how_pods_run(status)}", ""
    )
    again = await drydock("up", "--detach")
    assert again == Ended(0, f"drydock is already up (pid {status.pid})\n{drydock.shown()}", "")
    assert drydock.call("/api/v1/namespaces/default")["status"] == {"phase": "Active"}
    processes = family(status.pid)
    assert await drydock("down") == Ended(0, "drydock is down\n", "")
    assert living(processes) == []
    assert await drydock("down") == Ended(0, "drydock was not up\n", "")


async def test_pods_run_as_they_are_wanted_to(drydock: Drydock) -> None:
    await drydock("up", "--detach", "--node", "loopback")
    status = drydock.status()
    assert (status.node, status.node_because) == ("loopback", "it was asked for")
    assert any("NetworkPolicy" in each for each in status.node_lacks)


async def test_status_as_json_is_for_programs(drydock: Drydock) -> None:
    absent = await drydock("status", "--output", "json")
    assert json.loads(absent.out) == {"up": False, "home": str(drydock.home.root)}
    await drydock("up", "--detach")
    present = json.loads((await drydock("status", "--output", "json")).out)
    status = drydock.status()
    assert present == {
        "up": True,
        "home": str(drydock.home.root),
        **json.loads(json.dumps(asdict(status))),
        "faults": [],
    }
    assert status.version == "0.1.0"


async def test_ports_and_objects_outlive_the_process_even_a_killed_one(drydock: Drydock) -> None:
    await drydock("up", "--detach")
    first = drydock.status()
    drydock.call("/api/v1/namespaces/default/configmaps", CONFIG_MAP)
    processes = family(first.pid)
    os.kill(first.pid, signal.SIGKILL)
    await gone(processes, 45)
    assert await drydock("status") == Ended(1, "drydock is not up\n", "")
    assert (await drydock("up", "--detach")).code == 0
    second = drydock.status()
    assert (second.api, second.registry, second.ingress) == (
        first.api,
        first.registry,
        first.ingress,
    )
    assert second.pid != first.pid
    assert drydock.call("/api/v1/namespaces/default/configmaps/kept")["data"] == {"a": "b"}


async def test_an_occupied_port_is_named_with_its_holder(drydock: Drydock) -> None:
    with occupied() as listener:
        port = listener.getsockname()[1]
        ended = await drydock("up", "--detach", "--registry-port", str(port))
    holder = f"{psutil.Process().name()} (pid {os.getpid()})"
    assert ended == Ended(
        2,
        "",
        f"error: port {port} for the registry is taken by {holder}\n"
        "  try: --registry-port with another port, or none for a free one\n",
    )


async def test_a_remembered_port_that_is_taken_gives_way(drydock: Drydock) -> None:
    await drydock("up", "--detach")
    first = drydock.status()
    await drydock("down")
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", first.api))
        listener.listen()
        assert (await drydock("up", "--detach")).code == 0
    second = drydock.status()
    assert second.api != first.api
    assert (second.registry, second.ingress) == (first.registry, first.ingress)
    assert f"https://127.0.0.1:{second.api}" in drydock.home.kubeconfig.read_text()


async def test_a_failed_start_says_why_without_a_traceback(drydock: Drydock) -> None:
    drydock.home.prepare()
    drydock.home.token.mkdir()
    ended = await drydock("up", "--detach")
    log = drydock.home.log
    first, *tail, last = ended.err.splitlines()
    assert (ended.code, ended.out) == (1, "")
    assert first == f"error: IsADirectoryError: [Errno 21] Is a directory: '{drydock.home.token}'"
    assert tail
    assert all(line.startswith("  20") for line in tail)
    assert last == f"  try: read {log}"
    assert "Traceback" in log.read_text()
    assert await drydock("status") == Ended(1, "drydock is not up\n", "")


async def test_a_part_that_fails_ends_the_whole(drydock: Drydock) -> None:
    await drydock("up", "--detach")
    await drydock("down")
    (drydock.home.pki / "server.key").write_text("no key")
    ended = await drydock("up", "--detach")
    assert ended.code == 1
    assert ended.err.startswith("error: SSLError: ")
    assert await drydock("status") == Ended(1, "drydock is not up\n", "")


async def test_a_folder_of_somebody_else_is_left_as_it_is(drydock: Drydock) -> None:
    root = drydock.home.root
    root.mkdir(mode=0o755)
    (root / "hosts").touch()
    assert await drydock("up", "--detach") == Ended(
        1,
        "",
        f"error: {root} is not empty and holds no drydock\n"
        "  try: --home with a folder of its own\n",
    )
    assert oct(root.stat().st_mode & 0o777) == "0o755"
    assert [path.name for path in root.iterdir()] == ["hosts"]


def test_a_home_of_which_only_the_ports_are_left_is_still_a_home(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{}")
    Home(tmp_path).prepare()
    assert Home(tmp_path).state.exists()


async def test_a_home_that_cannot_be_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    drydock = Drydock(Home(tmp_path / "file" / "home"))
    root = drydock.home.root
    assert await drydock("up", "--detach") == Ended(
        1,
        "",
        f"error: {root} cannot be drydock's home: {root}: Not a directory\n"
        "  try: --home with a folder that you may write to\n",
    )
    assert await drydock("status") == Ended(1, "drydock is not up\n", "")


async def test_a_relative_home_in_a_folder_that_is_gone_is_a_question(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    argv = (sys.executable, "-m", "drydock", "status", "--home", "x")
    words = ("sh", "-c", 'cd "$0" && rmdir "$0" && exec "$@"', str(gone), *argv)
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    async with asyncio.timeout(45):
        _, err = await process.communicate()
    assert (process.returncode, err.decode()) == (
        2,
        "error: where is x? [Errno 2] No such file or directory\n"
        "  try: --home with an absolute path\n",
    )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_in_the_foreground_a_signal_ends_it(drydock: Drydock, how: signal.Signals) -> None:
    process = await drydock.start("up")
    assert process.stdout is not None
    async with asyncio.timeout(45):
        first = await process.stdout.readline()
    processes = family(process.pid)
    process.send_signal(how)
    async with asyncio.timeout(45):
        await process.communicate()
    assert first.startswith(b"api         https://127.0.0.1:")
    assert process.returncode == 0
    assert living(processes) == []


async def test_two_starts_at_once_make_one_drydock(drydock: Drydock) -> None:
    both = await asyncio.gather(drydock("up", "--detach"), drydock("up", "--detach"))
    pid = drydock.status().pid
    assert sorted(both, key=lambda ended: ended.out) == [
        Ended(0, drydock.shown(), ""),
        Ended(0, f"drydock is already up (pid {pid})\n{drydock.shown()}", ""),
    ]


async def test_down_spares_a_stranger_who_has_the_same_pid(drydock: Drydock) -> None:
    drydock.home.prepare()
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        drydock.home.sign(Process(stranger.pid, 1.0))
        assert await drydock("down") == Ended(0, "drydock was not up\n", "")
        assert stranger.returncode is None
        assert psutil.Process(stranger.pid).is_running()
    finally:
        stranger.terminate()
        await stranger.wait()


async def test_the_kubeconfig_is_there_after_the_first_start(drydock: Drydock) -> None:
    home = drydock.home
    assert await drydock("kubeconfig") == Ended(
        1,
        "",
        f"error: {home.root} has no kubeconfig yet\n  try: drydock up --home {home.root}\n",
    )
    await drydock("up", "--detach")
    assert await drydock("kubeconfig") == Ended(0, f"{home.kubeconfig}\n", "")


async def test_everything_secret_is_for_its_owners_eyes(drydock: Drydock) -> None:
    await drydock("up", "--detach")
    modes = {
        path.name: oct(path.stat().st_mode & 0o777)
        for path in (drydock.home.root, drydock.home.kubeconfig, drydock.home.token)
    }
    assert modes == {"home": "0o700", "kubeconfig": "0o600", "token": "0o600"}
