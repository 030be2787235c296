"""A server that breaks connections, and applications behind it that answer without a cluster."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn
from starlette.types import ASGIApp

from drydock.faults.connection import Breakable
from tests.loopback import listen


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[httpx2.AsyncClient]:
    listener = listen()
    config = uvicorn.Config(app, http=Breakable, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        await task
