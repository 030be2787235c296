"""Runs a check in a container of the Docker engine."""

import asyncio
import json
import shlex
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from shipway.commands import docker
from shipway.commands.command import Command
from shipway.docker.errors import DockerMissing, told
from shipway.errors import CommandFailed, ProgramMissing, ShipwayError
from shipway.images.config import SYSTEM_PATH
from shipway.images.runtime import Runtime
from shipway.images.unpack import SITE
from shipway.model.bundle import canonical, digest
from shipway.runners.packages import packages
from shipway.runners.source import copied
from shipway.runners.unable import RunnerUnable
from shipway.shell.shell import Finished, Listener, Shell

SOURCE = PurePosixPath("/src")
ROOT = PurePosixPath("/")
LABEL = "dev.shipway.checks"

QUESTION = (
    "import platform, sys; print('{}.{}'.format(*sys.version_info), platform.libc_ver()[0] or '?')"
)
COMPILE = f"import compileall; compileall.compile_dir('/{SITE}', quiet=2)"
"""Once for all: what a container writes is gone with it. A file that does not compile is no error."""

_LAYOUT = (
    1  # raise it whenever the same locks give other files: it is part of every environment's name
)


@dataclass(eq=False)
class ImageUnavailable(ShipwayError):
    image: str
    reason: str

    @property
    def problem(self) -> str:
        return f"{self.image} cannot be pulled"

    @property
    def details(self) -> tuple[str, ...]:
        return (self.reason,)

    @property
    def remedy(self) -> str:
        return f"docker pull {self.image}, or name another image in checks.image"


@dataclass(eq=False)
class ImageUnfit(ShipwayError):
    image: str
    reason: str

    @property
    def problem(self) -> str:
        return f"{self.image} cannot hold the checks: {self.reason}"

    @property
    def remedy(self) -> str:
        return (
            "name a Python image with the GNU C library in checks.image, such as python:3.12-slim"
        )


@dataclass(eq=False)
class NothingToCheck(ShipwayError):
    """A check of nothing would be green."""

    folder: Path

    @property
    def problem(self) -> str:
        return (
            f"{self.folder} has no file that git does not ignore: a container would get none of it"
        )

    @property
    def remedy(self) -> str:
        return "git add it, or look at .gitignore"


