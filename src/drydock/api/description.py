"""What the server says about itself: version, health, discovery and OpenAPI, by path."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp

from drydock.api import discovery, openapi
from drydock.api.answers import json_answer


def description(path: str, accept: str) -> ASGIApp | None:
    """None for a path that is none of ours."""
    match path.strip("/").split("/"):
        case ["version"]:
            return json_answer(discovery.VERSION)
        case ["healthz" | "livez" | "readyz"]:
            return Response(b"ok", media_type="text/plain")
        case ["openapi", *rest]:
            return _openapi(rest, accept)
        case ["api" | "apis", *rest] as parts:
            return _discovery(parts[0], rest, accept)
    return None


def _discovery(root: str, rest: Sequence[str], accept: str) -> ASGIApp | None:
    match root, *rest:
        case ["api" | "apis"] if discovery.wants_aggregated(accept):
            body = discovery.aggregated(core=root == "api")
            return json_answer(body, media_type=discovery.AGGREGATED)
        case ["api"]:
            return json_answer(discovery.api_versions())
        case ["apis"]:
            return json_answer(discovery.api_group_list())
        case ["api", version]:
            return _json_if(discovery.api_resource_list("", version))
        case ["apis", group]:
            return _json_if(discovery.api_group(group))
        case ["apis", group, version]:
            return _json_if(discovery.api_resource_list(group, version))
    return None


def _openapi(rest: Sequence[str], accept: str) -> ASGIApp | None:
    match rest:
        case ["v2"] if openapi.V2_PROTOBUF_ASKED in accept:
            return Response(openapi.V2_PROTOBUF, media_type=openapi.V2_PROTOBUF_TYPE)
        case ["v2"]:
            return json_answer(openapi.V2)
        case ["v3"]:
            return json_answer(openapi.index())
        case ["v3", "api", version]:
            return _bytes_if(openapi.document("", version))
        case ["v3", "apis", group, version]:
            return _bytes_if(openapi.document(group, version))
    return None


def _json_if(body: Mapping[str, Any] | None) -> Response | None:
    return None if body is None else json_answer(body)


def _bytes_if(body: bytes | None) -> Response | None:
    return None if body is None else Response(body, media_type="application/json")
