"""The docker commands: what the engine is, what it has, and what it builds and sends."""

from shipway.commands.command import Command, Word, argv


def version() -> Command:
    """Client and server as JSON; without a server it fails after printing the client."""
    return _docker("version", "--format", "{{json .}}")


def buildx_version() -> Command:
    return _docker("buildx", "version")


def _docker(*parts: Word) -> Command:
    return Command(argv("docker", *parts))
