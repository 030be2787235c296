"""Loopback ports: as asked, or as they were, or any that is free."""

import errno
import socket
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class PortTaken(Exception):
    """We cannot listen where we were told to."""

    port: int
    purpose: str
    holder: str | None  # best effort: other users' processes hide from us
    forbidden: bool = False  # below 1024, say

    def __str__(self) -> str:
        if self.forbidden:
            return f"port {self.port} for the {self.purpose} needs more rights than we have"
        by = f" by {self.holder}" if self.holder else ""
        return f"port {self.port} for the {self.purpose} is taken{by}"

    @property
    def remedy(self) -> str:
        return f"--{self.purpose}-port with another port, or none for a free one"


def listen(purpose: str, asked: int | None, remembered: int | None) -> socket.socket:
    """A listening socket. Clients that connect before its server runs wait in the backlog."""
    if asked:
        return _listen(purpose, asked)
    try:
        return _listen(purpose, remembered or 0)
    except PortTaken:
        return _listen(purpose, 0)


def number(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _listen(purpose: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        forbidden = error.errno == errno.EACCES
        raise PortTaken(port, purpose, _holder(port), forbidden) from None
    return listener


def _holder(port: int) -> str | None:
    import psutil  # noqa: PLC0415  # seldom needed, and 8 MB

    try:
        for each in psutil.net_connections("tcp"):
            if (
                each.status == psutil.CONN_LISTEN
                and each.laddr
                and each.laddr.port == port
                and each.pid
            ):
                return f"{psutil.Process(each.pid).name()} (pid {each.pid})"
    except psutil.Error:
        pass
    return None
