"""How a container's process is started: its argument list, environment and folder.

A host-runtime image has no system of its own. Its files lie below `rootfs`, so words and search paths that name
files of the image are rewritten to where they really are; whatever else they name is the host's.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drydock.node.environment import expand_all
from drydock.node.images import Image
from drydock.resources import Object

_SEARCH_PATHS = ("PATH", "PYTHONPATH")


@dataclass(frozen=True, slots=True)
class Launch:
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path


@dataclass(frozen=True, slots=True)
class Host:
    """What the host lends to the processes: a folder with `python` in it, and its search path."""

    programs: Path
    path: str


def launch(
    image: Image,
    container: Object,
    pod_env: Mapping[str, str],
    own_env: Mapping[str, str],
    host: Host,
) -> Launch:
    """`pod_env` is what the pod says and wins over the image; `own_env` is what the node adds below both."""
    env = {**own_env, **image.env, **pod_env}
    for name in _SEARCH_PATHS:
        if name in env:
            env[name] = _search_path(image.rootfs, env[name])
    env["PATH"] = os.pathsep.join(filter(None, (str(host.programs), env.get("PATH"), host.path)))
    words = command(image, container, pod_env)
    return Launch(
        tuple(inside(image.rootfs, word) for word in words),
        env,
        _folder(image.rootfs, container.get("workingDir") or image.working_dir),
    )


def command(image: Image, container: Object, env: Mapping[str, str]) -> list[str]:
    """`command` replaces the entrypoint and with it the image's arguments; `args` alone replaces those."""
    if container.get("command"):
        words = [*container["command"], *(container.get("args") or ())]
    else:
        words = [*image.entrypoint, *(container.get("args") or image.cmd)]
    return expand_all(words, env)


def inside(rootfs: Path, word: str) -> str:
    """Where an absolute path of the image really is; any other word as it stands."""
    if not word.startswith("/"):
        return word
    path = rootfs / word.lstrip("/")
    return str(path) if path.exists() else word


def _folder(rootfs: Path, name: str) -> Path:
    path = rootfs / name.lstrip("/")
    return path if path.is_dir() else rootfs


def _search_path(rootfs: Path, value: str) -> str:
    """The entries that the image has; an entry that it lacks would name a folder of the host."""
    entries = [entry for entry in value.split(os.pathsep) if entry]
    paths: Sequence[str] = [
        str(rootfs / entry.lstrip("/"))
        for entry in entries
        if entry.startswith("/") and (rootfs / entry.lstrip("/")).is_dir()
    ]
    return os.pathsep.join(paths)
