"""The docker commands: what the engine is, what it has, and what it builds and sends."""

from collections.abc import Sequence
from pathlib import PurePath

from shipway.commands.command import Command, Word, argv


def version() -> Command:
    """Client and server as JSON; without a server it fails after printing the client."""
    return _docker("version", "--format", "{{json .}}")


def buildx_version() -> Command:
    return _docker("buildx", "version")


def _docker(*parts: Word) -> Command:
    return Command(argv("docker", *parts))


def look_at_image(image: str) -> Command:
    """What the engine knows of an image that it has, as JSON."""
    return _docker("image", "inspect", "--format", "{{json .}}", image)


def pull(image: str) -> Command:
    return _docker("pull", "--quiet", image)


def ask_python(image: str, question: str) -> Command:
    """One line of Python in a container that is gone afterwards."""
    return _docker(
        *("run", "--rm", "--network", "none", "--entrypoint", "python"),
        *(image, "-c", question),
    )


def create_container(name: str, image: str, command: Sequence[str], workdir: PurePath) -> Command:
    """It does not run yet. Nothing of this machine is in it: no folder, no variable."""
    return _docker(
        *("create", "--name", name, "--workdir", workdir, "--entrypoint", ""),
        *(image, *command),
    )


def fill_container(name: str, folder: PurePath, path: PurePath) -> Command:
    """What is in `folder`, not the folder itself; a remote engine gets it too."""
    return _docker("cp", f"{folder}/.", f"{name}:{path}")


def run_container(name: str) -> Command:
    """To its end, with its output and its exit code; signals go to it."""
    return _docker("start", "--attach", name)


def look_at_container(name: str) -> Command:
    return _docker("container", "inspect", "--format", "{{json .State}}", name)


def keep_container(name: str, image: str, changes: Sequence[str]) -> Command:
    """Its files as an image; `changes` are lines of a Dockerfile."""
    return Command(argv("docker", "commit", ("--change", changes), name, image))


def remove_container(name: str) -> Command:
    """Running or not."""
    return _docker("rm", "--force", "--volumes", name)
