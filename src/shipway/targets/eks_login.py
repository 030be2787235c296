"""The login to ECR: one token for all who need one, in memory for us and in a private file for helm."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from shipway.aws import ecr
from shipway.aws.client import Aws
from shipway.aws.ecr import Token
from shipway.oci.auth import Credentials, CredentialsProvider
from shipway.targets import private_file

OLD = 11 * 3600.0  # seconds: an hour before ECR stops taking it


@dataclass(frozen=True, slots=True)
class _Kept:
    credentials: Credentials
    since: float


def reader(host: str, region: str) -> CredentialsProvider:
    """For whoever only reads from `host`, a registry of ECR."""
    aws = Aws(region)
    return Login(lambda: ecr.token(aws), host).provider()


class Login:
    """Renews its token when it is old, and when the registry no longer takes it."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[Token]],
        host: str,
        file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """With `file` each token is kept there for helm, as Docker keeps logins."""
        self._ask = ask
        self._host = host
        self._file = file
        self._clock = clock
        self._kept: _Kept | None = None
        self._asking = asyncio.Lock()

    def provider(self) -> CredentialsProvider:
        """For one connection: who asks a second time was refused the first time."""
        refused: Credentials | None = None

        async def credentials() -> Credentials:
            nonlocal refused
            refused = await self.credentials(refused)
            return refused

        return credentials

    async def credentials(self, refused: Credentials | None = None) -> Credentials:
        """Others than the `refused` ones."""
        async with self._asking:
            kept, now = self._kept, self._clock()
            if kept is None or now - kept.since >= OLD or kept.credentials is refused:
                kept = _Kept(await self._renew(), now)
                self._kept = kept
            return kept.credentials

    async def _renew(self) -> Credentials:
        token = await self._ask()
        if self._file is not None:
            login = {"auths": {self._host: {"auth": token.secret}}}
            await asyncio.to_thread(private_file.write, self._file, json.dumps(login))
        return Credentials(token.username, token.password)
