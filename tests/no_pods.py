"""Pods as an API server sees them where none runs."""

from typing import Any

from drydock.sessions import Unavailable


class NoPods:
    async def execute(self, *_: object) -> Any:
        raise Unavailable("no pod runs here")

    async def attach(self, *_: object) -> Any:
        raise Unavailable("no pod runs here")

    async def dial(self, *_: object) -> Any:
        raise Unavailable("no pod runs here")

    def measured(self, _pod: object) -> None:
        return None

    def measured_node(self, _name: str) -> None:
        return None
