"""Pods in namespaces of their own: users, files, processes, network."""

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from drydock.node.blueprint import IDS, PROGRAMS, Blueprint, Mount, Program
from drydock.node.folders import discard
from drydock.node.images import Image
from drydock.node.isolation import files, users
from drydock.node.isolation.link import ContainedProcess, Link
from drydock.node.launch import Host, command
from drydock.node.refused import Refused
from drydock.node.runtime import CannotIsolate, Mode, Process, Stdio
from drydock.node.unpack import Ownership
from drydock.node.volumes import volume_mounts
from drydock.resources import Object

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LENT = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"),
    *("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/localtime", "/etc/nsswitch.conf"),
)
_MESSAGE = "/dev/termination-log"
_LONGEST_MESSAGE = 4096  # bytes


class Isolated:
    """Needs a Linux that lets its users make namespaces."""

    def __init__(self, link: Link, host: Host, python: Path, mode: Mode, base: int | None) -> None:
        """`link` is open. `base` is the first of the host's users for containers; without it each has one, which is us."""
        self.mode = mode
        self.images_folder = "images-own" if base is None else "images-range"
        self.ownership = Ownership(kept=True, base=base)
        self._link = link
        prefix = str(python.parent.parent)
        self._lending = _Lending(
            str(host.programs), (*_LENT, *(() if prefix in {"/", "/usr"} else (prefix,)))
        )

    async def lost(self) -> None:
        await self._link.lost.wait()
        raise CannotIsolate("the agent of the isolated node has ended, and all containers with it")

    async def stop(self) -> None:
        await self._link.close()

    def sandbox(self, pod: Object, *, ip: str, folder: Path, proxy: str) -> "IsolatedSandbox":
        del proxy  # everything that a pod sends is turned to its island
        return IsolatedSandbox(
            self._link, self._lending, self.ownership.base, pod=pod, ip=ip, folder=folder
        )


@dataclass(frozen=True, slots=True)
class _Lending:
    """What an image without a system of its own gets of the host's."""

    programs: str
    paths: Sequence[str]


