"""The last steps of a container's process: its user, its rights, its folder, and then the program itself."""

import errno
import fcntl
import os
import signal
import stat
import termios

from drydock.node.blueprint import Program, User
from drydock.node.isolation import kernel


class NotExecuted(OSError):
    """It is the program itself that does not start; `filename` is its name."""


_LAST_CAPABILITY = "/proc/sys/kernel/cap_last_cap"


def attach(stdio: tuple[int, ...], *, terminal: bool) -> None:
    """A session of its own, with these descriptors."""
    os.setsid()
    for number, descriptor in enumerate(stdio):
        os.dup2(descriptor, number)
    if terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def hand_over(owner: int) -> None:
    """So that the container's user may open /dev/stdout, it owns what stands behind it."""
    for number in range(3):
        if stat.S_ISFIFO(os.fstat(number).st_mode) or os.isatty(number):
            os.fchown(number, owner, -1)


def own_users(user: User) -> None:
    """A user namespace in which we, whoever we are, are the container's one user."""
    kernel.unshare(kernel.CLONE_NEWUSER)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user['uid']} 0 1"),
        ("gid_map", f"{user['gid']} 0 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def become(user: User, *, groups: bool) -> None:
    """Inside the container's user namespace. `groups`: whether there is more than one user and group."""
    with open(_LAST_CAPABILITY, encoding="ascii") as file:
        last = int(file.read())
    for capability in range(last + 1):
        if capability not in user["capabilities"]:
            kernel.prctl(kernel.PR_CAPBSET_DROP, capability)
    if groups:
        os.setgroups(user["groups"])
    os.setresgid(user["gid"], user["gid"], user["gid"])
    os.setresuid(user["uid"], user["uid"], user["uid"])
    if not user["escalates"]:
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


def run(program: Program) -> None:
    """Does not return. Raises NotExecuted, or OSError for what stands before that."""
    try:
        os.chdir(program["cwd"])
    except OSError as problem:
        raise OSError(
            problem.errno, f'chdir to cwd ("{program["cwd"]}") failed: {problem.strerror}'
        ) from problem
    os.umask(0o022)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and so would the program
        signal.signal(number, signal.SIG_DFL)
    path = _found(program["argv"][0], program["env"].get("PATH", ""))
    try:
        os.execve(path, program["argv"], program["env"])  # noqa: S606  # this is what the process is for
    except OSError as problem:
        raise NotExecuted(problem.errno, problem.strerror, program["argv"][0]) from problem


def _found(name: str, search: str) -> str:
    if "/" in name:
        return name
    for folder in filter(None, search.split(":")):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and stat.S_ISREG(os.stat(path).st_mode):
            return path
    raise NotExecuted(errno.ENOENT, "no such file or directory", name)
