"""Conditional requests (RFC 9110, 13): what a digest names never changes, so the digest is its entity tag."""

from collections.abc import Mapping

from drydock.registry.names import Digest


def etag(digest: Digest) -> str:
    return f'"{digest}"'


def is_known(headers: Mapping[str, str], digest: Digest) -> bool:
    """Whether If-None-Match says that the client has it: the answer is 304."""
    said = headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in said.split(",")}
    return bool(tags & {"*", etag(digest)})


def range_holds(headers: Mapping[str, str], digest: Digest) -> bool:
    """Whether Range counts: with an If-Range of something else the client wants all of it."""
    return headers.get("if-range", etag(digest)) == etag(digest)
