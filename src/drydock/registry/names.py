"""The grammars of repository names, tags and digests (distribution spec, Pulling manifests; image spec, descriptor.md)."""

import re
from dataclasses import dataclass
from typing import Self

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_DIGEST = re.compile(r"(sha256):([a-f0-9]{64})|(sha512):([a-f0-9]{128})")


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest of an algorithm that we can check."""

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        match = _DIGEST.fullmatch(text)
        if match is None:
            return None
        return cls(match[1] or match[3], match[2] or match[4])

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


def is_repository(name: str) -> bool:
    return len(name) <= 255 and _REPOSITORY.fullmatch(name) is not None


def is_tag(reference: str) -> bool:
    return _TAG.fullmatch(reference) is not None
