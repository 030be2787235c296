import json
import logging
import sys
from collections.abc import Mapping

import httpx2
import pytest
from fastapi import FastAPI

from sample_app.logs import JsonLines, RequestLog
from sample_app.service import Life, create_app
from sample_app.settings import Settings


def record(message: str, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("sample_app", logging.INFO, __file__, 1, message, (), None)
    made.created = 1_700_000_000.25
    made.__dict__.update(more)
    return made


async def get(app: FastAPI, path: str) -> None:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://sample-app") as client:
        await client.get(path)


def requests(caplog: pytest.LogCaptureFixture) -> list[tuple[str, Mapping[str, object]]]:
    """Level and fields of every request line, their durations left out once found to be numbers."""
    lines = [each for each in caplog.records if each.message == "request"]
    fields = [dict(vars(line)["fields"]) for line in lines]
    assert all(each.pop("duration_ms") >= 0 for each in fields)
    return [(line.levelname, each) for line, each in zip(lines, fields, strict=True)]


def test_a_line_is_one_json_object() -> None:
    line = JsonLines().format(record("two\nlines", fields={"port": 3000, "tag": None}))

    assert line == (
        '{"time": "2023-11-14T22:13:20.250+00:00", "level": "info", "message": "two\\nlines",'
        ' "port": 3000, "tag": null}'
    )


def test_an_exception_stays_on_its_line() -> None:
    try:
        message = "broken"
        raise RuntimeError(message)  # noqa: TRY301 - the formatter wants a real traceback
    except RuntimeError:
        line = JsonLines().format(record("failed", exc_info=sys.exc_info()))

    assert "\n" not in line
    assert json.loads(line)["exception"].endswith("RuntimeError: broken")


async def test_a_request_is_logged_with_its_outcome(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    await get(create_app(Settings(), Life()), "/nowhere?token=secret")

    assert requests(caplog) == [("INFO", {"method": "GET", "path": "/nowhere", "status": 404})]


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/live"])
async def test_a_probe_speaks_at_debug(caplog: pytest.LogCaptureFixture, path: str) -> None:
    caplog.set_level(logging.DEBUG)

    await get(create_app(Settings(), Life()), path)

    assert requests(caplog) == [("DEBUG", {"method": "GET", "path": path, "status": 200})]


async def test_a_request_that_breaks_the_service_is_logged_as_500(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    app = FastAPI()
    app.add_middleware(RequestLog)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError

    await get(app, "/broken")

    assert requests(caplog) == [("INFO", {"method": "GET", "path": "/broken", "status": 500})]
