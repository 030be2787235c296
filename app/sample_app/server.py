"""Serves the application until SIGTERM or SIGINT, and then lets requests in flight finish."""

import asyncio
import math
import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from sample_app.logs import log
from sample_app.service import Life


class Server(uvicorn.Server):
    """Keeps listening while requests are in flight, so that a probe hears 503 instead of a refused connection."""

    def __init__(self, config: uvicorn.Config, life: Life, drain_seconds: int) -> None:
        super().__init__(config)
        self._life = life
        self._drain_seconds = drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._life.stopping = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log.info("stopping", extra={"fields": {"in_flight": len(self.server_state.tasks)}})
        now = asyncio.get_running_loop().time
        deadline = now() + self._drain_seconds
        while self.server_state.tasks and not self.force_exit and now() < deadline:
            await asyncio.wait(set(self.server_state.tasks), timeout=0.1)
        self.config.timeout_graceful_shutdown = max(math.ceil(deadline - now()), 0)
        await super().shutdown(sockets)


def serve(app: ASGIApp, life: Life, listener: socket.socket, drain_seconds: int) -> None:
    """Returns after a clean stop, whichever signal asked for it."""
    config = uvicorn.Config(
        app,
        # what the image holds; where more is installed uvicorn would choose otherwise
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    server = Server(config, life, drain_seconds)
    # uvicorn raises the signal once more after its clean stop; with this handler it then ends in exit code 0
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, server.handle_exit)
    server.run(sockets=[listener])
    log.info("stopped")
