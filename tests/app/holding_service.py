"""The sample service with one route more, that answers only when it is let go: run as a program by test_process.py."""

import asyncio
import socket

from fastapi.responses import JSONResponse
from sample_app import logs
from sample_app.server import serve
from sample_app.service import Life, create_app
from sample_app.settings import Settings

logs.configure("info")
life = Life()
app = create_app(Settings(), life)
held, let_go = asyncio.Event(), asyncio.Event()


@app.get("/hold")
async def hold() -> JSONResponse:
    held.set()
    await let_go.wait()
    return JSONResponse({"held": "to the end"})


@app.get("/held")
async def until_held() -> JSONResponse:
    await held.wait()
    return JSONResponse({})


@app.get("/let-go")
async def let_go_now() -> JSONResponse:
    let_go.set()
    return JSONResponse({})


listener = socket.create_server(("127.0.0.1", 0))
logs.log.info("started", extra={"fields": {"port": listener.getsockname()[1]}})
serve(app, life, listener, drain_seconds=10)
