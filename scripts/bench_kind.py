"""How long a second `shipway setup kind` takes where all is there: docker and kind answer at once, so it is ours alone.

It runs on the stand-in of the tests: the cluster is drydock's API.
"""

import asyncio
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from shipway.commands.command import Command
from shipway.shell.local import LocalShell
from shipway.testing.workbench import ROOT, Workbench
from tests.kind.machine import NODE, REGISTRY, VERSION, Machine, recorded
from tests.kind.stand_in import stand_in

TOOLS = ("helm", "helm.json", "kubectl", "kubectl.json")


async def measure(rounds: int) -> float:
    """The median in seconds."""
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as folder:
        home = Path(folder)
        for name in ("project", "pki", "bin"):
            (home / name).mkdir()
        bench = Workbench(home / "project")
        _own_tools(bench.state / "tools")
        async with stand_in(home / "pki", bench.folder) as machine:
            if await machine.setup():
                raise SystemExit(f"error: {machine.failure}")
            path = await _programs(home / "bin", machine)
            shell = LocalShell(bench.folder, [path])
            words = (str(Path(sys.executable).with_name("shipway")), "setup", "kind")
            command = Command((*words, "--output", "plain"), {"NO_PROXY": "127.0.0.1"})
            await shell.run(command)  # finds kind
            taken = [await _take(shell, command) for _ in range(rounds)]
        return median(taken)


async def _take(shell: LocalShell, command: Command) -> float:
    begin = perf_counter()
    said = await shell.run(command)
    took = perf_counter() - begin
    changed = [line for line in said.stdout.splitlines()[1:-1] if not line.startswith("=")]
    if changed:
        raise SystemExit("\n".join(["error: not all was there", *changed]))
    return took


def _own_tools(folder: Path) -> None:
    """Not the clone's: kind would be written beside them."""
    folder.unlink()
    folder.mkdir()
    for name in TOOLS:
        os.link(ROOT / ".shipway" / "tools" / name, folder / name)


async def _programs(folder: Path, machine: Machine) -> Path:
    """A docker and a kind that say at once what they would say."""
    version = await machine.run(Command(tuple(shlex.split(VERSION))))
    answers = {
        "version --format": version.stdout,
        "ps --all": machine.listed(),
        "container inspect": json.dumps([machine.inspected(REGISTRY), machine.inspected(NODE)]),
    }
    files = machine.containers[NODE].files
    answers |= {f"exec {NODE} cat {path}": text for path, text in files.items()}
    cases = []
    for number, (words, text) in enumerate(answers.items()):
        (folder / f"{number}.txt").write_text(text)
        cases.append(f'"{words}"*) cat {folder}/{number}.txt ;;')
    body = "\n".join(["#!/bin/sh", 'case "$*" in', *cases, "*) exit 1 ;;", "esac", ""])
    _program(folder / "docker", body)
    said = recorded("kind-0.32.0-version.txt").strip()
    _program(folder / "kind", f"#!/bin/sh\necho '{said}'\n")
    return folder


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


if __name__ == "__main__":
    print(json.dumps({"second": asyncio.run(measure(int(sys.argv[1])))}))
