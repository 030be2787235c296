"""Credentials for a registry: Basic, or a Bearer token from its token server (distribution, token authentication spec)."""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx2

from shipway.oci.errors import (
    PASSING,
    RegistryRefused,
    RegistryUnreachable,
    Unauthorized,
    describe,
)


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        pair = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


CredentialsProvider = Callable[[], Awaitable[Credentials]]
"""Asked when a registry first wants credentials, and again when it no longer takes those."""

_REPOSITORY = re.compile(r".*?/v2/(.+)/(?:blobs|manifests|tags|referrers)/")
_SCHEME = re.compile(
    r"(?:^|,)\s*(Basic|Bearer)\s+([^ ].*?)(?=,\s*(?:Basic|Bearer)\s|$)", re.IGNORECASE
)
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a registry wants to see (RFC 9110, 11.6.1)."""

    scheme: str  # basic or bearer
    parameters: dict[str, str]

    @classmethod
    def parse(cls, header: str) -> "Challenge | None":
        """The first challenge that we can meet; Bearer where there is one."""
        found = [
            cls(
                scheme.lower(),
                {key.lower(): quoted or bare for key, quoted, bare in _PARAMETER.findall(rest)},
            )
            for scheme, rest in _SCHEME.findall(header)
        ]
        return min(found, key=lambda challenge: challenge.scheme != "bearer", default=None)


@dataclass(frozen=True, slots=True)
class Scope:
    """What one request wants. A token is asked for and kept per scope."""

    repository: str
    writes: bool = False
    source: str | None = None  # the repository that a blob is mounted from

    @classmethod
    def of(cls, request: httpx2.Request) -> "Scope":
        match = _REPOSITORY.match(request.url.path)
        return cls(
            match[1] if match else "",
            request.method not in {"GET", "HEAD"},
            request.url.params.get("from"),
        )


class Authorization:
    """The Authorization header for each request to one registry, got when it asks and renewed when it refuses."""

    def __init__(self, client: httpx2.AsyncClient, provider: CredentialsProvider | None) -> None:
        self._client = client
        self._provider = provider
        self._credentials: Credentials | None = None
        self._basic: str | None = None
        self._tokens: dict[Scope, str] = {}
        self._renewal = asyncio.Lock()

    def header(self, scope: Scope) -> str | None:
        return self._tokens.get(scope, self._basic)

    async def renew(self, scope: Scope, refused: str | None, answer: httpx2.Response) -> str | None:
        """Another header than the `refused` one, which `answer` (a 401) did not like; None if there is nothing to try."""
        challenge = Challenge.parse(answer.headers.get("WWW-Authenticate", ""))
        if challenge is None:
            return None
        async with self._renewal:
            if self.header(scope) == refused:  # else a request beside this one has renewed it
                if challenge.scheme == "bearer":
                    self._tokens[scope] = f"Bearer {await self._token(challenge, answer.url)}"
                else:
                    credentials = await self._ask(again=refused is not None)
                    self._basic = credentials.header if credentials else None
            return self.header(scope)

    async def _token(self, challenge: Challenge, registry: httpx2.URL) -> str:
        """From the token server that the registry names; without credentials an anonymous one."""
        realm = httpx2.URL(challenge.parameters.get("realm", ""))
        if realm.scheme not in {"https", registry.scheme}:
            raise Unauthorized(
                registry.netloc.decode(), f"tokens of {realm}", 401, "it is not https"
            )
        credentials = await self._ask(again=False)
        answer = await self._get_token(realm, challenge, credentials)
        if answer.status_code == 401 and credentials is not None:
            answer = await self._get_token(realm, challenge, await self._ask(again=True))
        if answer.status_code in PASSING:
            raise RegistryRefused(f"GET {realm.host}{realm.path}", answer.status_code)
        try:
            found = answer.raise_for_status().json()
            return str(found.get("token") or found["access_token"])
        except (httpx2.HTTPStatusError, ValueError, LookupError, AttributeError):
            asked = challenge.parameters.get("scope", "a token")
            wrong = f"{realm.host} gave no token"
            raise Unauthorized(registry.netloc.decode(), asked, answer.status_code, wrong) from None

    async def _get_token(
        self, realm: httpx2.URL, challenge: Challenge, credentials: Credentials | None
    ) -> httpx2.Response:
        service = challenge.parameters.get("service")
        scopes = challenge.parameters.get("scope", "").split()
        query = [("service", service)] if service else []
        url = realm.copy_merge_params(
            [*realm.params.multi_items(), *query, *(("scope", it) for it in scopes)]
        )
        headers = {"Authorization": credentials.header} if credentials else {}
        try:
            return await self._client.get(url, headers=headers)
        except httpx2.TransportError as error:
            raise RegistryUnreachable(f"{realm.scheme}://{realm.host}", describe(error)) from error

    async def _ask(self, *, again: bool) -> Credentials | None:
        if self._provider is not None and (again or self._credentials is None):
            self._credentials = await self._provider()
        return self._credentials
