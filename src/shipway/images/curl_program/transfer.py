"""One attempt for one URL, redirects and all."""

import binascii
import re
import sys
from collections.abc import Callable

from .connection import Clock, connect
from .failure import HTTP_ERROR, TOO_MANY_REDIRECTS, Failure
from .options import Options
from .response import Response
from .url import Url, proxy_for

MOST_REDIRECTS = 50

Write = Callable[[bytes], object]


class Transfer:
    """What --write-out can say about it is here, however it ended."""

    def __init__(self, options: Options, url: str) -> None:
        self.options = options
        self.clock = Clock(options.max_time or None)
        self.url = url
        self.effective = url
        self.method = options.method
        self.status = 0
        self.redirects = 0
        self.content_type = ""
        self.peer = ("", 0)

    def run(self, write: Write) -> None:
        url, body = Url(self.url), self.options.body
        while True:
            self.effective = url.text
            location = self._exchange(url, body, write)
            if not location:
                return
            self.redirects += 1
            if self.redirects > MOST_REDIRECTS:
                message = f"Maximum ({MOST_REDIRECTS}) redirects followed"
                raise Failure(TOO_MANY_REDIRECTS, message)
            if body is not None and self.status in {301, 302, 303}:
                body = None
                self.method = self.options.request or "GET"
            url = url.join(location)

    def _exchange(self, url: Url, body: bytes | None, write: Write) -> str:
        """Where to go on, or nothing once the body is written."""
        proxy, flags = proxy_for(url), self.options.flags
        with connect(
            proxy or url,
            self.clock,
            limit=self.options.connect_timeout,
            is_proxy=proxy is not None,
            is_verbose="verbose" in flags,
        ) as connection:
            self.peer = connection.peer
            head = _request(self.method, url, body, self.options.headers, proxy)
            self._show(">", head)
            connection.send(head.encode() + (body or b""))
            response = Response(connection)
            self.clock.note("starttransfer")
            self._show("<", f"{response.head}\r\n\r\n")
            self.status, self.content_type = response.status, response.header("content-type")
            if {"include", "head"} & flags:
                write(f"{response.head}\r\n\r\n".encode("latin-1"))
            if self.status >= 400 and "fail" in flags:
                raise self._http_error()
            location = response.header("location")
            if "location" in flags and 300 <= self.status < 400 and location:
                return location
            for chunk in response.body(self.method):
                self.clock.received += len(chunk)
                write(chunk)
            if self.status >= 400 and "fail_with_body" in flags:
                raise self._http_error()
            return ""

    def _http_error(self) -> Failure:
        return Failure(HTTP_ERROR, f"The requested URL returned error: {self.status}")

    def _show(self, mark: str, head: str) -> None:
        if "verbose" in self.options.flags:
            lines = head.removesuffix("\r\n").split("\r\n")
            sys.stderr.write("".join(f"{mark} {line}\n" for line in lines))


def _request(method: str, url: Url, body: bytes | None, given: list[str], proxy: Url | None) -> str:
    """The head. -H replaces a header of ours, or drops it when it gives no value."""
    headers = {"Host": url.authority, "User-Agent": "curl/8.0", "Accept": "*/*"}
    if url.credentials:
        headers["Authorization"] = _basic(url.credentials)
    if proxy and proxy.credentials:
        headers["Proxy-Authorization"] = _basic(proxy.credentials)
    if body is not None:
        headers["Content-Length"] = str(len(body))
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    extra = []
    for line in given:
        name, colon, value = line.partition(":")
        replaced = name.strip(" ;").lower()
        headers = {each: text for each, text in headers.items() if each.lower() != replaced}
        if colon and value.strip():
            extra.append(f"{name}: {value.strip()}")
        elif name.endswith(";"):
            extra.append(f"{name[:-1]}:")
    target = f"http://{url.authority}{url.path}" if proxy else url.path
    ours = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *ours, *extra, "", ""])


def _basic(credentials: str) -> str:
    name, _, password = credentials.partition(":")
    plain = f"{_unquoted(name)}:{_unquoted(password)}".encode()
    return f"Basic {binascii.b2a_base64(plain, newline=False).decode()}"


def _unquoted(text: str) -> str:
    return re.sub("%([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)
