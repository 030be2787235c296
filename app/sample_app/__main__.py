"""`python -m sample_app`: reads the environment, takes the port, serves."""

import os
import signal
import socket
import sys
from types import FrameType

from sample_app.settings import SettingRefused, Settings

FAILED = 1
USAGE = 2


def main() -> int:
    # process 1 of a container has no default handlers: without this one a stop while we start is lost
    signal.signal(signal.SIGTERM, _leave)
    try:
        settings = Settings.read(os.environ)
    except SettingRefused as refused:
        return _refuse(str(refused), USAGE)
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]  # create_server repeats the address
        return _refuse(
            f"cannot listen on {settings.host}:{settings.port}: {reason}; set HOST and PORT to an address that is free",
            FAILED,
        )
    _serve(settings, listener)
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def _serve(settings: Settings, listener: socket.socket) -> None:
    """FastAPI takes half a second to import, so it comes after the checks, and a probe that comes early waits in the backlog."""
    from sample_app import logs  # noqa: PLC0415 - see above
    from sample_app.server import serve  # noqa: PLC0415 - see above
    from sample_app.service import Life, create_app  # noqa: PLC0415 - see above

    logs.configure(settings.log_level)
    host, port, *_ = listener.getsockname()
    logs.log.info("started", extra={"fields": {"host": host, "port": port, "tag": settings.tag}})
    life = Life()
    serve(create_app(settings, life), life, listener, settings.drain_seconds)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _refuse(problem: str, code: int) -> int:
    sys.stderr.write(f"sample-app: {problem}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
