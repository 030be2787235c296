"""The system calls of Linux that Python 3.11 does not offer. For the agent: nothing but the standard library."""

import ctypes
import os
import platform
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
PR_CAPBSET_DROP = 24

_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 1
_AT_EMPTY_PATH = 0x1000
_MNT_DETACH = 2
_OPEN_TREE, _MOVE_MOUNT = 428, 429
_OPEN_TREE_CLONE = 1
_MOVE_MOUNT_F_EMPTY_PATH, _MOVE_MOUNT_T_SYMLINKS = 4, 16
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_MOUNT_SETATTR = 442

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kinds: int) -> None:
    """Of a namespace, or of a process: then `kinds` says which of its namespaces."""
    _checked(_libc.setns(descriptor, kinds), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    result = _libc.mount(
        source.encode(),
        os.fsencode(target),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        os.fsencode(options) or None,
    )
    _checked(result, f"mount {kind or source} on {target}")


def bind(source: str, target: str, *, readonly: bool) -> None:
    """With all that is mounted below the source."""
    mount(source, target, flags=MS_BIND | MS_REC)
    if readonly:
        make_readonly(target)


def make_readonly(path: str) -> None:
    """What is mounted at `path`, and below."""
    attributes = struct.pack("=QQQQ", _MOUNT_ATTR_RDONLY, 0, 0, 0)
    result = _libc.syscall(
        _MOUNT_SETATTR,
        _AT_FDCWD,
        os.fsencode(path),
        _AT_RECURSIVE,
        attributes,
        ctypes.c_size_t(len(attributes)),
    )
    _checked(result, f"mount_setattr {path}")


def copy(descriptor: int) -> int:
    """A copy of the file or folder, with all that is mounted below it, to be placed somewhere."""
    flags = _OPEN_TREE_CLONE | _AT_EMPTY_PATH | _AT_RECURSIVE | os.O_CLOEXEC
    tree = _libc.syscall(_OPEN_TREE, descriptor, b"", flags)
    _checked(tree, "open_tree")
    return int(tree)


def place(tree: int, target: str, *, readonly: bool) -> None:
    """Mount a copy. Links in `target` are followed."""
    flags = _MOVE_MOUNT_F_EMPTY_PATH | _MOVE_MOUNT_T_SYMLINKS
    result = _libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, os.fsencode(target), flags)
    _checked(result, f"move_mount to {target}")
    if readonly:
        make_readonly(target)


def enter_root() -> None:
    """The current folder, a mount, becomes the root, and the former root goes."""
    former = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    number = _PIVOT_ROOT[platform.machine()]
    _checked(_libc.syscall(number, b".", b"."), "pivot_root")
    os.fchdir(former)
    os.close(former)
    _checked(_libc.umount2(b".", _MNT_DETACH), "umount2")
    os.chdir("/")


def prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number).lower()}")
