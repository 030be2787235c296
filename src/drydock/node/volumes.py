"""A pod's volumes as folders of the host.

Without mounts a process cannot see them under their mountPath; they lie below the pod's folder instead.
"""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from drydock.node.environment import ConfigError, Configs, Downward
from drydock.resources import Object


class CannotMount(Exception):
    """A volume's content is missing: the pod waits, with a FailedMount event."""


def materialise(folder: Path, pod: Object, downward: Downward, configs: Configs) -> None:
    """Make every volume of the pod below `folder`. Raises CannotMount for the first that cannot be made."""
    for volume in pod["spec"].get("volumes", ()):
        name = volume["name"]
        try:
            files = _files(volume, downward, configs)
        except ConfigError as problem:
            raise CannotMount(
                f'MountVolume.SetUp failed for volume "{name}" : {problem}'
            ) from problem
        (folder / name).mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            _write(folder / name, path, content)


def temporary_folder(folder: Path, container: Object) -> Path | None:
    """The volume that the container mounts at /tmp."""
    for mount in container.get("volumeMounts", ()):
        if PurePosixPath(mount["mountPath"]) == PurePosixPath("/tmp"):  # noqa: S108  # the pod's word
            return folder / str(mount["name"])
    return None


def _files(volume: Object, downward: Downward, configs: Configs) -> dict[str, bytes]:
    if "projected" in volume:
        sources = volume["projected"].get("sources", ())
        return {k: v for source in sources for k, v in _files(source, downward, configs).items()}
    if (source := volume.get("configMap")) is not None:
        return _entries(configs.config_map, "configmap", source.get("name", ""), source)
    if (source := volume.get("secret")) is not None:
        name = source.get("secretName") or source.get("name", "")
        return _entries(configs.secret, "secret", name, source)
    if (source := volume.get("downwardAPI")) is not None:
        return {
            item["path"]: downward.field(item["fieldRef"]["fieldPath"]).encode()
            for item in source.get("items", ())
            if "fieldRef" in item
        }
    if "emptyDir" in volume or "serviceAccountToken" in volume:
        return {}
    kinds = ", ".join(key for key in volume if key != "name")
    raise ConfigError(f"drydock's node has no {kinds} volumes")


def _entries(read: Any, kind: str, name: str, source: Object) -> dict[str, bytes]:
    data: Mapping[str, bytes] | None = read(name)
    if data is None:
        if source.get("optional"):
            return {}
        raise ConfigError(f'{kind} "{name}" not found')
    if "items" not in source:
        return dict(data)
    missing = [i["key"] for i in source["items"] if i["key"] not in data]
    if missing and not source.get("optional"):
        raise ConfigError(f"references non-existent {kind} key: {missing[0]}")
    return {i["path"]: data[i["key"]] for i in source["items"] if i["key"] in data}


def _write(folder: Path, name: str, content: bytes) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise CannotMount(f"the path {name} leaves its volume")
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(target)
