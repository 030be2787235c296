"""Refusing web pages: a name that resolves to this machine must not make a browser talk to the registry."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from drydock.hosts import host_name
from drydock.registry.errors import Refusal, answer

_OWN = {"same-origin", "none"}


class Guard:
    """Only known host names in `Host`, on any port; an `Origin` only where it is the registry's own."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._judge(scope) if scope["type"] == "http" else None
        await (self.app if refusal is None else answer(refusal))(scope, receive, send)

    def _judge(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host_name(host) not in self.hosts or len(headers.getlist("host")) > 1:
            return Refusal(403, "DENIED", f"this registry is not {host or 'without a Host header'}")
        origin = headers.get("origin")
        if origin not in {None, f"{scope['scheme']}://{host}"}:
            return Refusal(403, "DENIED", f"this registry does not serve pages of {origin}")
        if headers.get("sec-fetch-site", "none") not in _OWN:  # not every request has an Origin
            return Refusal(403, "DENIED", "this registry does not serve pages of other sites")
        return None
