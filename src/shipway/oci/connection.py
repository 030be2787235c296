"""One registry over HTTP: requests with credentials, retries, redirects, and answers told apart."""

import ipaddress
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx2

from shipway.oci.auth import Authorization, CredentialsProvider, Scope
from shipway.oci.errors import RegistryRefused, RegistryUnreachable, Unauthorized, describe
from shipway.oci.reference import Address
from shipway.oci.retry import Patience

READS = frozenset({"GET", "HEAD"})
REDIRECTS = 5
TIMEOUT = httpx2.Timeout(60, connect=5, pool=None)  # seconds
LIMITS = httpx2.Limits(max_connections=8)
TRUST_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Content = bytes | AsyncIterable[bytes]


class Connection:
    """Credentials go to the registry and to the token server it names, to no other host."""

    def __init__(
        self, address: Address, credentials: CredentialsProvider | None, patience: Patience
    ) -> None:
        self.address = address
        self.patience = patience
        self._root = httpx2.URL(address.url)
        # A proxy of the environment cannot reach this machine's own registry. Reading all the authorities
        # of this machine takes 0.2 s: where nothing is encrypted, none is trusted.
        local = _is_loopback(self._root.host)
        self._client = httpx2.AsyncClient(
            timeout=TIMEOUT,
            limits=LIMITS,
            trust_env=not local,
            verify=TRUST_NOBODY if local and address.plain_http else True,
            headers={"Accept-Encoding": "identity", "User-Agent": "shipway"},
        )
        self._authorization = Authorization(self._client, credentials)

    async def aclose(self) -> None:
        await self._client.aclose()

    def url(self, path: str) -> httpx2.URL:
        return self._root.copy_with(raw_path=path.encode())

    async def ask(
        self,
        method: str,
        url: httpx2.URL,
        *expected: int,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
    ) -> httpx2.Response:
        """An answer with an `expected` status. Tried again on passing trouble: for requests that may be sent twice."""
        return await self.patience.retry(
            lambda: self.once(method, url, *expected, headers=headers, content=content)
        )

    async def once(
        self,
        method: str,
        url: httpx2.URL,
        *expected: int,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
    ) -> httpx2.Response:
        """Raises RegistryUnreachable, Unauthorized or RegistryRefused for what is not `expected`."""
        request = self._client.build_request(method, url, headers=headers, content=content)
        with self._transport_errors():
            response = await self._follow(request)
            try:
                await response.aread()
            finally:
                await response.aclose()
        self._expect(response, expected)
        return response

    async def pages(self, url: httpx2.URL, *expected: int) -> AsyncIterator[httpx2.Response]:
        """A list, page by page, by the Link of each to the next (RFC 8288)."""
        following: httpx2.URL | None = url
        while following is not None:
            response = await self.ask("GET", following, *expected)
            yield response
            link = response.links.get("next")
            following = response.url.join(link["url"]) if link else None

    @asynccontextmanager
    async def stream(self, url: httpx2.URL) -> AsyncIterator[httpx2.Response]:
        """A GET whose body the caller reads inside: its connection errors become RegistryUnreachable."""
        with self._transport_errors():
            response = await self._follow(self._client.build_request("GET", url))
            try:
                if response.status_code != 200:
                    await response.aread()
                self._expect(response, {200})
                yield response
            finally:
                await response.aclose()

    async def _follow(self, request: httpx2.Request) -> httpx2.Response:
        """Reads may be redirected, to a storage host or a mirror; writes may not."""
        response = await self._send(request)
        for _ in range(REDIRECTS):
            if response.next_request is None or request.method not in READS:
                break
            await response.aclose()
            request = response.next_request
            request.headers.pop("Authorization", None)
            response = await self._send(request)
        return response

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        """With credentials where it goes to the registry, once more with new ones after a 401."""
        if _origin(request.url) != _origin(self._root):
            return await self._client.send(request, stream=True)
        scope = Scope.of(request)
        header = self._authorization.header(scope)
        if header is not None:
            request.headers["Authorization"] = header
        response = await self._client.send(request, stream=True)
        if response.status_code != 401:
            return response
        await response.aread()
        renewed = await self._authorization.renew(scope, header, response)
        if renewed is None:
            return response
        request.headers["Authorization"] = renewed
        return await self._client.send(request, stream=True)

    @contextmanager
    def _transport_errors(self) -> Iterator[None]:
        try:
            yield
        except httpx2.LocalProtocolError:
            raise  # our own mistake, not the network's
        except httpx2.TransportError as error:
            raise RegistryUnreachable(
                self.address.url, describe(error), self.address.start
            ) from error

    def parse(self, response: httpx2.Response) -> dict[str, Any]:
        """The JSON object of a list. A captive portal, for one, answers 200 with something else."""
        try:
            found = response.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self._refusal(response, "not a JSON object")
        return found

    def location(self, response: httpx2.Response) -> httpx2.URL:
        """Where to go on: relative or absolute, with its query."""
        if "Location" not in response.headers:
            raise self._refusal(response, "no Location header")
        return response.url.join(response.headers["Location"])

    def _expect(self, response: httpx2.Response, statuses: Collection[int]) -> None:
        """Call it with the body read."""
        status = response.status_code
        if status in statuses:
            return
        code, message = _said(response)
        if status in {401, 403}:
            raise Unauthorized(self.address.host, _request(response), status, message)
        raise self._refusal(response, message, code)

    def _refusal(self, response: httpx2.Response, message: str, code: str = "") -> RegistryRefused:
        asked = _seconds(response.headers.get("Retry-After"))
        return RegistryRefused(_request(response), response.status_code, code, message, asked)


def _request(response: httpx2.Response) -> str:
    """Without the query, which may be signed."""
    return f"{response.request.method} {response.request.url.path}"


def _said(response: httpx2.Response) -> tuple[str, str]:
    """Code and message of the first error, where the body has the spec's shape."""
    try:
        error = response.json()["errors"][0]
        return str(error.get("code", "")), str(error.get("message", ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        return "", response.text[:200].strip()


def _seconds(retry_after: str | None) -> float | None:
    """The other form, a date, is not worth trusting two clocks for."""
    return float(retry_after) if retry_after and retry_after.isdecimal() else None


def _origin(url: httpx2.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80}.get(url.scheme, 443)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
