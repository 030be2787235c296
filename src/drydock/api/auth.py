"""Who may speak to the API: the bearer of the token, through a name that is ours."""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from drydock.api import status
from drydock.hosts import host_name, origin_name, port


@dataclass(frozen=True, slots=True)
class Guard:
    """`allowed_hosts` are names and addresses without a port.

    Host and Origin are checked because a web page can make a browser send requests here by DNS rebinding.
    """

    token: str = field(repr=False)
    allowed_hosts: Collection[str]

    def check(self, headers: Mapping[str, str]) -> None:
        """Raise 403 for a foreign Host or Origin, 401 without the token. `headers` have lower-case names."""
        host = headers.get("host", "")
        if host_name(host) not in self.allowed_hosts:
            raise status.forbidden(f'the host "{host}" is not served here')
        origin = headers.get("origin")
        if origin and not self._is_ours(origin, host):
            raise status.forbidden(f'the origin "{origin}" may not use this API')
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            credentials.strip().encode(), self.token.encode()
        ):
            raise status.unauthorized()

    def _is_ours(self, origin: str, host: str) -> bool:
        """Another port of this machine is another site: somebody's page may come from there."""
        scheme, _, netloc = origin.partition("://")
        named = origin_name(origin) in self.allowed_hosts
        return scheme == "https" and named and port(netloc) == port(host)
