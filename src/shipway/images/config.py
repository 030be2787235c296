"""An image's configuration: what a runtime reads before it starts anything.

Source: https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shipway.images.runtime import Runtime
from shipway.model.bundle import Digest, canonical
from shipway.oci.artifact import Blob

CONFIG = "application/vnd.oci.image.config.v1+json"

RUNTIME_LABEL = "dev.shipway.runtime"
"""`host`: the image has no Python of its own and runs only where the node lends it one."""

PYTHON_LABEL = "dev.shipway.python"
"""The minor version its files were chosen for."""

BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"
"""What a base's tag meant when the image was made.

Source: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md
"""

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def image_config(
    runtime: Runtime,
    settings: Mapping[str, Any],
    diff_ids: Sequence[Digest],
    *,
    epoch: int = 0,
    below: Sequence[Mapping[str, Any]] = (),
) -> Blob:
    """`below` is the history of a base image; the layers that it does not know are ours."""
    created = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    known = sum(not step.get("empty_layer") for step in below)
    ours = [{"created": created, "created_by": "shipway build"}] * (len(diff_ids) - known)
    content = {
        "architecture": runtime.architecture,
        "os": runtime.os,
        "created": created,
        "config": dict(settings),
        "rootfs": {"type": "layers", "diff_ids": list(diff_ids)},
        "history": [*below, *ours],
    }
    return Blob.of(CONFIG, canonical(content))
