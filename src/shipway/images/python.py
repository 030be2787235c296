"""An image of a Python service, made without a container engine and the same wherever it is made."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shipway.errors import USAGE, ShipwayError
from shipway.images import lock as locks
from shipway.images.base import Base, BaseUnusable, Registry, fetch, look
from shipway.images.bytecode import INTERPRETER, with_bytecode
from shipway.images.cache import Layer, LayerCache, key_of
from shipway.images.config import (
    BASE_DIGEST,
    BASE_NAME,
    PYTHON_LABEL,
    RUNTIME_LABEL,
    SYSTEM_PATH,
    image_config,
)
from shipway.images.lock import LockMissing, Pin
from shipway.images.runtime import Runtime
from shipway.images.source import APP, collect
from shipway.images.tree import Tree, fingerprint
from shipway.images.unpack import SITE, unpack
from shipway.images.wheels import WheelCache
from shipway.oci.artifact import Artifact, Blob
from shipway.shell.at_once import at_once
from shipway.shell.shell import Listener, Shell

_LAYOUT = 1  # raise it whenever the same sources give other files: it is part of every layer's key


@dataclass(frozen=True)
class PythonImage:
    """What an image is made of. Equal sources give equal digests, in any folder and at any hour.

    Labels therefore hold only what the caller names. The commit does not belong among them: it would give a commit
    that changes nothing but a page of documentation another digest, and with it a rollout; the bundle records the
    commit. `org.opencontainers.image.created` is out for the same reason.
    `epoch` is the time of every file, in seconds since 1970: 0, or what SOURCE_DATE_EPOCH says.
    """

    source: Path
    packages: tuple[str, ...]  # folders and files, relative to source
    requirements: Path
    entrypoint: tuple[str, ...]
    port: int
    user: str = "10001:10001"
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    base: str | None = None  # registry/repository:tag
    python: str | None = None  # a minor version; None: that of the base, without one the host's
    architecture: str = Runtime.host().architecture
    epoch: int = 0

    @property
    def runtime(self) -> Runtime:
        python = self.python or Runtime.host().python
        if self.base is None:
            return replace(Runtime.host(), python=python, architecture=self.architecture)
        return Runtime(python, "linux", self.architecture)


@dataclass(eq=False)
class RuntimeForeign(ShipwayError):
    """Without a base image the host's interpreter runs the service, and only that one."""

    exit_code = USAGE

    wanted: Runtime

    @property
    def problem(self) -> str:
        return (
            f"an image for Python {self.wanted.python} on {self.wanted.os}/{self.wanted.architecture} "
            "needs a base image: this machine cannot lend it that Python"
        )

    @property
    def remedy(self) -> str:
        return f"name a base image, or build for Python {Runtime.host().python}"


async def build(
    image: PythonImage,
    *,
    cache: Path,
    shell: Shell,
    listen: Listener | None = None,
    registry: Registry | None = None,
) -> Artifact:
    """The image, ready to be pushed. `registry` is that of `image.base`; `cache` may be shared by all builds."""
    if image.base is None and image.runtime != Runtime.host():
        raise RuntimeForeign(image.runtime)
    base = await _base(image, cache, registry)
    if base is not None:
        image = replace(image, python=_python(image, base))
    async with at_once() as group:
        if base is not None and registry is not None:
            group.create_task(fetch(base, registry=registry))
        middle = group.create_task(_dependencies(image, cache, shell, listen))
        top = group.create_task(_application(image, cache, shell, listen))
    layers = (*(base.layers if base else ()), *middle.result(), top.result())
    return Artifact(_config(image, base, layers), tuple(layer.blob for layer in layers))


async def _base(image: PythonImage, cache: Path, registry: Registry | None) -> Base | None:
    if image.base is None:
        return None
    assert registry is not None, "an image with a base needs that base's registry"
    runtime = image.runtime
    return await look(
        image.base, runtime.os, runtime.architecture, registry=registry, cache=cache / "base"
    )