class DockerRunner:
    """Source and packages are copied into the container: nothing is mounted, so a remote engine does as well.

    What the locks name is laid over the image once, and kept in the engine as `shipway-checks:<what went in>`.
    `patience` is how many seconds a missing image may take to come; None for as long as it takes.
    """

    def __init__(
        self,
        shell: Shell,
        *,
        root: Path,
        image: str,
        requirements: Sequence[Path],
        cache: Path,
        run: str,
        patience: float | None = None,
    ) -> None:
        self._shell = shell
        self._root = root
        self._image = image
        self._requirements = requirements
        self._cache = cache
        self._names = (f"shipway-{run}-{number}" for number in count(1))
        self._patience = patience
        self._preparing = asyncio.Lock()
        self._prepared: str | RunnerUnable | None = None

    @property
    def where(self) -> str:
        return f"in {self._image} by Docker"

    async def run(self, argv: Sequence[str], folder: Path, listen: Listener) -> None:
        image = await self._environment(listen)
        async with self._container(image, argv, SOURCE / folder) as name:
            async with copied(self._root, self._shell) as source:
                if not (source / folder).is_dir():
                    raise NothingToCheck(folder)
                await self._ask(docker.fill_container(name, source, SOURCE))
            try:
                await self._shell.run(docker.run_container(name), listen=listen)
            except CommandFailed as failed:
                raise await self._ended(name, argv, failed) from failed

    async def _ended(self, name: str, argv: Sequence[str], failed: CommandFailed) -> ShipwayError:
        """The client's exit code is the check's, unless the client itself failed."""
        state = json.loads((await self._ask(docker.look_at_container(name))).stdout)
        if state["Running"]:
            return told(failed)
        code = state["ExitCode"] or failed.returncode
        return CommandFailed(shlex.join(argv), code, failed.tail)

    async def _environment(self, listen: Listener) -> str:
        """The id of an image with all that the checks need: one for all of them, prepared by the first."""
        async with self._preparing:
            if self._prepared is None:
                try:
                    self._prepared = await self._prepare(listen)
                except ShipwayError as error:
                    self._prepared = RunnerUnable.because("Docker", error)
        if isinstance(self._prepared, RunnerUnable):
            raise self._prepared
        return self._prepared

    async def _prepare(self, listen: Listener) -> str:
        base = await self._look(self._image) or await self._pull(listen)
        found = str(base["Id"])
        if not self._requirements:
            return found
        texts = [digest(path.read_bytes()) for path in self._requirements]
        key = digest(canonical([_LAYOUT, found, texts])).removeprefix("sha256:")
        name = f"shipway-checks:{key[:12]}"
        ready = await self._look(name) or await self._make(name, base, listen)
        return str(ready["Id"])

    async def _make(self, name: str, base: dict[str, Any], listen: Listener) -> dict[str, Any]:
        runtime = await self._runtime(base)
        image = str(base["Id"])
        async with (
            packages(self._requirements, runtime, self._cache, self._shell, listen) as folder,
            self._container(image, ("python", "-c", COMPILE), ROOT) as container,
        ):
            await self._ask(docker.fill_container(container, folder, ROOT))
            await self._ask(docker.run_container(container))
            await self._ask(docker.keep_container(container, name, _changes(base)))
        made = await self._look(name)
        assert made is not None
        return made

    async def _runtime(self, base: dict[str, Any]) -> Runtime:
        try:
            said = await self._shell.run(docker.ask_python(str(base["Id"]), QUESTION))
        except CommandFailed as failed:
            cause = told(failed)
            unfit = ImageUnfit(self._image, "it has no python that runs")
            raise (unfit if cause is failed else cause) from failed
        python, c_library = said.stdout.split()
        if c_library != "glibc":
            raise ImageUnfit(self._image, "its C library is not GNU's, which the wheels are for")
        return Runtime(python, base["Os"], base["Architecture"])

    async def _look(self, image: str) -> dict[str, Any] | None:
        try:
            said = await self._shell.run(docker.look_at_image(image))
        except ProgramMissing as missing:
            raise DockerMissing from missing
        except CommandFailed as failed:
            cause = told(failed)
            if cause is not failed:
                raise cause from failed
            return None
        found = json.loads(said.stdout)
        assert isinstance(found, dict)
        return found

    async def _pull(self, listen: Listener) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._patience):
                await self._shell.run(docker.pull(self._image), listen=listen)
        except CommandFailed as failed:
            cause = told(failed)
            last = failed.tail[-1] if failed.tail else f"exit code {failed.returncode}"
            raise (ImageUnavailable(self._image, last) if cause is failed else cause) from failed
        except TimeoutError:
            raise ImageUnavailable(self._image, f"not here after {self._patience:.0f} s") from None
        pulled = await self._look(self._image)
        assert pulled is not None
        return pulled

    @asynccontextmanager
    async def _container(
        self, image: str, command: Sequence[str], workdir: PurePosixPath
    ) -> AsyncIterator[str]:
        """Gone afterwards, whatever happened in between."""
        name = next(self._names)
        try:
            await self._ask(docker.create_container(name, image, command, workdir))
            yield name
        finally:
            with suppress(CommandFailed):  # it was never made
                await self._shell.run(docker.remove_container(name))

    async def _ask(self, command: Command) -> Finished:
        try:
            return await self._shell.run(command)
        except CommandFailed as failed:
            raise told(failed) from failed


def _changes(base: dict[str, Any]) -> tuple[str, ...]:
    """An image without a PATH of its own gets the engine's."""
    env = dict(line.split("=", 1) for line in base["Config"].get("Env") or ())
    path = env.get("PATH", SYSTEM_PATH)
    return (
        f"ENV PATH=/{SITE}/bin:{path}",
        f"ENV PYTHONPATH=/{SITE}",
        f"LABEL {LABEL}=true",
    )
