"""Addresses: where a request goes, and by which proxy."""

import os
import re

from .failure import BAD_URL, UNSUPPORTED, Failure


class Url:
    """http://user:password@host:port/path, as far as a request needs it."""

    def __init__(self, text: str) -> None:
        scheme, found, rest = text.partition("://")
        if not found:
            scheme, rest = "http", text
        if scheme.lower() != "http":
            raise Failure(UNSUPPORTED, f'Protocol "{scheme}" not supported')
        self.text = text if found else f"http://{text}"
        authority: str = re.split("[/?#]", rest, maxsplit=1)[0]
        credentials, _, address = authority.rpartition("@")
        parts = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]\s]+)(?::(\d*))?", address)
        if parts is None or int(parts[2] or 80) > 65535:
            raise Failure(BAD_URL, "URL rejected: Malformed input to a URL function")
        self.credentials = credentials
        self.authority = address
        self.host = parts[1].strip("[]")
        self.port = int(parts[2] or 80)
        path = rest[len(authority) :].partition("#")[0]
        self.path = (path if path.startswith("/") else f"/{path}").replace(" ", "%20")

    def join(self, location: str) -> "Url":
        """Where a Location header leads from here."""
        if "://" in location:
            return Url(location)
        if location.startswith("//"):
            return Url(f"http:{location}")
        root = f"http://{self.authority}"
        if location.startswith("/"):
            return Url(root + location)
        folder = self.path.partition("?")[0].rpartition("/")[0]
        return Url(f"{root}{folder}/{location}")


def proxy_for(url: Url) -> Url | None:
    """http_proxy in lower case only: in a CGI program HTTP_PROXY would be a header of the request."""
    proxy = os.environ.get("http_proxy")
    if not proxy:
        return None
    host = url.host.lower().rstrip(".")
    for entry in (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").split(","):
        name = entry.strip().lower().strip(".")
        if entry.strip() == "*" or (name and (host == name or host.endswith(f".{name}"))):
            return None
    return Url(proxy)
