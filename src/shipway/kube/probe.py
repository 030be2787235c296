"""Requests a route at a steady rate while a release goes on, and tells what came of it."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Self

import httpx2

from shipway.model.probe import NotProbed, Observation, Probed, probed

FRESH = 5  # every fifth request ends its connection: a new one may find another way than a kept one
AGENT = "shipway-probe"
LATE = (
    0.1  # seconds: a timeout that fires so late says that this process stood still, not the route
)


@dataclass(eq=False)
class Probe:
    """Open loop: a slow answer slows nothing. At most `rate * timeout` requests are under way at once."""

    url: str  # `http://localhost:8080`
    path: str = "/"
    host: str = ""  # the name it asks for; empty: the URL's
    local: bool = False  # on this machine: no proxy of the environment stands between
    rate: float = 20.0  # per second
    timeout: float = 2.0  # seconds, for all of one request
    _seen: list[Observation] = field(default_factory=list, init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack, init=False)
    _began: float = field(default=0.0, init=False)
    _ended: float | None = field(default=None, init=False)
    _asking: asyncio.Task[None] | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        """Asks once, and goes on in the background if that was answered."""
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(self._client())
            self._began = asyncio.get_running_loop().time()
            await self._ask(client, fresh=False)
            if self._answers:
                self._asking = asyncio.create_task(self._keep_asking(client))
                self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def result(self) -> Probed | NotProbed:
        """As it is now, or was when it was stopped; what was under way then is no request that counts."""
        if not self._answers:
            return NotProbed("the route does not answer yet")
        until = asyncio.get_running_loop().time() if self._ended is None else self._ended
        return probed(self._seen, until - self._began)

    async def stop(self) -> None:
        """At once, and more than once if need be."""
        if self._asking is None or self._ended is not None:
            return
        self._ended = asyncio.get_running_loop().time()
        self._asking.cancel()
        try:
            await asyncio.wait([self._asking])
        finally:
            await self._stack.aclose()
        if not self._asking.cancelled():
            self._asking.result()  # a bug of ours, which nobody should miss

    @property
    def _answers(self) -> bool:
        return bool(self._seen) and not self._seen[0].failure

    def _client(self) -> httpx2.AsyncClient:
        host = {"Host": self.host} if self.host else {}
        return httpx2.AsyncClient(
            base_url=self.url,
            headers={"User-Agent": AGENT, **host},
            timeout=None,  # ours is one for all of a request
            limits=httpx2.Limits(keepalive_expiry=5.0),
            trust_env=not self.local,
            verify=self.url.startswith("https:"),  # reading certificates takes 0.2 s
        )

    async def _keep_asking(self, client: httpx2.AsyncClient) -> None:
        loop = asyncio.get_running_loop()
        tick = self._began
        async with asyncio.TaskGroup() as asked:
            for number in count(1):
                # what we were late for is left out: a burst would disturb what it watches
                tick = max(tick + 1 / self.rate, loop.time())
                await asyncio.sleep(tick - loop.time())
                asked.create_task(self._ask(client, fresh=number % FRESH == 0))

    async def _ask(self, client: httpx2.AsyncClient, *, fresh: bool) -> None:
        loop = asyncio.get_running_loop()
        failure = ""
        try:
            async with asyncio.timeout(self.timeout) as limit:
                headers = {"Connection": "close"} if fresh else {}
                response = await client.get(self.path, headers=headers)
            if response.status_code >= 400:
                failure = f"{response.status_code} {response.reason_phrase}".rstrip()
        except TimeoutError:
            if loop.time() - (limit.when() or 0) > LATE:
                return
            failure = f"no answer within {self.timeout:g} s"
        except httpx2.RequestError as error:
            failure = str(error) or type(error).__name__
        self._seen.append(Observation(loop.time() - self._began, failure))