def _python(image: PythonImage, base: Base) -> str:
    """Wheels are chosen for the base's own Python: which one builds the image does not show in it."""
    if image.python and base.python and image.python != base.python:
        reason = f"it has Python {base.python}, the image is for {image.python}"
        raise BaseUnusable(base.name, reason)
    return image.python or base.python or image.runtime.python


async def _dependencies(
    image: PythonImage, cache: Path, shell: Shell, listen: Listener | None
) -> tuple[Layer, ...]:
    """One layer, or none for a service that needs nothing but Python."""
    pins = await asyncio.to_thread(_pins, image)
    if not pins:
        return ()
    layers = LayerCache(cache / "layers")
    bytes_named = [[pin.name, pin.version, pin.hashes] for pin in pins]
    key = key_of(_LAYOUT, bytes_named, image.runtime.fingerprint, _interpreter(image), image.epoch)
    found = await asyncio.to_thread(layers.find, key)
    if found:
        return (found,)
    wheels = await WheelCache(cache / "wheels").fetch(
        pins, image.runtime, lock=image.requirements, shell=shell, listen=listen
    )
    tree = await asyncio.to_thread(unpack, wheels)
    tree = await _compiled(image, tree, cache, shell)
    return (await asyncio.to_thread(layers.keep, key, tree, epoch=image.epoch),)


async def _application(
    image: PythonImage, cache: Path, shell: Shell, listen: Listener | None
) -> Layer:
    tree = await collect(image.source, image.packages, shell=shell, listen=listen)
    layers = LayerCache(cache / "layers")
    key = key_of(_LAYOUT, fingerprint(tree), _interpreter(image), image.epoch)
    found = await asyncio.to_thread(layers.find, key)
    if found:
        return found
    tree = await _compiled(image, tree, cache, shell)
    return await asyncio.to_thread(layers.keep, key, tree, epoch=image.epoch)


def _pins(image: PythonImage) -> tuple[Pin, ...]:
    try:
        text = image.requirements.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LockMissing(image.requirements) from None
    pins = locks.read(text, file=image.requirements)
    return locks.wanted(pins, image.runtime.marker_environment)


def _interpreter(image: PythonImage) -> str | None:
    """Only the host's interpreter is at hand to compile for; an image with a base brings another build of Python."""
    return None if image.base else INTERPRETER


async def _compiled(image: PythonImage, tree: Tree, cache: Path, shell: Shell) -> Tree:
    if _interpreter(image) is None:
        return tree
    return await with_bytecode(tree, shell=shell, scratch=cache / "scratch")


def _config(image: PythonImage, base: Base | None, layers: tuple[Layer, ...]) -> Blob:
    below = base.config if base else {}
    settings = below.get("config") or {}
    return image_config(
        image.runtime,
        {
            # a command of the base would become arguments of our entrypoint
            **{name: value for name, value in settings.items() if name != "Cmd"},
            "Entrypoint": list(image.entrypoint),
            "Env": [f"{name}={value}" for name, value in _env(image, settings).items()],
            "User": image.user,
            "WorkingDir": f"/{APP}",
            "ExposedPorts": {f"{image.port}/tcp": {}},
            "Labels": {**(settings.get("Labels") or {}), **_labels(image, base)},
        },
        [layer.diff_id for layer in layers],
        epoch=image.epoch,
        below=below.get("history") or (),
    )


def _env(image: PythonImage, settings: Mapping[str, Any]) -> dict[str, str]:
    inherited = dict(line.split("=", 1) for line in settings.get("Env") or ())
    return {
        **inherited,
        "PATH": f"/{SITE}/bin:{inherited.get('PATH', SYSTEM_PATH)}",
        "PYTHONPATH": f"/{SITE}:/{APP}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict(sorted(image.env.items())),
    }


def _labels(image: PythonImage, base: Base | None) -> dict[str, str]:
    lent = {RUNTIME_LABEL: "host"}
    origin = {BASE_NAME: base.name, BASE_DIGEST: base.digest} if base else lent
    return {**origin, PYTHON_LABEL: image.runtime.python, **image.labels}
