"""The docker commands: what the engine is, what it has, and what it builds and sends."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Literal

from shipway.commands.command import Command, Flag, Word, argv

Way = Literal["buildx", "buildkit", "legacy"]
"""How a client builds: by its buildx plugin, by the BuildKit inside it, or by the builder from before BuildKit."""

PLAIN: Flag = ("--progress", "plain")


@dataclass(frozen=True, slots=True)
class Build:
    """`context` is what the Dockerfile may copy from."""

    context: PurePath
    tag: str
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def flags(self) -> Iterator[Flag]:
        yield ("--tag", self.tag)
        for name, value in self.arguments.items():
            yield ("--build-arg", f"{name}={value}")


def version() -> Command:
    """Client and server as JSON; without a server it fails after printing the client."""
    return _docker("version", "--format", "{{json .}}")


def buildx_version() -> Command:
    return _docker("buildx", "version")


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


def build(way: Way, image: Build) -> Command:
    """No attestations: they would make an index of one image (pitfall 21)."""
    match way:
        case "buildx":
            single = ("--provenance=false", "--sbom=false", "--load")
            return _docker("buildx", "build", *single, PLAIN, *image.flags, image.context)
        case "buildkit":
            command = _docker("build", PLAIN, *image.flags, image.context)
            return replace(command, env={"DOCKER_BUILDKIT": "1"})
        case "legacy":
            command = _docker("build", "--force-rm", *image.flags, image.context)
            return replace(command, env={"DOCKER_BUILDKIT": "0"})


def tag(image: str, name: str) -> Command:
    return _docker("tag", image, name)


def push(name: str, env: Mapping[str, str]) -> Command:
    """`env` names the engine and the folder of the login, where they are not the person's own."""
    return replace(_docker("push", name), env=env)


def remove_image(name: str) -> Command:
    """The name alone, where the image has another one."""
    return _docker("image", "rm", name)


def engine_address() -> Command:
    """Where the client finds its engine: what DOCKER_HOST or the chosen context says."""
    return _docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")


def _docker(*parts: Word | Flag) -> Command:
    return Command(argv("docker", *parts))


def list_containers() -> Command:
    """Running or not, a JSON object on each line."""
    return _docker("ps", "--all", "--no-trunc", "--format", "{{json .}}")


def inspect_containers(names: Sequence[str]) -> Command:
    """One JSON list. It fails when one of them is not there."""
    return _docker("container", "inspect", *names)


def run_registry(
    name: str, image: str, *, publish: str, volume: str, label: str, path: PurePath
) -> Command:
    """In the background, and again whenever the engine starts; `volume` is mounted at `path`."""
    return _docker(
        *("run", "--detach", "--restart", "always", "--name", name, "--label", label),
        *("--publish", publish, "--volume", f"{volume}:{path}", image),
    )


def start_containers(names: Sequence[str]) -> Command:
    return _docker("start", *names)


def drop_container(name: str) -> Command:
    """Running or not. Volumes with a name stay."""
    return _docker("rm", "--force", name)


def list_volumes(name: str) -> Command:
    """Names that contain `name`, one a line."""
    return _docker("volume", "ls", "--quiet", "--filter", f"name={name}")


def drop_volume(name: str) -> Command:
    return _docker("volume", "rm", name)


def read_inside(container: str, path: PurePath) -> Command:
    return _docker("exec", container, "cat", path)


def write_inside(container: str, path: PurePath, text: str) -> Command:
    """Its folders are made too."""
    return Command(
        argv(
            *("docker", "exec", "--interactive", container),
            *("install", "-D", "--mode", "644", "/dev/stdin", path),
        ),
        stdin=text,
    )


def connect_network(network: str, container: str) -> Command:
    return _docker("network", "connect", network, container)
