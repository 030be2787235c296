"""The target that needs nothing but Python: drydock, with its own registry and ingress, below `.shipway/embedded`."""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar

from shipway.commands import drydock
from shipway.config.project import Project
from shipway.errors import USAGE, CommandFailed, ShipwayError
from shipway.kube.access import Access
from shipway.kube.errors import NoCluster
from shipway.model.isolation import Isolation
from shipway.oci.artifact import Artifact
from shipway.oci.errors import RegistryRefused, RegistryUnreachable
from shipway.oci.reference import Address
from shipway.shell.shell import Shell
from shipway.targets.isolation import isolation
from shipway.targets.living import lives
from shipway.targets.local_places import local_places
from shipway.targets.target import Target
from shipway.targets.tool_env import tool_env

NAME = "embedded"
CURL = "shipway/curl"
START = "shipway setup embedded"
PYTHON = Path(sys.executable)
PORT_FLAG, PORT_KEY = "--ingress-port", "targets.embedded.port in shipway.yaml"
TRY = re.compile(r"\s*try: ")


@dataclass(eq=False)
class DrydockFailed(ShipwayError):
    """drydock said why, as `error: …`, lines of proof and `try: …`; we pass it on."""

    exit_code: ClassVar[int] = USAGE

    said: tuple[str, ...]

    @property
    def problem(self) -> str:
        first = next(iter(self.said), "drydock did not start and did not say why")
        return first.removeprefix("error: ")

    @property
    def remedy(self) -> str | None:
        tries = [line.partition("try: ")[2] for line in self.said if TRY.match(line)]
        return tries[0].replace(PORT_FLAG, PORT_KEY) if tries else None

    @property
    def details(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.said[1:] if not TRY.match(line))


@dataclass(eq=False)
class OtherPort(ShipwayError):
    """A running drydock keeps its ports: pods and visitors know them."""

    exit_code: ClassVar[int] = USAGE

    asked: int
    serving: int

    @property
    def problem(self) -> str:
        return f"{PORT_KEY} is {self.asked}, and the embedded cluster is up with its ingress on {self.serving}"

    @property
    def remedy(self) -> str:
        return f"shipway teardown embedded, then: {START}"


@dataclass(eq=False)
class OwnSystem(ShipwayError):
    """An image with a file system of its own runs in a pod with one, or not at all."""

    exit_code: ClassVar[int] = USAGE

    key: str  # of shipway.yaml, with what it says
    isolation: Isolation
    otherwise: str  # what to write instead

    @property
    def problem(self) -> str:
        return (
            f"{self.key} makes an image with a system of its own, "
            f"and the embedded cluster's {self.isolation}"
        )

    @property
    def remedy(self) -> str:
        elsewhere = f"{self.otherwise} in shipway.yaml, or release to another target: --target kind"
        way = self.isolation.remedy
        return f"{way}. Or {elsewhere}" if way else elsewhere


@dataclass(frozen=True, slots=True)
class Embedded:
    """Of one project: every project has a drydock of its own."""

    host_images: ClassVar[bool] = True
    one_by_one: ClassVar[bool] = False

    project: Project
    shell: Shell

    @property
    def home(self) -> Path:
        return self.project.root / ".shipway" / NAME

    async def check(self) -> None:
        """An image with a system of its own needs isolated pods, and only a drydock that is up can tell."""
        if self._whole_image is None:
            return
        if not self._is_up():
            await self._start()
        self.judge(self.isolation)

    @property
    def isolation(self) -> Isolation:
        """NoCluster while drydock is down."""
        return isolation(_status(self.home))

    def judge(self, pods: Isolation) -> None:
        """Whether the project's image can run in them: OwnSystem if not."""
        if self._whole_image and not pods.isolated:
            key, otherwise = self._whole_image
            raise OwnSystem(key, pods, otherwise)

    async def up(self, say: Callable[[str], None]) -> Target:
        """Start drydock unless it is up, and give its registry what it cannot pull from elsewhere."""
        was_up = self._is_up()
        if not was_up:
            say("starting drydock")
            await self._start()
        target = await self.find()
        try:
            async with target.open_registry() as registry:
                await registry.upload(CURL, _curl())
        except (RegistryUnreachable, RegistryRefused) as trouble:
            if not was_up:
                raise
            # it was given before; a rollback may do without a registry, and what may not says so itself
            say(trouble.problem)
        return target

    async def find(self) -> Target:
        """The target as it is; NoCluster while drydock is down."""
        status = _status(self.home)
        registry = Address(f"localhost:{status['registry']}", plain_http=True, start=START)
        pods = isolation(status)
        return Target(
            name=NAME,
            registry=registry,
            access=Access(NAME, self.home / "kubeconfig", START, local=True),
            places=local_places(self.project, NAME, partial(_pod_defaults, registry, pods)),
            deployment=self.project.name,
            tool_env=tool_env(self.project.root / ".shipway" / "helm"),
            where=f"ingress http://localhost:{status['ingress']}",
            ingress_port=status["ingress"],
            isolation=pods,
            variables=os.environ,
        )

    async def down(self, *, purge: bool) -> str:
        """End drydock and all that it started. `purge` removes its state, its registry and its logs, too."""
        was_up = (self.home / "status.json").exists()
        await self.shell.run(drydock.down(PYTHON, self.home))
        if purge:
            shutil.rmtree(self.home, ignore_errors=True)
        stopped = "the embedded cluster is stopped" if was_up else "the embedded cluster was not up"
        kept = "its state is gone" if purge else "its state is kept in .shipway/embedded"
        return f"{stopped}; {kept}"

    @property
    def _whole_image(self) -> tuple[str, str] | None:
        """What in shipway.yaml makes an image with a system of its own, and what to write instead."""
        if self.project.image.builder == "docker":
            return "image.builder: docker", "set image.builder: auto"
        if self.project.targets[NAME].base is not None:
            return "targets.embedded.base", "remove targets.embedded.base"
        return None

    async def _start(self) -> None:
        port = self.project.targets[NAME].port
        try:
            await self.shell.run(drydock.up(PYTHON, self.home, ingress_port=port))
        except CommandFailed as failure:
            raise DrydockFailed(failure.tail) from failure

    def _is_up(self) -> bool:
        """Its files and the process table tell: a drydock started to say that it is up takes 0.5 s.

        OtherPort when it is, but not where shipway.yaml wants it.
        """
        try:
            status, holder = _status(self.home), _read(self.home / "pid.json")
        except NoCluster:
            return False
        if not lives(holder["pid"], holder["birth"]):
            return False
        asked = self.project.targets[NAME].port
        if asked is not None and asked != status["ingress"]:
            raise OtherPort(asked, status["ingress"])
        return True


def _status(folder: Path) -> dict[str, Any]:
    return _read(folder / "status.json")


def _read(file: Path) -> dict[str, Any]:
    """Drydock's files are there while it is."""
    try:
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise NoCluster(NAME, START) from None
    return found


def _pod_defaults(registry: Address, pods: Isolation) -> dict[str, Any]:
    """The test's image comes from our registry. Pods that share this machine's addresses listen on their own alone."""
    tests = {"image": f"{registry.host}/{CURL}@{_curl().digest}"}
    return {"tests": tests} if pods.isolated else {"bindAddress": "podIP", "tests": tests}


@cache
def _curl() -> Artifact:
    from shipway.images.curl import curl_image  # noqa: PLC0415  # it takes 50 ms, and who only looks needs none

    return curl_image()
