"""The curl commands that we tell people to type."""

from shipway.commands.command import Command, argv


def get(url: str, host: str) -> Command:
    """Through the ingress, which tells releases apart by the host name."""
    return Command(argv("curl", ("-H", f"Host: {host}"), url))
