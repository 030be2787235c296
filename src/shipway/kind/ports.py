"""Who listens on a port of this machine."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import psutil

PATIENCE = 1.0  # seconds; a free port of this machine refuses at once


@dataclass(frozen=True, slots=True)
class Program:
    """What listens. Others' programs are named only to root."""

    name: str | None = None
    pid: int | None = None

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


async def listener(port: int) -> Program | None:
    """None where nobody answers: there is no other way to ask that needs no rights."""
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return None
    writer.close()
    return await asyncio.to_thread(_named, port)


def _named(port: int) -> Program:
    with suppress(psutil.Error, OSError):
        for each in psutil.net_connections("tcp"):
            listens = each.status == psutil.CONN_LISTEN and each.laddr[1:] == (port,)
            if listens and each.pid:
                return Program(psutil.Process(each.pid).name(), each.pid)
    return Program()
