"""Pods as processes of the host: each has a loopback address of its own, and nothing else."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from drydock.node.images import Image
from drydock.node.launch import Host, Launch, inside, launch
from drydock.node.process import Processes
from drydock.node.refused import Refused
from drydock.node.runtime import Mode, Process, Stdio
from drydock.node.unpack import SHARED
from drydock.node.volumes import temporary_folder
from drydock.resources import Object

LACKS = (
    "images with a system of their own: only host-runtime images run",
    "securityContext: runAsUser, capabilities and read-only roots have no effect",
    "volumes at their mountPath: only /tmp is found, by HOME and TMPDIR",
    "two replicas on one port of 0.0.0.0: an app has to bind its pod's address",
    "NetworkPolicy for what does not pass http_proxy",
)
_ON_TERMINAL = 'exec "$@" <>"$0" >&0 2>&1'  # the leader of a session owns the terminal it opens


class Loopback:
    """Needs nothing of the host but addresses to bind."""

    images_folder = "images"
    ownership = SHARED

    def __init__(self, processes: Processes, host: Host, because: str) -> None:
        self.mode = Mode("loopback", because, LACKS)
        self._processes = processes
        self._host = host

    async def lost(self) -> None:
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """There is nothing but the processes."""

    def sandbox(self, pod: Object, *, ip: str, folder: Path, proxy: str) -> "LoopbackSandbox":
        return LoopbackSandbox(self._processes, self._host, pod, ip, folder, proxy)


@dataclass(frozen=True, slots=True)
class LoopbackSandbox:
    processes: Processes
    host: Host
    pod: Object
    ip: str
    folder: Path
    proxy: str
    island: None = None
    base: None = None

    async def open(self) -> None:
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)

    async def close(self) -> None:
        """There is nothing but the processes, which have ended."""

    def bundle(
        self, image: Image, container: Object, env: Mapping[str, str], _restart: int
    ) -> "LoopbackBundle":
        if not image.runs_on_host:
            raise Refused(
                "CreateContainerError",
                f"{image.id} brings a system of its own, and this node runs only host-runtime images (label "
                "dev.shipway.runtime=host), as `drydock status` says: build the image for this target, or use Kind",
            )
        prepared = launch(image, container, env, self._env(container), self.host)
        if not prepared.argv:
            raise Refused("CreateContainerError", "no command specified")
        uid = str(self.pod["metadata"]["uid"])
        return LoopbackBundle(
            self.processes, prepared, image.rootfs, uid, terminal=bool(container.get("tty"))
        )

    def _env(self, container: Object) -> dict[str, str]:
        """What the node adds to a container's environment. Nothing of drydock's own environment is in it."""
        home = temporary_folder(self.folder / "volumes", container) or self.folder / "tmp"
        return {
            "HOME": str(home),
            "TMPDIR": str(home),
            "HOSTNAME": self.pod["spec"].get("hostname") or self.pod["metadata"]["name"],
            "PYTHONDONTWRITEBYTECODE": "1",  # all pods of an image share its files
            "http_proxy": self.proxy,
            "no_proxy": f"localhost,127.0.0.1,{self.ip}",
            **({"TERM": "xterm"} if container.get("tty") else {}),
        }


@dataclass(frozen=True, slots=True)
class LoopbackBundle:
    processes: Processes
    launch: Launch
    rootfs: Path
    pod: str
    terminal: bool

    async def start(self, stdio: Stdio) -> Process:
        return self._spawn(self.launch.argv, stdio, terminal=self.terminal)

    async def exec(self, command: Sequence[str], stdio: Stdio, *, terminal: bool) -> Process:
        argv = tuple(inside(self.rootfs, word) for word in command)
        return self._spawn(argv, stdio, terminal=terminal)

    def _spawn(self, argv: tuple[str, ...], stdio: Stdio, *, terminal: bool) -> Process:
        if terminal:
            argv = ("/bin/sh", "-c", _ON_TERMINAL, os.ttyname(stdio.stdin), *argv)
        return self.processes.spawn(replace(self.launch, argv=argv), self.pod, stdio)

    def last_words(self) -> str:
        """Nothing is mounted at the termination message's path."""
        return ""
