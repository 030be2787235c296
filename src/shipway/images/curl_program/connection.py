"""One connection, and the time it may take."""

import socket
import sys
import time

from .failure import (
    NO_HOST,
    NO_PROXY_HOST,
    RECEIVE_ERROR,
    REFUSED,
    SEND_ERROR,
    TIMEOUT,
    Failure,
)
from .url import Url


class Clock:
    """--max-time from here on, and when the moments came that --write-out knows."""

    def __init__(self, limit: float | None) -> None:
        self.limit = limit
        self.started = time.monotonic()
        self.moments = {"namelookup": 0.0, "connect": 0.0, "starttransfer": 0.0}
        self.received = 0  # bytes

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def note(self, moment: str) -> None:
        self.moments[moment] = self.elapsed

    def left(self) -> float | None:
        """Seconds; None without a limit, a Failure when there are none."""
        if self.limit is None:
            return None
        if self.elapsed >= self.limit:
            raise self.timeout()
        return self.limit - self.elapsed

    def timeout(self) -> Failure:
        milliseconds = int(self.elapsed * 1000)
        if not self.moments["connect"]:
            return Failure(TIMEOUT, f"Connection timed out after {milliseconds} milliseconds")
        message = f"Operation timed out after {milliseconds} milliseconds"
        return Failure(TIMEOUT, f"{message} with {self.received} bytes received")


class Connection:
    """A socket whose errors are curl's."""

    def __init__(self, connected: socket.socket, clock: Clock) -> None:
        self._socket = connected
        self._clock = clock
        self.peer: tuple[str, int] = connected.getpeername()[:2]

    def __enter__(self) -> "Connection":  # noqa: PYI034  (typing costs start-up)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, content: bytes) -> None:
        self._socket.settimeout(self._clock.left())
        try:
            self._socket.sendall(content)
        except TimeoutError:
            raise self._clock.timeout() from None
        except OSError as error:
            raise Failure(SEND_ERROR, f"Send failure: {error.strerror}") from None

    def receive(self) -> bytes:
        """Nothing when the other side has ended."""
        self._socket.settimeout(self._clock.left())
        try:
            return self._socket.recv(65536)
        except TimeoutError:
            raise self._clock.timeout() from None
        except OSError as error:
            raise Failure(RECEIVE_ERROR, f"Recv failure: {error.strerror}") from None


def connect(
    target: Url, clock: Clock, *, limit: float, is_proxy: bool, is_verbose: bool
) -> Connection:
    """To the first of its addresses that answers, each within `limit` seconds."""
    try:
        addresses = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        code, what = (NO_PROXY_HOST, "proxy") if is_proxy else (NO_HOST, "host")
        raise Failure(code, f"Could not resolve {what}: {target.host}") from None
    clock.note("namelookup")
    refused = False
    for family, kind, protocol, _, address in addresses:
        if is_verbose:
            sys.stderr.write(f"*   Trying {address[0]!s}:{address[1]!s}...\n")
        each = socket.socket(family, kind, protocol)
        left = clock.left()
        each.settimeout(limit if left is None else min(limit, left))
        try:
            each.connect(address)
        except TimeoutError:
            each.close()
            raise clock.timeout() from None
        except OSError as error:
            each.close()
            refused = refused or isinstance(error, ConnectionRefusedError)
            continue
        clock.note("connect")
        if is_verbose:
            sys.stderr.write(f"* Connected to {target.host} ({address[0]!s}) port {target.port}\n")
        return Connection(each, clock)
    message = f"Failed to connect to {target.host} port {target.port}"
    message = f"{message} after {int(clock.elapsed * 1000)} ms: Could not connect to server"
    raise Failure(REFUSED, message, refused=refused)
