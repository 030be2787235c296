"""A lab from its first package to its last trace."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import psutil

from docker_lab import commands, daemons, engine, machine, registry
from docker_lab.base import Base, base
from docker_lab.cannot import AlreadyUp, Cannot
from docker_lab.place import Place, Records
from shipway.errors import CommandFailed
from shipway.shell.local import LocalShell

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".shipway"
RECORDS = Records(CACHE / "docker-lab" / "lab.json")
LOCKS = (ROOT / "app" / "requirements.txt", ROOT / "app" / "requirements-dev.txt")
POLICY = Path("/usr/sbin/policy-rc.d")


def say(text: str) -> None:
    print(f"docker-lab: {text}", flush=True)


@dataclass(frozen=True, slots=True)
class Lab:
    place: Place
    image: str
    wheels: Path

    @property
    def variables(self) -> dict[str, str]:
        return {
            "DOCKER_HOST": self.place.host,
            "SHIPWAY_DOCKER_BASE": self.image,
            "SHIPWAY_DOCKER_WHEELS": str(self.wheels),
        }


@asynccontextmanager
async def up(*, keep: bool = False) -> AsyncIterator[Lab]:
    """Leaves nothing behind, whatever happens; with `keep` only if the lab cannot be made."""
    here = fit()
    await sweep()
    shell = LocalShell(ROOT, [Path(folder) for folder in commands.SBIN.split(":")])
    await _install(shell)
    say("a base image out of Debian's packages and the sample's wheels")
    content = await base(here.suite, LOCKS, CACHE, shell)
    place = RECORDS.claim(keep=False)
    kept = False
    try:
        yield await _start(place, content, shell)
        if keep:
            RECORDS.write(place, keep=True)
            kept = True
    finally:
        if not kept:
            await down(place)


def fit() -> machine.Machine:
    here = machine.this_machine(os.getuid())
    if reason := machine.obstacle(here):
        raise Cannot(reason)
    return here


async def sweep() -> None:
    """What a killed run left is removed; a living lab is left alone."""
    found = RECORDS.read()
    if found is None:
        return
    if not found.abandoned:
        raise AlreadyUp(found.run)
    say(f"removing what a killed run left in {found.run}")
    await down(found.place)


async def down(place: Place) -> None:
    """The engine first: it ends its containers. What it left then goes by the folder it was made for."""
    await asyncio.to_thread(daemons.end, place)
    shell = LocalShell(ROOT, [Path(folder) for folder in commands.SBIN.split(":")])
    table = await asyncio.to_thread(daemons.read, Path("/proc/self/mountinfo"))
    for path in mounts(table, place):
        await shell.run(commands.unmount(path))
    if place.name in psutil.net_if_addrs():
        await shell.run(commands.remove_bridge(place.name))
    await asyncio.to_thread(_remove, place)
    RECORDS.forget()


def mounts(mountinfo: str, place: Place) -> list[str]:
    """Those in the lab's folders, the innermost first."""
    points = [line.split(" ")[4] for line in mountinfo.splitlines()]
    ours = [
        each
        for each in points
        if Path(each).is_relative_to(place.run) or Path(each).is_relative_to(place.data)
    ]
    return sorted(ours, key=len, reverse=True)


async def _install(shell: LocalShell) -> None:
    packages = machine.wanting(name for name in machine.PACKAGES if daemons.program(name))
    if not packages:
        return
    say(f"apt-get install {' '.join(packages)}")
    with _no_services():
        try:
            try:
                await shell.run(commands.apt_install(packages))
            except CommandFailed:  # its lists may be old, or were never there
                await shell.run(commands.apt_update())
                await shell.run(commands.apt_install(packages))
        except CommandFailed as failed:
            raise Cannot(f"apt-get cannot install {' '.join(packages)}", failed.tail) from failed


@contextmanager
def _no_services() -> Iterator[None]:
    """A service that starts with its package would be a second engine, and would stay."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


async def _start(place: Place, content: Base, shell: LocalShell) -> Lab:
    await _bridge(place, shell)
    say(f"containerd and dockerd in {place.run}")
    await _containerd(place)
    await _dockerd(place)
    port = await _registry(place)
    image = f"localhost:{port}/lab/python:{content.python}"
    env = {"DOCKER_HOST": place.host}
    try:
        await shell.run(commands.load(content.archive, image, env))
        await shell.run(commands.try_out(image, env))
    except CommandFailed as failed:
        raise Cannot("its engine starts no container", failed.tail) from failed
    await shell.run(commands.push(image, env))
    return Lab(place, image, content.wheels)


async def _bridge(place: Place, shell: LocalShell) -> None:
    said = await shell.run(commands.routes())
    taken = [
        IPv4Network(route["dst"], strict=False)
        for route in json.loads(said.stdout)
        if route["dst"] != "default"
    ]
    network = machine.free_network(taken)
    if network is None:
        raise Cannot("no network is left for a bridge")
    address = f"{network[1]}/{network.prefixlen}"
    try:
        for command in commands.make_bridge(place.name, address):
            await shell.run(command)
    except CommandFailed as failed:
        raise Cannot("the kernel makes no bridge", failed.tail) from failed


async def _containerd(place: Place) -> None:
    config, log = place.run / "containerd.toml", place.log("containerd")
    config.write_text(engine.containerd_config(place), encoding="utf-8")
    daemon = daemons.spawn(engine.containerd(config), log)
    await daemons.until(place.containerd_socket.exists, daemon, log)


async def _dockerd(place: Place) -> None:
    config, log = place.run / "docker.json", place.log("dockerd")
    config.write_text(engine.dockerd_config(place), encoding="utf-8")
    daemon = daemons.spawn(engine.dockerd(config), log)
    # it listens early, and answers when all is there; it writes its last line then
    await daemons.until(lambda: "API listen on" in daemons.read(log), daemon, log)


async def _registry(place: Place) -> int:
    log, file = place.log("registry"), registry.port_file(place.registry)
    path = {"PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT / 'src'}"}
    argv = (sys.executable, "-m", "docker_lab.registry", str(place.registry))
    daemon = daemons.spawn(argv, log, path)
    await daemons.until(file.exists, daemon, log)
    return int(file.read_text(encoding="ascii"))


def _remove(place: Place) -> None:
    _remove_groups(place.name)
    shutil.rmtree(place.run, ignore_errors=True)
    shutil.rmtree(place.data, ignore_errors=True)


def _remove_groups(name: str) -> None:
    """Control groups that dockerd made: empty, because their processes have ended."""
    root = Path("/sys/fs/cgroup")
    for group in (root / name, *root.glob(f"*/{name}")):
        for folder, _, _ in os.walk(group, topdown=False):
            with suppress(OSError):  # the kernel may take a moment to see that it is empty
                Path(folder).rmdir()
