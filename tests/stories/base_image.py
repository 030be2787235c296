"""A base image for stories: empty, so that whoever runs what stands on it must lend it a Python."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping

from shipway.images import lock as locks
from shipway.images.runtime import Runtime
from shipway.images.wheels import WheelCache
from shipway.model.bundle import digest
from shipway.oci.artifact import Artifact, Blob
from shipway.shell.local import LocalShell
from shipway.testing.workbench import Workbench


def empty_base(labels: Mapping[str, str] | None = None) -> Artifact:
    """One file and no Python."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("etc/os-release"), io.BytesIO())
    config = {
        "architecture": Runtime.host().architecture,
        "os": "linux",
        "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Labels": dict(labels or {})},
        "rootfs": {"type": "layers", "diff_ids": [digest(tar.getvalue())]},
    }
    return Artifact(
        Blob.of("application/vnd.oci.image.config.v1+json", json.dumps(config).encode()),
        (
            Blob.of(
                "application/vnd.oci.image.layer.v1.tar+gzip",
                gzip.compress(tar.getvalue(), mtime=0),
            ),
        ),
    )


async def fetch_wheels(bench: Workbench) -> None:
    """What stands on it needs, into the cache that all tests share: the run itself asks no package index."""
    here, lock = Runtime.host(), bench.folder / "app" / "requirements.txt"
    runtime = Runtime(here.python, "linux", here.architecture)
    pins = locks.wanted(locks.read(lock.read_text(), file=lock), runtime.marker_environment)
    wheels = WheelCache(bench.state / "cache" / "wheels")
    await wheels.fetch(pins, runtime, lock=lock, shell=LocalShell(bench.folder))
