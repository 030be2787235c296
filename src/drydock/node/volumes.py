"""A pod's volumes as folders of the host, and where its containers see them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from drydock.node.blueprint import Mount
from drydock.node.environment import ConfigError, Configs, Downward, expand
from drydock.resources import Object


class CannotMount(Exception):
    """A volume's content is missing: the pod waits, with a FailedMount event."""


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    mode: int


def materialise(
    folder: Path, pod: Object, downward: Downward, configs: Configs, base: int | None
) -> None:
    """Make every volume of the pod below `folder`. Raises CannotMount for the first that cannot be made.

    `base` is the host's uid and gid of the containers' user 0, where that is not us: then it owns the volumes, and
    the pod's fsGroup may use them.
    """
    group = pod["spec"].get("securityContext", {}).get("fsGroup")
    owner = _Owner(base, group)
    for volume in pod["spec"].get("volumes", ()):
        name = volume["name"]
        if "persistentVolumeClaim" in volume:
            _lend(folder / name, volume["persistentVolumeClaim"]["claimName"], configs)
            owner.take(folder / name, 0o777)
            continue
        try:
            files = _files(volume, downward, configs)
        except ConfigError as problem:
            raise CannotMount(
                f'MountVolume.SetUp failed for volume "{name}" : {problem}'
            ) from problem
        (folder / name).mkdir(parents=True, exist_ok=True)
        owner.take(folder / name, 0o777)
        for path, file in files.items():
            _write(folder / name, path, file, owner)


def volume_mounts(
    folder: Path, pod: Object, container: Object, env: Mapping[str, str]
) -> list[Mount]:
    """Where the container wants the volumes that lie in `folder`."""
    fixed = {
        volume["name"]
        for volume in pod["spec"].get("volumes", ())
        if not {"emptyDir", "persistentVolumeClaim"} & volume.keys()  # the others are for reading
    }
    return [
        {
            "source": str(folder / mount["name"]),
            "below": mount.get("subPath") or expand(mount.get("subPathExpr") or "", env),
            "target": str(PurePosixPath("/", mount["mountPath"])),
            "readonly": bool(mount.get("readOnly")) or mount["name"] in fixed,
        }
        for mount in container.get("volumeMounts", ())
    ]


def _lend(place: Path, claim_name: str, configs: Configs) -> None:
    """The claim's own folder, which outlives the pod, under the volume's name."""
    claimed = configs.claim(claim_name)
    if claimed is None:
        raise CannotMount(f'persistentvolumeclaim "{claim_name}" not found')
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink():
        place.symlink_to(claimed)


def temporary_folder(folder: Path, container: Object) -> Path | None:
    """The volume that the container mounts at /tmp."""
    for mount in container.get("volumeMounts", ()):
        if PurePosixPath(mount["mountPath"]) == PurePosixPath("/tmp"):  # noqa: S108  # the pod's word
            return folder / str(mount["name"])
    return None


def _files(
    volume: Object, downward: Downward, configs: Configs, mode: int = 0o644
) -> dict[str, _File]:
    """`mode` is for files that have none of their own."""
    if (projected := volume.get("projected")) is not None:
        mode = projected.get("defaultMode", mode)
        sources = projected.get("sources", ())
        return {
            k: v for source in sources for k, v in _files(source, downward, configs, mode).items()
        }
    if (source := volume.get("configMap")) is not None:
        return _entries(configs.config_map, "configmap", source.get("name", ""), source, mode)
    if (source := volume.get("secret")) is not None:
        name = source.get("secretName") or source.get("name", "")
        return _entries(configs.secret, "secret", name, source, mode)
    if (source := volume.get("downwardAPI")) is not None:
        mode = source.get("defaultMode", mode)
        return {
            item["path"]: _File(
                downward.field(item["fieldRef"]["fieldPath"]).encode(), item.get("mode", mode)
            )
            for item in source.get("items", ())
            if "fieldRef" in item
        }
    if "emptyDir" in volume or "serviceAccountToken" in volume:
        return {}
    kinds = ", ".join(key for key in volume if key != "name")
    raise ConfigError(f"drydock's node has no {kinds} volumes")


def _entries(read: Any, kind: str, name: str, source: Object, mode: int) -> dict[str, _File]:
    mode = source.get("defaultMode", mode)
    data: Mapping[str, bytes] | None = read(name)
    if data is None:
        if source.get("optional"):
            return {}
        raise ConfigError(f'{kind} "{name}" not found')
    if "items" not in source:
        return {key: _File(content, mode) for key, content in data.items()}
    missing = [i["key"] for i in source["items"] if i["key"] not in data]
    if missing and not source.get("optional"):
        raise ConfigError(f"references non-existent {kind} key: {missing[0]}")
    return {
        i["path"]: _File(data[i["key"]], i.get("mode", mode))
        for i in source["items"]
        if i["key"] in data
    }


@dataclass(frozen=True, slots=True)
class _Owner:
    base: int | None
    group: int | None

    def take(self, path: Path, mode: int) -> None:
        """As a kubelet does: fsGroup owns what it may use, and folders hand it on."""
        if self.base is not None:
            os.chown(path, self.base, self.base + (self.group or 0))
            if self.group is not None:
                mode |= 0o2070 if path.is_dir() else 0o040
        path.chmod(mode)


def _write(folder: Path, name: str, file: _File, owner: _Owner) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise CannotMount(f"the path {name} leaves its volume")
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.parent != folder:
        owner.take(target.parent, 0o755)
    draft = target.with_name(f".{target.name}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(file.content)
    owner.take(draft, file.mode)
    draft.replace(target)
