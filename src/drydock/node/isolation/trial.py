"""Tries, in a process of its own, all that the isolated node needs of the machine, and prints what it cannot have."""

import os
import sys

from drydock.node.blueprint import Root, User
from drydock.node.isolation import boot, netns, program, rootfs
from drydock.node.isolation.kernel import CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, setns, unshare


def main() -> None:
    """Arguments: an empty folder, and the first of the host's users for containers, if there are."""
    folder = sys.argv[1]
    base = int(sys.argv[2]) if len(sys.argv) > 2 else None
    step = "user namespaces"
    try:
        boot.reborn(base)
        users = None if base is None else boot.many_users()
        step = "a network for each pod"
        spaces, _ = netns.make("127.77.0.1", "trial", netns.Spaces())
        step = "a process namespace for each container"
        unshare(CLONE_NEWPID)
        child = os.fork()
        if child == 0:
            step = "a file system for each container"
            spaces.enter()
            unshare(CLONE_NEWNS)
            os.mkdir(f"{folder}/image")
            _contain(folder, 0 if users is None else 1)
            step = "a user for each container"
            if users is None:
                nobody: User = {
                    "uid": 1,
                    "gid": 1,
                    "groups": [1],
                    "capabilities": [],
                    "escalates": False,
                }
                program.own_users(nobody)
            else:
                setns(users, CLONE_NEWUSER)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    except OSError as problem:
        sys.stdout.write(f"{step} ({problem.strerror or problem})")
        sys.stdout.flush()
        os._exit(1)


def _contain(folder: str, owner: int) -> None:
    root: Root = {
        "image": f"{folder}/image",
        "folder": folder,
        "readonly": True,
        "lent": [],
        "programs": "",
        "mounts": [],
    }
    rootfs.enter(root, "/", owner)
