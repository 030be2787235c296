"""A token in a file: private, renewed while it is used, gone afterwards."""

import asyncio
import stat

from shipway.kube.token_file import token_file


async def test_it_is_private_and_does_not_outlive_its_use() -> None:
    async def bearer() -> str:
        return "one"

    async with token_file(bearer) as path:
        assert path.read_text() == "one"
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()


async def test_it_is_renewed_as_long_as_it_is_used() -> None:
    tokens = iter(["one", "two", "three"])
    third = asyncio.Event()

    async def bearer() -> str:
        token = next(tokens, "")
        if not token:
            third.set()
            await asyncio.Event().wait()
        return token

    async with token_file(bearer, renewal=0) as path:
        async with asyncio.timeout(45):
            await third.wait()
        assert path.read_text() == "three"
