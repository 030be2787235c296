"""The Docker engine that the client talks to."""

import json
from dataclasses import dataclass

from shipway.commands import docker
from shipway.docker.errors import DockerMissing, told
from shipway.errors import CommandFailed, ProgramMissing
from shipway.shell.shell import Shell


@dataclass(frozen=True, slots=True)
class Engine:
    """`os` and `architecture` are OCI's words: those of what it runs, which need not be this machine's."""

    version: str
    client: str
    os: str
    architecture: str


async def engine(shell: Shell) -> Engine:
    """Raises DockerMissing, DockerDown or DockerDenied: one line each, with what to do."""
    try:
        said = await shell.run(docker.version())
    except ProgramMissing as missing:
        raise DockerMissing from missing
    except CommandFailed as failure:
        raise told(failure) from failure
    found = json.loads(said.stdout)
    server = found["Server"]
    return Engine(server["Version"], found["Client"]["Version"], server["Os"], server["Arch"])
