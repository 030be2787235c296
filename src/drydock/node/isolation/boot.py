"""How a process becomes root of a user namespace of its own, and the first of a pid namespace."""

import os
import signal

from drydock.node.blueprint import IDS
from drydock.node.isolation import kernel
from drydock.node.isolation.kernel import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
)

_SPACES = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS


def reborn(base: int | None) -> None:
    """Returns in a child, whose exit code the calling process takes over and which ends with it.

    Without `base` its user 0 is ours, and there is no other. With it, which takes the host's root, its users 1 to 65536
    are the host's from `base` on; 0 is the host's root, for its files, but not for its powers.
    """
    if base is None:
        uid, gid = os.geteuid(), os.getegid()
        kernel.unshare(_SPACES)
        _write("self", "setgroups", "deny")
        _write("self", "uid_map", f"0 {uid} 1")
        _write("self", "gid_map", f"0 {gid} 1")
    else:
        _mapped_from_outside(f"0 0 1\n1 {base} {IDS}")
    child = os.fork()
    if child:
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # whoever listens shall hear the child's end
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def many_users() -> int:
    """A namespace below ours whose users 0 to 65535 are our 1 to 65536."""
    told, tell = os.pipe2(os.O_CLOEXEC)
    child = os.fork()
    if child == 0:
        kernel.unshare(CLONE_NEWUSER)
        os.write(tell, os.readlink("/proc/self").encode())  # its number where /proc was mounted
        signal.pause()
    os.close(tell)
    with open(told, encoding="ascii") as file:
        number = os.read(file.fileno(), 16).decode()
    for name in ("uid_map", "gid_map"):
        _write(number, name, f"0 1 {IDS}")
    users = os.open(f"/proc/{number}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return users


def _mapped_from_outside(lines: str) -> None:
    """Only somebody who stayed outside may map users that are not ours."""
    unshared, go = os.pipe2(os.O_CLOEXEC)
    parent = str(os.getpid())
    helper = os.fork()
    if helper == 0:
        os.close(go)
        os.read(unshared, 1)
        try:
            for name in ("uid_map", "gid_map"):
                _write(parent, name, lines)
        except OSError:
            os._exit(1)
        os._exit(0)
    kernel.unshare(_SPACES)
    os.close(go)
    os.close(unshared)
    _, status = os.waitpid(helper, 0)
    if status:
        raise PermissionError(1, f"users from {lines.split()[-2]} on cannot be mapped")


def _write(process: str, name: str, text: str) -> None:
    with open(f"/proc/{process}/{name}", "w", encoding="ascii") as file:
        file.write(text)
