"""What the registry refuses, in the words of the distribution spec (Error Codes)."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

log = logging.getLogger(__name__)

CODES = {404: "NAME_INVALID", 405: "UNSUPPORTED"}


@dataclass(eq=False)
class Refusal(Exception):
    """A request that is answered with one error of the spec."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"


def answer(refusal: Refusal) -> Response:
    body = {"errors": [{"code": refusal.code, "message": refusal.message, "detail": None}]}
    return Response(
        json.dumps(body),
        status_code=refusal.status,
        media_type="application/json",
        headers=refusal.headers,
    )


def refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return answer(error)


def no_such_route(request: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405, in the registry's JSON."""
    assert isinstance(error, HTTPException)
    code = CODES.get(error.status_code, "UNKNOWN")
    message = f"{request.method} {request.url.path}: {error.detail}"
    return answer(Refusal(error.status_code, code, message, error.headers or {}))


def disk_failed(request: Request, error: Exception) -> Response:
    """A full or broken disk is not the client's fault, and it may try again."""
    assert isinstance(error, OSError)
    log.error("%s %s: %s", request.method, request.url.path, error)
    return answer(Refusal(500, "UNKNOWN", f"the registry's disk: {error.strerror or error}"))
