"""What a registry can answer that stops a release."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import LATER, REFUSED, USAGE, ShipwayError

PASSING = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(eq=False)
class BadReference(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    text: str
    fault: str

    @property
    def problem(self) -> str:
        return f"{self.text or 'an empty reference'} {self.fault}"

    @property
    def remedy(self) -> str:
        return "write it as host/repository:tag or host/repository@sha256:…"


@dataclass(eq=False)
class RegistryUnreachable(ShipwayError):
    url: str
    cause: str
    start: str = ""  # the command that would bring it up, where there is one

    @property
    def problem(self) -> str:
        return f"the registry {self.url} does not answer: {self.cause}"

    @property
    def remedy(self) -> str:
        return self.start or f"curl -v {self.url}/v2/"


@dataclass(eq=False)
class RegistryRefused(ShipwayError):
    """An answer that fits no other error of this module."""

    request: str
    status: int
    code: str = ""
    message: str = ""
    retry_after: float | None = None  # seconds, as the registry asked

    @property
    def is_passing(self) -> bool:
        """Whether the same work may succeed a little later, an upload with a new session."""
        return self.status in PASSING or self.code == "BLOB_UPLOAD_UNKNOWN"

    @property
    def problem(self) -> str:
        said = " ".join(part for part in (str(self.status), self.code, self.message) if part)
        return f"{self.request}: the registry answered {said}"

    @property
    def remedy(self) -> str | None:
        return LATER if self.is_passing else None


@dataclass(eq=False)
class Unauthorized(ShipwayError):
    host: str
    request: str
    status: int
    message: str = ""

    @property
    def problem(self) -> str:
        said = f": {self.message}" if self.message else ""
        return f"{self.host} does not allow {self.request} ({self.status}){said}"

    @property
    def remedy(self) -> str:
        return f"check the credentials for {self.host}, and what they may pull and push"


@dataclass(eq=False)
class NotInRegistry(ShipwayError):
    reference: str

    @property
    def problem(self) -> str:
        return f"{self.reference} is not in the registry"

    @property
    def remedy(self) -> str:
        return "push it first (shipway build), or correct the reference"


@dataclass(eq=False)
class BundleGone(ShipwayError):
    """A record refers to a bundle: without it there is nothing to refer to."""

    repository: str  # with its registry's host
    bundle: str

    @property
    def problem(self) -> str:
        return (
            f"{self.repository} holds bundle {self.bundle[:19]} no longer, "
            "and nothing can be recorded about it"
        )

    @property
    def remedy(self) -> str:
        return "release one that is there: shipway bundles"


@dataclass(eq=False)
class NoRepository(ShipwayError):
    """Some registries, ECR among them, have a repository only once somebody made it."""

    host: str
    repository: str

    @property
    def problem(self) -> str:
        return f"{self.host} has no repository {self.repository}"

    @property
    def remedy(self) -> str:
        return f"create {self.repository} (on EKS: shipway setup eks)"


@dataclass(eq=False)
class TagTaken(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    reference: str
    wanted: str
    existing: str | None

    @property
    def problem(self) -> str:
        existing = self.existing or "other content"
        return f"{self.reference} is {existing} already and is not moved to {self.wanted}"

    @property
    def remedy(self) -> str:
        return "release under a new tag: what is published keeps its name"


@dataclass(eq=False)
class WrongContent(ShipwayError):
    """Bytes that are not what their digest says: damaged on the way, on the disk, or on purpose."""

    reference: str
    found: str

    @property
    def problem(self) -> str:
        return f"{self.reference} came with other content, {self.found}"

    @property
    def remedy(self) -> str:
        return "try again; if it stays, push it again: the copy of the registry is damaged"


@dataclass(eq=False)
class NoPlatform(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    reference: str
    wanted: str
    available: Sequence[str]

    @property
    def problem(self) -> str:
        return f"{self.reference} is not made for {self.wanted}, only for {', '.join(self.available) or 'nothing'}"

    @property
    def remedy(self) -> str:
        return "choose an image or a platform of this list"


def describe(error: Exception) -> str:
    """The cause of a connection error in one line; some of httpx2's say nothing but their type."""
    return str(error) or type(error).__name__
