"""What a process keeps to act in our name goes with it."""

import asyncio
import stat
import sys
from pathlib import Path

from shipway.commands.command import Command
from shipway.shell.local import LocalShell
from shipway.targets import private_folder

MAKE = """
import os, sys
from pathlib import Path
from shipway.targets import private_folder
folder = private_folder.make(Path(sys.argv[1]))
(folder / "login").write_text("secret")
print(folder, folder.exists(), flush=True)
"""


async def left_by(parent: Path, end: str) -> Path:
    """The folder of a process that has come to its end."""
    argv = (sys.executable, "-c", f"{MAKE}\n{end}", str(parent))
    said = await LocalShell(parent).run(Command(argv))
    folder, existed = said.stdout.split()
    assert existed == "True"
    return Path(folder)


async def test_it_goes_when_the_process_ends(tmp_path: Path) -> None:
    assert not (await left_by(tmp_path, "sys.exit(0)")).exists()


def test_what_a_killed_process_left_goes_with_the_next_one(tmp_path: Path) -> None:
    left = asyncio.run(left_by(tmp_path, "os._exit(0)"))
    assert left.exists()
    (tmp_path / "run-of-mine").mkdir()
    ours = private_folder.make(tmp_path)
    assert set(tmp_path.iterdir()) == {ours, tmp_path / "run-of-mine"}
    assert private_folder.make(tmp_path) == ours
    assert stat.S_IMODE(ours.stat().st_mode) == 0o700
