"""Bytecode for the image's own interpreter, so that a pod whose files are read-only need not compile at each start."""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from shipway.commands.command import Command, argv
from shipway.images import compile_bytecode
from shipway.images.tree import File, Tree
from shipway.shell.at_once import at_once
from shipway.shell.shell import Shell

INTERPRETER = f"{sys.implementation.cache_tag} {sys.version}"
"""Whose bytecode it is: part of the key of every layer that holds some."""

_PARTS = 4
"""Processes at once. A constant: what a process compiled before must not depend on the machine."""


def compiling(folder: Path, part: int) -> Command:
    """`-I -S` keep the machine's environment and packages out of it."""
    program = Path(compile_bytecode.__file__)
    return Command(
        argv(
            *(sys.executable, "-I", "-S", "-W", "ignore", program, folder),
            *("/", str(part), str(_PARTS)),
        )
    )


async def with_bytecode(tree: Tree, *, shell: Shell, scratch: Path) -> Tree:
    """The tree and a `__pycache__` beside every module that compiles, each for its path inside the image."""
    folder = await asyncio.to_thread(_lay_out, tree, scratch)
    try:
        async with at_once() as group:
            for part in range(_PARTS):
                group.create_task(shell.run(compiling(folder, part)))
        compiled = await asyncio.to_thread(_gather, folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return {**tree, **compiled}


def _lay_out(tree: Tree, scratch: Path) -> Path:
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="compile-", dir=scratch))
    for path, entry in tree.items():
        if isinstance(entry, File) and path.endswith(".py"):
            source = folder / path
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_bytes(entry.content)
    return folder


def _gather(folder: Path) -> dict[str, File]:
    return {
        path.relative_to(folder).as_posix(): File(path.read_bytes())
        for path in sorted(folder.rglob("*.pyc"))
    }
