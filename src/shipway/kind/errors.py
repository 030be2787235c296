"""What stands in the way of a Kind cluster, and what a person does about it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from shipway.docker import errors as docker
from shipway.errors import USAGE, CommandFailed, ShipwayError
from shipway.kind.layout import REGISTRY_CONTAINER, REGISTRY_IMAGE
from shipway.targets.kind import CLUSTER, START

KNOWN_ISSUES = "https://kind.sigs.k8s.io/docs/user/known-issues/"
TAIL = 20  # lines of proof
PULL = re.compile(r'failed to pull image "([^"@]+)')
REASON = re.compile(r"Error response from daemon: (.*)")


@dataclass(eq=False)
class PortTaken(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    port: int
    holder: str | None  # in words, where it can be told
    container: str | None = None
    key: str | None = None  # in shipway.yaml, where another port can be chosen

    @property
    def problem(self) -> str:
        return f"port {self.port} is taken by {self.holder or 'a program that does not tell'}"

    @property
    def remedy(self) -> str:
        end = f"docker stop {self.container}" if self.container else "end it"
        look = "" if self.holder else f" (sudo ss -ltnp 'sport = :{self.port}' shows it)"
        other = f", or choose another port: {self.key} in shipway.yaml" if self.key else ""
        return f"{end}{look}{other}; then: {START}"


@dataclass(eq=False)
class NameTaken(ShipwayError):
    """A container of somebody else has a name that we need."""

    exit_code: ClassVar[int] = USAGE

    name: str

    @property
    def problem(self) -> str:
        return f"there is a container {self.name} already, and it is not ours"

    @property
    def remedy(self) -> str:
        return f"if nobody needs it: docker rm -f {self.name}; then: {START}"


@dataclass(eq=False)
class ForeignCluster(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    reasons: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"there is a Kind cluster {CLUSTER} already, and it is another one: {'; '.join(self.reasons)}"

    @property
    def remedy(self) -> str:
        return f"if nobody needs it: kind delete cluster --name {CLUSTER}; then: {START}"


@dataclass(eq=False)
class BrokenCluster(ShipwayError):
    """Its node runs, and Kubernetes on it does not."""

    reason: str

    @property
    def problem(self) -> str:
        return f"the Kind cluster {CLUSTER} does not work: {self.reason}"

    @property
    def remedy(self) -> str:
        return f"docker restart {CLUSTER}-control-plane, or make it anew: shipway teardown kind && {START}"


@dataclass(eq=False)
class ImageNotPulled(ShipwayError):
    image: str
    reason: str

    @property
    def problem(self) -> str:
        return f"the image {self.image} cannot be pulled: {self.reason}"

    @property
    def remedy(self) -> str:
        return f"once its registry can be reached: docker pull {self.image}; then: {START}"


@dataclass(eq=False)
class NoRoomForKind(ShipwayError):
    """A limit of this machine ended what runs in the node."""

    limit: str
    way: str
    tail: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"kind could not make the cluster: {self.limit}"

    @property
    def remedy(self) -> str:
        return f"{self.way}; then: {START}. More: {KNOWN_ISSUES}"

    @property
    def details(self) -> tuple[str, ...]:
        return self.tail


@dataclass(eq=False)
class KindFailed(ShipwayError):
    reason: str
    tail: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"kind could not make the cluster: {self.reason}"

    @property
    def remedy(self) -> str:
        return f"{START} once the cause is gone; what kind knows of: {KNOWN_ISSUES}"

    @property
    def details(self) -> tuple[str, ...]:
        return self.tail


# All of these words in what kind prints → the limit that was met, and how to lift it.
LIMITS = (
    (
        ("too many open files",),
        "too many open files",
        "sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512",
    ),
    (
        ("cgroup v1 is deprecated", "failed to init node with kubeadm"),
        "this machine still has cgroup v1, which Kubernetes has left behind",
        "boot it with cgroup v2 (systemd.unified_cgroup_hierarchy=1)",
    ),
    (
        ("could not find a log line that matches",),
        "its node did not come up, as happens where memory or inotify watches are short",
        "give Docker 4 GB or more, and: sudo sysctl fs.inotify.max_user_instances=512",
    ),
    (("cannot allocate memory",), "memory is short", "give Docker 4 GB of memory or more"),
    (
        ("the kubelet is not healthy",),
        "its kubelet did not come up, as happens where memory is short",
        "give Docker 4 GB of memory or more",
    ),
)


def told(failure: CommandFailed, lines: Sequence[str]) -> ShipwayError:
    """Why `kind create cluster` failed: `lines` are all that it said."""
    said = "\n".join(lines)
    tail = tuple(lines[-TAIL:])
    pull = PULL.search(said)
    if pull:
        return ImageNotPulled(pull[1], reason(lines))
    of_docker = docker.told(CommandFailed(failure.command, failure.returncode, tail))
    if not isinstance(of_docker, CommandFailed):
        return of_docker
    for signs, limit, way in LIMITS:
        if all(sign in said.lower() for sign in signs):
            return NoRoomForKind(limit, way, tail)
    first = next((line for line in lines if line.startswith("ERROR: ")), "it did not say why")
    return KindFailed(first.removeprefix("ERROR: failed to create cluster: "), tail)


def registry_told(failure: CommandFailed) -> ShipwayError:
    """Why the registry's container does not start."""
    text = "\n".join(failure.tail)
    taken = re.search(r":(\d+)[^\n]*(?:port is already allocated|address already in use)", text)
    if taken:
        return PortTaken(int(taken[1]), None)
    if "is already in use by container" in text:
        return NameTaken(REGISTRY_CONTAINER)
    error = docker.told(failure)
    if error is failure and "Unable to find image" in text:
        return ImageNotPulled(REGISTRY_IMAGE, reason(failure.tail))
    return error


def reason(lines: Sequence[str]) -> str:
    """What the engine itself said."""
    found = [match[1] for line in lines if (match := REASON.search(line))]
    return found[-1] if found else next(iter(reversed(lines)), "no reason was given")
