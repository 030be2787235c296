"""What is released: an image, a chart and the values of each environment, under one content-derived id."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

Digest = str
"""`sha256:` and 64 hexadecimal digits."""


def digest(content: bytes) -> Digest:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


SHOWN = 12
"""So many of a digest's digits tables show: enough to name a bundle by."""


def first_digits(reference: str) -> str:
    """Of a bundle that is named as tables show it, or by more of its id; empty where it is named otherwise."""
    digits = reference.removeprefix("sha256:")
    return digits if re.fullmatch(rf"[0-9a-f]{{{SHOWN},64}}", digits) else ""


def means(reference: str, bundle: Digest) -> bool:
    digits = first_digits(reference)
    return bool(digits) and bundle.startswith(f"sha256:{digits}")


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: the same value is the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class ImageRef:
    """An image by its bytes. The repository has no registry host: a bundle is the same on every registry."""

    repository: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class ChartRef:
    """A chart by its bytes; the version is for people."""

    repository: str
    version: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Bundle:
    """One release: what every environment gets, byte for byte."""

    image: ImageRef
    chart: ChartRef
    values: Mapping[
        str, Digest
    ]  # by environment: digest of the values file as it stands in the repository
    commit: str
    tag: str
    rollback_safe: bool = True  # an earlier release can work with the data that this one leaves

    @property
    def id(self) -> Digest:
        return digest(self.to_json())

    def same_content(self, other: Self) -> bool:
        """Would every environment get the same bytes? The commit that made them does not matter."""
        return replace(self, commit="") == replace(other, commit="")

    def to_json(self) -> bytes:
        return canonical(
            {
                "image": {"repository": self.image.repository, "digest": self.image.digest},
                "chart": {
                    "repository": self.chart.repository,
                    "version": self.chart.version,
                    "digest": self.chart.digest,
                },
                "values": dict(self.values),
                "commit": self.commit,
                "tag": self.tag,
                **({} if self.rollback_safe else {"rollback_safe": False}),
            }
        )

    @classmethod
    def from_json(cls, raw: bytes) -> Self:
        found = json.loads(raw)
        return cls(
            image=ImageRef(**found["image"]),
            chart=ChartRef(**found["chart"]),
            values=found["values"],
            commit=found["commit"],
            tag=found["tag"],
            rollback_safe=found.get("rollback_safe", True),
        )
