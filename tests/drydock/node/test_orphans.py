"""A drydock that is killed leaves no processes behind."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import psutil

from drydock.node.ledger import MARK, Ledger
from tests.drydock.node.conftest import until

KILLED = """
import asyncio, sys
from pathlib import Path
from drydock.node.launch import Launch
from drydock.node.process import Processes
from drydock.node.runtime import Stdio

async def main(folder):
    processes = Processes(folder)
    processes.start()
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    env = {"PATH": "/usr/bin:/bin"}
    process = processes.spawn(Launch((sys.executable, "-c", child), env, folder), "some-pod", Stdio(0, 1, 2))
    print(process.pid, flush=True)
    await process.wait()

asyncio.run(main(Path(sys.argv[1])))
"""


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def sleeper(mark: str) -> asyncio.subprocess.Process:
    """A process group whose leader has a child."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env={MARK: mark}, start_new_session=True
    )
    await until(lambda: psutil.Process(process.pid).children())
    return process


async def test_the_watchdog_ends_whole_groups_when_drydock_is_killed(tmp_path: Path) -> None:
    drydock = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert drydock.stdout
    leader = psutil.Process(int(await drydock.stdout.readline()))
    (child,) = await until(leader.children)
    drydock.kill()
    await drydock.wait()
    await until(lambda: is_gone(leader.pid) and is_gone(child.pid))
    await until(lambda: not list(tmp_path.iterdir()))


async def test_a_group_that_lost_its_leader_is_known_by_its_mark(tmp_path: Path) -> None:
    process = await sleeper("some-pod")
    (child,) = psutil.Process(process.pid).children()
    Ledger(tmp_path).add(process.pid, "some-pod")
    process.kill()
    await process.wait()

    assert Ledger(tmp_path).reap() == 1
    await until(lambda: is_gone(child.pid))
    assert Ledger(tmp_path).reap() == 0


async def test_strangers_with_a_number_of_ours_are_left_alone(tmp_path: Path) -> None:
    stranger = await sleeper("other")
    (child,) = psutil.Process(stranger.pid).children()
    entry = {"pid": stranger.pid, "birth": "of another", "pod": "some-pod"}
    (tmp_path / str(stranger.pid)).write_text(json.dumps(entry))
    (tmp_path / "1234567").write_text("half a li")

    assert Ledger(tmp_path).reap() == 0
    assert stranger.returncode is None
    assert child.is_running()
    os.killpg(stranger.pid, signal.SIGKILL)
    await stranger.wait()
