"""What every shell does, seen on the real one."""

import asyncio
import os
import sys
from pathlib import Path

import psutil
import pytest

from shipway.commands.command import Command
from shipway.errors import CommandFailed, ProgramMissing
from shipway.shell.local import LocalShell


def python(code: str, **env: str) -> Command:
    return Command((sys.executable, "-c", code), env=env)


async def test_a_command_that_ends_well_returns_its_output_and_tells_each_line(
    tmp_path: Path,
) -> None:
    heard: list[str] = []
    command = python("import sys; print('one'); print('two', file=sys.stderr)")
    finished = await LocalShell(tmp_path).run(command, listen=heard.append)
    assert (finished.stdout, finished.stderr) == ("one\n", "two\n")
    assert sorted(heard) == ["one", "two"]


async def test_a_command_that_fails_says_its_code_and_its_last_lines(tmp_path: Path) -> None:
    command = python("[print(n) for n in range(30)]; raise SystemExit(3)")
    with pytest.raises(CommandFailed) as caught:
        await LocalShell(tmp_path).run(command)
    assert caught.value.returncode == 3
    assert caught.value.details == tuple(str(number) for number in range(10, 30))


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing) as caught:
        await LocalShell(tmp_path).run(Command(("no-such-program",)))
    assert caught.value.problem == "no-such-program is not installed"


async def test_secrets_arrive_by_environment_and_stdin(tmp_path: Path) -> None:
    code = "import os, sys; print(os.environ['TOKEN'] + sys.stdin.read())"
    command = Command((sys.executable, "-c", code), env={"TOKEN": "a"}, stdin="b")
    assert (await LocalShell(tmp_path).run(command)).stdout == "ab\n"


async def test_a_program_does_not_see_hidden_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "a")
    monkeypatch.setenv("THEIRS", "b")
    shell = LocalShell(tmp_path, hidden={"OURS"})
    finished = await shell.run(Command(("sh", "-c", "echo ${OURS-none} $THEIRS")))
    assert finished.stdout == "none b\n"


async def test_programs_of_the_given_folders_come_first(tmp_path: Path) -> None:
    tool = tmp_path / "tools" / "git"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho ours\n")
    tool.chmod(0o755)
    finished = await LocalShell(tmp_path, [tool.parent]).run(Command(("git",)))
    assert finished.stdout == "ours\n"


async def test_it_runs_in_the_folder_of_the_project_or_below(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    code = "import os; print(os.getcwd())"
    command = Command((sys.executable, "-c", code), cwd=Path("below"))
    finished = await LocalShell(tmp_path).run(command)
    assert finished.stdout == f"{(tmp_path / 'below').resolve()}\n"


@pytest.mark.parametrize("stubborn", ["", "signal.signal(signal.SIGINT, signal.SIG_IGN); "])
async def test_a_cancelled_command_leaves_no_process(tmp_path: Path, stubborn: str) -> None:
    child = "import time; time.sleep(60)"
    code = (
        f"import signal, subprocess, sys; {stubborn}"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}]); "
        "print(child.pid, flush=True); child.wait()"
    )
    pids: asyncio.Queue[str] = asyncio.Queue()
    shell = LocalShell(tmp_path, patience=0.2)
    task = asyncio.create_task(shell.run(python(code), listen=pids.put_nowait))
    pid = int(await pids.get())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    deadline = asyncio.get_running_loop().time() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert asyncio.get_running_loop().time() < deadline, f"{pid} still lives"
        await asyncio.sleep(0.01)
    assert pid != os.getpid()
