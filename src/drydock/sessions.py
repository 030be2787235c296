"""What the API asks of the node when a client's streams are to reach a pod."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Streams:
    """Which of a process's streams the client wants. A terminal has no stderr of its own."""

    stdin: bool
    stdout: bool
    stderr: bool
    terminal: bool


class Unavailable(Exception):
    """It cannot be had; the message is what a kubelet would say."""