class PodIsland:
    def __init__(self, link: Link, pod: str, ip: str, sockets: Sequence[socket.socket]) -> None:
        self.ip = ip
        self.redirected, udp, tcp = sockets
        self.names = (udp, tcp)
        self._link = link
        self._pod = pod

    def socket(self, type_: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
        return self._link.socket(self._pod, type_)

    def close(self) -> None:
        for door in (self.redirected, *self.names):
            door.close()


class IsolatedSandbox:
    def __init__(
        self,
        link: Link,
        lending: _Lending,
        base: int | None,
        *,
        pod: Object,
        ip: str,
        folder: Path,
    ) -> None:
        self.island: PodIsland | None = None
        self.base = base
        self._link = link
        self._lending = lending
        self._pod = pod
        self._ip = ip
        self._folder = folder
        self._uid = str(pod["metadata"]["uid"])

    async def open(self) -> None:
        name = files.hostname(self._pod)
        for file, text in (
            ("hosts", files.hosts(self._pod, self._ip)),
            ("hostname", f"{name}\n"),
            ("resolv.conf", files.resolv_conf(self._pod)),
        ):
            self._write("etc", file, text)
        sockets = await self._link.open_pod(self._uid, self._ip, name)
        self.island = PodIsland(self._link, self._uid, self._ip, sockets)

    async def close(self) -> None:
        if self.island is not None:
            self.island.close()
            self.island = None
        self._link.close_pod(self._uid)

    def bundle(
        self, image: Image, container: Object, env: Mapping[str, str], restart: int
    ) -> "IsolatedBundle":
        context = users.security_context(self._pod, container)
        etc = image.rootfs / "etc"
        try:
            person = users.person(context, image.user, _text(etc / "passwd"), _text(etc / "group"))
        except users.UnknownUser as unknown:
            raise Refused("CreateContainerError", str(unknown)) from unknown
        self._check(person)
        name = f"{container['name']}-{restart}"
        message = self._write("messages", name, "")
        mounts = [
            _file(self._folder / "etc" / file, f"/etc/{file}")
            for file in ("hosts", "hostname", "resolv.conf")
        ]
        mounts.append(_file(message, container.get("terminationMessagePath") or _MESSAGE))
        if image.runs_on_host and not (etc / "passwd").exists():
            texts = files.accounts(person.uid, person.gid)
            for file, text in zip(("passwd", "group"), texts, strict=True):
                mounts.append(_file(self._write(f"accounts/{name}", file, text), f"/etc/{file}"))
        volumes = volume_mounts(self._folder / "volumes", self._pod, container, env)
        taken = {mount["target"] for mount in volumes}
        mounts = [mount for mount in mounts if mount["target"] not in taken] + volumes
        blueprint: Blueprint = {
            "root": {
                "image": str(image.rootfs),
                "folder": str(self._folder / "roots" / name),
                "readonly": bool(context.get("readOnlyRootFilesystem")),
                "lent": list(self._lending.paths) if image.runs_on_host else [],
                "programs": self._lending.programs if image.runs_on_host else "",
                "mounts": sorted(mounts, key=lambda mount: mount["target"].count("/")),
            },
            "program": {
                "argv": command(image, container, env),
                "env": self._env(image, container, env, person.home),
                "cwd": os.path.normpath(container.get("workingDir") or image.working_dir or "/"),
                "user": {
                    "uid": person.uid,
                    "gid": person.gid,
                    "groups": list(person.groups),
                    "capabilities": users.capabilities(context),
                    "escalates": context.get("allowPrivilegeEscalation") is not False,
                },
                "terminal": bool(container.get("tty")),
            },
        }
        if not blueprint["program"]["argv"]:
            raise Refused("CreateContainerError", "no command specified")
        return IsolatedBundle(self._link, self._uid, blueprint, message)

    def _check(self, person: users.Person) -> None:
        most = max(person.uid, *person.groups)
        if self.base is not None and most >= IDS:
            why = f"user and group numbers end at {IDS - 1} on this node, which excludes {most}"
            raise Refused("CreateContainerError", why)

    def _env(
        self, image: Image, container: Object, env: Mapping[str, str], home: str
    ) -> dict[str, str]:
        """Nothing of drydock's own environment is in it."""
        own = {"PATH": _PATH, "HOSTNAME": files.hostname(self._pod), "HOME": home}
        if container.get("tty"):
            own["TERM"] = "xterm"
        values = {**own, **image.env, **env}
        if image.runs_on_host:
            values["PATH"] = f"{PROGRAMS}:{values['PATH']}:{_PATH}"
        return values

    def _write(self, folder: str, name: str, text: str) -> Path:
        path = self._folder / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o666 if folder == "messages" else 0o644)
        if self.base is not None:
            os.chown(path, self.base, self.base)
        return path


class IsolatedBundle:
    def __init__(self, link: Link, pod: str, blueprint: Blueprint, message: Path) -> None:
        self._link = link
        self._pod = pod
        self._blueprint = blueprint
        self._message = message
        self._process: ContainedProcess | None = None

    async def start(self, stdio: Stdio) -> Process:
        root = Path(self._blueprint["root"]["folder"])
        await asyncio.to_thread(_make_room, root)
        self._process = await self._link.start(self._pod, self._blueprint, stdio)
        return self._process

    async def exec(self, command: Sequence[str], stdio: Stdio, *, terminal: bool) -> Process:
        assert self._process is not None, "a command runs beside a process"
        program = self._blueprint["program"]
        env = {**program["env"], **({"TERM": "xterm"} if terminal else {})}
        beside: Program = {**program, "argv": list(command), "env": env, "terminal": terminal}
        return await self._link.exec(self._process, beside, stdio)

    def last_words(self) -> str:
        with self._message.open("rb") as file:
            return file.read(_LONGEST_MESSAGE).decode(errors="replace")


def _make_room(root: Path) -> None:
    """What a container's former run has written goes when the next one begins."""
    former = f"{root.name.rpartition('-')[0]}-"
    if root.parent.is_dir():
        for folder in root.parent.iterdir():
            if folder.name.startswith(former) and folder.name.removeprefix(former).isdigit():
                discard(folder)
    root.mkdir(parents=True)


def _file(source: Path, target: str) -> Mount:
    return {
        "source": str(source),
        "below": "",
        "target": str(PurePosixPath("/", target)),
        "readonly": False,
    }


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
