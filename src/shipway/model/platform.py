"""What machine an image is made for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Platform:
    """`architecture` is OCI's word, which Kubernetes has for its nodes too; empty where the image does not say."""

    architecture: str = ""


def platform(config: Mapping[str, Any]) -> Platform:
    """`config` is the image's configuration."""
    return Platform(config.get("architecture", ""))
