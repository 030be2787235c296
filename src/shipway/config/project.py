"""What shipway.yaml says once it is read: frozen values, paths relative to the folder of the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Literal

Builder = Literal["python", "docker", "auto"]
Runner = Literal["auto", "dagger", "docker", "host"]
OnFailure = Literal["hold", "rollback"]


@dataclass(frozen=True, slots=True)
class Image:
    """What the image is made of. `base` is a reference to the image below it, None for none."""

    repository: str
    builder: Builder
    source: PurePath
    packages: tuple[str, ...]
    requirements: PurePath
    entrypoint: tuple[str, ...]
    port: int
    base: str | None


@dataclass(frozen=True, slots=True)
class Chart:
    path: PurePath
    repository: str


@dataclass(frozen=True, slots=True)
class Check:
    """A command that must end with exit code 0 before anything is released."""

    run: tuple[str, ...]
    folder: PurePath


@dataclass(frozen=True, slots=True)
class Checks:
    """`image` and `requirements` are what a container runs them in: hashed locks, installed before a check begins."""

    lint: Check
    test: Check
    runner: Runner
    image: str
    requirements: tuple[PurePath, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """`max_failed_requests` is what the probe may lose in a rollout, None for any number."""

    name: str
    namespace: str
    on_failure: OnFailure = "hold"
    max_failed_requests: int | None = None
    approval: bool = False  # a person must say yes to each bundle


@dataclass(frozen=True, slots=True)
class Target:
    """A place to release to: by environment, the values file and the host name that answers for it.

    `port` is the ingress port, None for any free one. `base` is the image below, where it is another than the project's.
    `key` is the team's public key, with which records must be signed, None where they need no signature.
    """

    values: Mapping[str, PurePath]
    hosts: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    base: str | None = None
    key: PurePath | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """One release definition. `root` is its folder; `timeout` is seconds for one rollout.

    `probe` is the path that is requested through the real route while a rollout goes on. `rollback_safe` is false for a
    release whose data an earlier one could not read.
    """

    root: Path
    name: str
    image: Image
    chart: Chart
    checks: Checks
    environments: tuple[Environment, ...]
    timeout: int
    targets: Mapping[str, Target]
    probe: str = "/health"
    rollback_safe: bool = True

    def release(self, environment: Environment) -> str:
        """The name of the release that helm knows in `environment`."""
        return f"{self.name}-{environment.name}"
