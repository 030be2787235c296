"""A container's root: its image under a layer of its own, kernel file systems, what is lent and what is mounted.

Runs in the container's first process, which is root of the agent's user namespace and alone in its mount namespace.
"""

import contextlib
import os
import stat

from drydock.node.blueprint import PROGRAMS, Mount, Root
from drydock.node.isolation import kernel
from drydock.node.isolation.kernel import (
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    mount,
)

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
_TEMPORARY = "/tmp"  # noqa: S108  # the container's
_QUIET = MS_NOSUID | MS_NODEV | MS_NOEXEC


def enter(root: Root, cwd: str, owner: int) -> None:
    """Make the root and live in it. `owner` is the container's root, as the agent's namespace counts."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    merged = _layered(root, owner)
    _kernel_file_systems(merged, owner)
    temporary = f"{merged}{_TEMPORARY}"
    if not os.path.lexists(temporary):
        _folder(temporary, owner)
        os.chmod(temporary, 0o1777)  # noqa: S103  # as everywhere
    for path in root["lent"]:
        _lend(path, merged, root["image"], owner)
    if root["programs"]:
        _folder(merged + PROGRAMS, owner)
        kernel.bind(root["programs"], merged + PROGRAMS, readonly=True)
    sources = [_copied(entry, owner) for entry in root["mounts"]]
    os.chdir(merged)
    kernel.enter_root()
    # From here on every link leads back into the new root, also one that a container left in a volume. As long as the
    # former root lay over the new one, a `..` that comes to the top would have found the former.
    for entry, source in zip(root["mounts"], sources, strict=True):
        _mount(os.path.realpath(entry["target"]), source, owner, readonly=entry["readonly"])
        os.close(source)
    _folder(os.path.realpath(cwd), owner)
    if root["readonly"]:
        mount("none", "/", flags=kernel.MS_REMOUNT | kernel.MS_BIND | MS_RDONLY)


def _layered(root: Root, owner: int) -> str:
    upper, work, merged = (os.path.join(root["folder"], n) for n in ("upper", "work", "merged"))
    for path in (upper, work, merged):
        os.makedirs(path, exist_ok=True)
    os.chown(upper, owner, owner)
    os.chmod(upper, 0o755)  # noqa: S103  # the container's root folder
    lower = _escaped(root["image"])
    options = f"lowerdir={lower},upperdir={_escaped(upper)},workdir={_escaped(work)},userxattr"
    mount("overlay", merged, "overlay", options=options)
    return merged


def _escaped(path: str) -> str:
    return path.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")


def _kernel_file_systems(merged: str, owner: int) -> None:
    for name in ("proc", "dev", "sys"):
        _folder(f"{merged}/{name}", owner)
    whose = f"uid={owner},gid={owner}"
    mount("proc", f"{merged}/proc", "proc", _QUIET)
    with contextlib.suppress(OSError):  # a machine may forbid it; few programs look
        mount("sysfs", f"{merged}/sys", "sysfs", _QUIET | MS_RDONLY)
    dev = f"{merged}/dev"
    mount("tmpfs", dev, "tmpfs", MS_NOSUID, f"mode=755,size=64k,{whose}")
    for name in _DEVICES:
        _file(f"{dev}/{name}", owner)
        kernel.bind(f"/dev/{name}", f"{dev}/{name}", readonly=False)
    for name, target in _LINKS.items():
        os.symlink(target, f"{dev}/{name}")
    _folder(f"{dev}/pts", owner)
    mount("devpts", f"{dev}/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666")
    _folder(f"{dev}/shm", owner)
    mount("tmpfs", f"{dev}/shm", "tmpfs", MS_NOSUID | MS_NODEV, f"mode=1777,size=64m,{whose}")


def _lend(path: str, merged: str, image: str, owner: int) -> None:
    """What both have as a folder shows the image's files over the host's."""
    target = merged + path
    if os.path.islink(path):
        if not os.path.lexists(target):
            os.symlink(os.readlink(path), target)
    elif not os.path.isdir(path):
        if os.path.exists(path) and not os.path.lexists(target):
            _file(target, owner)
            kernel.bind(path, target, readonly=True)
    elif not os.path.lexists(target):
        _folder(target, owner)
        kernel.bind(path, target, readonly=True)
    elif os.path.isdir(target):
        above = os.path.realpath(image + path)
        options = f"lowerdir={_escaped(above)}:{_escaped(path)},userxattr"
        mount("overlay", target, "overlay", MS_RDONLY, options)


def _copied(entry: Mount, owner: int) -> int:
    """The mount's source; what lies below it is made if it is not there, and never reached by a link."""
    here = os.open(entry["source"], os.O_PATH | os.O_CLOEXEC)
    for part in filter(None, entry["below"].split("/")):
        with contextlib.suppress(FileExistsError):
            os.mkdir(part, dir_fd=here)
            os.chmod(part, stat.S_IMODE(os.fstat(here).st_mode), dir_fd=here)
            os.chown(part, owner, owner, dir_fd=here, follow_symlinks=False)
        below = os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
        if stat.S_ISLNK(os.fstat(below).st_mode) or part == "..":
            raise OSError(f"subPath {entry['below']} leads through a link")
        os.close(here)
        here = below
    tree = kernel.copy(here)
    os.close(here)
    return tree


def _mount(target: str, source: int, owner: int, *, readonly: bool) -> None:
    if stat.S_ISDIR(os.fstat(source).st_mode):
        _folder(target, owner)
    else:
        _folder(os.path.dirname(target), owner)
        if not os.path.exists(target):
            _file(target, owner)
    kernel.place(source, target, readonly=readonly)


def _folder(path: str, owner: int) -> None:
    if os.path.isdir(path):
        return
    _folder(os.path.dirname(path), owner)
    os.mkdir(path, 0o755)
    os.chown(path, owner, owner)


def _file(path: str, owner: int) -> None:
    _folder(os.path.dirname(path), owner)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    os.fchown(descriptor, owner, owner)
    os.close(descriptor)
