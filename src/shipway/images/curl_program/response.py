"""A response as it arrives: RFC 9112."""

import re
from collections.abc import Iterator

from .connection import Connection
from .failure import EMPTY, PARTIAL, UNSUPPORTED, Failure


class Response:
    """Reads the head at once; the body when it is asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._buffer = b""
        self.status = 100
        while 100 <= self.status < 200:  # Continue and its like: the answer is still to come
            self.head, self.status, self.headers = self._read_head()

    def header(self, name: str) -> str:
        return next((value for each, value in self.headers if each.lower() == name), "")

    def body(self, method: str) -> Iterator[bytes]:
        if method == "HEAD" or self.status in {204, 304}:
            return
        length = self.header("content-length")
        if self.header("transfer-encoding").lower().endswith("chunked"):
            yield from self._chunks()
        elif length:
            yield from self._exactly(int(length))
        else:
            yield self._buffer
            while more := self._connection.receive():
                yield more

    def _read_head(self) -> tuple[str, int, list[tuple[str, str]]]:
        while b"\r\n\r\n" not in self._buffer:
            more = self._connection.receive()
            if not more:
                raise Failure(EMPTY, "Empty reply from server")
            self._buffer += more
        raw, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        head = raw.decode("latin-1")
        status_line, *lines = head.split("\r\n")
        found = re.match(r"HTTP/1\.[01] (\d{3})", status_line)
        if found is None:
            raise Failure(UNSUPPORTED, "Received HTTP/0.9 when not allowed")
        pairs = (line.partition(":") for line in lines)
        return head, int(found[1]), [(name.strip(), value.strip()) for name, _, value in pairs]

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length:
            if not self._buffer:
                self._buffer = self._connection.receive()
            if not self._buffer:
                message = f"transfer closed with {length} bytes remaining to read"
                raise Failure(PARTIAL, message)
            piece, self._buffer = self._buffer[:length], self._buffer[length:]
            length -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while length := int(self._line().partition(b";")[0], 16):
            yield from self._exactly(length)
            self._line()
        while self._line():  # trailers
            pass

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            more = self._connection.receive()
            if not more:
                message = "transfer closed with outstanding read data remaining"
                raise Failure(PARTIAL, message)
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line
