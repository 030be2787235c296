"""The agent's trial of all that a container needs of the machine, before it says that it is ready."""

import os

from drydock.node.blueprint import Root, User
from drydock.node.isolation import netns, program, rootfs
from drydock.node.isolation.kernel import CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, setns, unshare

_ONE: User = {"uid": 1, "gid": 1, "groups": [1], "capabilities": [], "escalates": False}


def lacking(folder: str, users: int | None) -> str:
    """What the machine does not allow; empty where all is well. `folder` is empty, `users` as the agent's."""
    step = "a network for each pod"
    home = netns.Spaces()
    pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        pod, doors = netns.make("127.77.0.1", "trial", home)
        for door in doors:
            door.close()
        step = "a process namespace for each container"
        unshare(CLONE_NEWPID)
        told, tell = os.pipe2(os.O_CLOEXEC)
        child = os.fork()
        if child == 0:
            try:
                os.write(tell, _container(pod, folder, users).encode())
                os._exit(0)
            finally:
                os._exit(1)
        setns(pids, CLONE_NEWPID)
        os.close(tell)
        pod.close()
        with open(told, encoding="utf-8") as file:
            words = file.read()
        _, status = os.waitpid(child, 0)
    except OSError as problem:
        return described(step, problem)
    finally:
        home.close()
        os.close(pids)
    return words or ("a trial container, which died" if status else "")


def described(step: str, problem: OSError) -> str:
    return f"{step} ({problem.strerror or problem})"


def _container(pod: netns.Spaces, folder: str, users: int | None) -> str:
    step = "a file system for each container"
    try:
        pod.enter()
        unshare(CLONE_NEWNS)
        image = f"{folder}/image"
        os.mkdir(image)
        root: Root = {
            "image": image,
            "folder": folder,
            "readonly": True,
            "lent": [],
            "programs": "",
            "mounts": [{"source": image, "below": "", "target": "/volume", "readonly": True}],
        }
        rootfs.enter(root, "/", 0 if users is None else 1)
        step = "a user for each container"
        if users is None:
            program.own_users(_ONE)
        else:
            setns(users, CLONE_NEWUSER)
    except OSError as problem:
        return described(step, problem)
    return ""
