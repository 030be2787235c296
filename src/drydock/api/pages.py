"""Lists in pages: all pages of one list show the objects as they were at its first."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, NamedTuple

import msgspec

from drydock.api import status
from drydock.api.request import Request
from drydock.resources import Object

_SELECTORS = ("labelSelector", "fieldSelector")
_MOST = 16  # lists that are remembered at once


@dataclass(frozen=True, slots=True)
class Page:
    """`version` is that of the whole list, however many pages it takes."""

    items: Sequence[Object]
    version: int
    token: str = ""
    remaining: int | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = {"resourceVersion": str(self.version)}
        if self.token:
            metadata["continue"] = self.token
        if self.remaining is not None:
            metadata["remainingItemCount"] = self.remaining
        return metadata


@dataclass(frozen=True, slots=True)
class _List:
    """Objects are never changed in place, so holding them costs only what has been replaced since."""

    asked: tuple[object, ...]
    items: Sequence[Object]
    version: int
    selected: bool


class _Token(NamedTuple):
    list: str
    start: int


class Pages:
    def __init__(self) -> None:
        self._lists: dict[str, _List] = {}

    def first(self, request: Request, items: Sequence[Object], version: int) -> Page:
        """The whole list, where it fits into one page."""
        limit = request.number("limit") or 0
        if not 0 < limit < len(items):
            return Page(items, version)
        key = token_hex(8)
        selected = any(map(request.query.get, _SELECTORS))
        self._lists[key] = _List(_asked(request), items, version, selected)
        while len(self._lists) > _MOST:
            del self._lists[next(iter(self._lists))]
        return self._page(_Token(key, 0), limit)

    def next(self, request: Request) -> Page:
        token = _token(request.query["continue"])
        found = self._lists.get(token.list)
        if found is None:
            raise status.expired(
                "The provided continue parameter is too old to display a consistent list "
                "result. You must start a new list without the continue parameter."
            )
        if found.asked != _asked(request):
            raise status.bad_request("continue key is not valid: it belongs to another list")
        return self._page(token, request.number("limit") or 0)

    def _page(self, token: _Token, limit: int) -> Page:
        found = self._lists[token.list]
        end = token.start + limit if limit > 0 else len(found.items)
        items = found.items[token.start : end]
        left = len(found.items) - end
        if left <= 0:
            return Page(items, found.version)
        following = base64.urlsafe_b64encode(msgspec.json.encode(_Token(token.list, end)))
        return Page(items, found.version, following.decode(), None if found.selected else left)


def _asked(request: Request) -> tuple[object, ...]:
    place = request.place
    return (place.resource, place.namespace, *map(request.query.get, _SELECTORS))


def _token(text: str) -> _Token:
    try:
        token = msgspec.json.decode(base64.urlsafe_b64decode(text), type=_Token)
    except (ValueError, msgspec.MsgspecError) as error:
        raise status.bad_request(f"continue key is not valid: {error}") from error
    if token.start < 0:
        raise status.bad_request("continue key is not valid: it starts before the list")
    return token
