"""References to images and charts: `host/repository:tag@digest`, read and written (distribution spec, Pulling manifests)."""

import re
from dataclasses import dataclass
from typing import Self

from shipway.model.bundle import Digest
from shipway.oci.errors import BadReference

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?")
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}")


def is_repository(text: str) -> bool:
    return len(text) <= 255 and _REPOSITORY.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Reference:
    """One manifest of one registry. The digest decides where both stand; the tag is then for people."""

    host: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.host}/{self.repository}{tag}{digest}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises BadReference. A host is always written: what `python:3.12` means would depend on the machine."""
        name, _, digest = text.partition("@")
        host, slash, path = name.partition("/")
        repository, colon, tag = path.partition(":")
        if not slash or not ("." in host or ":" in host or host == "localhost"):
            raise BadReference(text, "has no registry host")
        if _HOST.fullmatch(host) is None:
            raise BadReference(text, f"has a bad registry host, {host}")
        if not is_repository(repository):
            raise BadReference(text, f"has a bad repository, {repository}")
        if colon and not is_tag(tag):
            raise BadReference(text, f"has a bad tag, {tag}")
        if "@" in text and not is_digest(digest):
            raise BadReference(text, f"has a bad digest, {digest}")
        return cls(host, repository, tag or None, digest or None)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a registry is. `prefix` goes before each repository: one host may serve several teams."""

    host: str
    plain_http: bool = False
    prefix: str = ""
    start: str = ""  # the command that brings it up, where it is ours

    @property
    def url(self) -> str:
        """Docker Hub's name is not where its registry listens."""
        host = "registry-1.docker.io" if self.host == "docker.io" else self.host
        return f"{'http' if self.plain_http else 'https'}://{host}"

    def name(self, repository: str) -> str:
        """The repository as this registry knows it."""
        return f"{self.prefix}/{repository}" if self.prefix else repository

    def reference(
        self, repository: str, tag: str | None = None, digest: Digest | None = None
    ) -> Reference:
        return Reference(self.host, self.name(repository), tag, digest)
