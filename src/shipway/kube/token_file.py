"""A short-lived token where lightkube reads it again when the cluster no longer takes the one it has."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

RENEWAL = 600.0  # seconds: EKS takes a token for 15 minutes


@asynccontextmanager
async def token_file(
    bearer: Callable[[], Awaitable[str]], *, renewal: float = RENEWAL
) -> AsyncIterator[Path]:
    """In a folder that only we can enter, renewed as long as it is used, and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="shipway-") as folder:
        path = Path(folder) / "token"
        await _write(path, bearer)
        renewing = asyncio.create_task(_renew(path, bearer, renewal))
        try:
            yield path
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)


async def _renew(path: Path, bearer: Callable[[], Awaitable[str]], renewal: float) -> None:
    while True:
        await asyncio.sleep(renewal)
        await _write(path, bearer)


async def _write(path: Path, bearer: Callable[[], Awaitable[str]]) -> None:
    token = await bearer()
    await asyncio.to_thread(path.write_text, token, encoding="ascii")
