"""How large a chart becomes inside a release: helm keeps all of it in one Secret."""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from shipway.errors import USAGE, ShipwayError

LIMIT = 2**20
"""Bytes of a Secret's data that the Kubernetes API accepts."""


@dataclass(eq=False)
class ChartTooLarge(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    chart: PurePath
    size: int  # bytes
    largest: tuple[tuple[str, int], ...]

    @property
    def problem(self) -> str:
        files = ", ".join(f"{path} ({size / 1024:.0f} KiB)" for path, size in self.largest)
        return (
            f"{self.chart} makes a release of {self.size / LIMIT:.1f} MiB, "
            f"and a Secret holds 1 MiB; its largest files: {files}"
        )

    @property
    def remedy(self) -> str:
        return f"name what no template needs in {self.chart / '.helmignore'}"


def release_size(files: Mapping[str, bytes]) -> int:
    """Bytes, without the rendered manifest: JSON of base64, gzipped, and base64 once more, as helm stores it.

    Charts below charts/ do not count: helm stores what they rendered, not their files.
    """
    stored = {
        path: base64.b64encode(content).decode()
        for path, content in files.items()
        if not path.startswith("charts/")
    }
    return len(base64.b64encode(gzip.compress(json.dumps(stored).encode(), compresslevel=9)))


def refuse_too_large(files: Mapping[str, bytes], chart: PurePath) -> None:
    size = release_size(files)
    if size > LIMIT:
        by_size = sorted(((len(content), path) for path, content in files.items()), reverse=True)
        raise ChartTooLarge(chart, size, tuple((path, length) for length, path in by_size[:3]))
