"""Objects and lists as responses, in the form that the client asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from drydock.api.pages import Page
from drydock.api.request import Request
from drydock.api.sent import SCALE
from drydock.api.tables import partial, table
from drydock.api.writes import Written
from drydock.resources import Object


def object_answer(request: Request, obj: Mapping[str, Any], code: int = 200) -> Response:
    if obj["kind"] != "Status":
        match request.form:
            case "Table":
                obj = table(
                    SCALE if request.place.subresource == "scale" else request.place.resource,
                    [obj],
                    metadata={"resourceVersion": obj["metadata"].get("resourceVersion", "")},
                    include_object=request.query.get("includeObject", "Metadata"),
                )
            case "PartialObjectMetadata":
                obj = partial(obj)
    return json_answer(obj, code)


def written_answer(request: Request, written: Written) -> Response:
    response = object_answer(request, written.object, written.code)
    for warning in written.warnings:
        quoted = warning.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.append("warning", f'299 - "{quoted}"')
    return response


def page_answer(request: Request, page: Page) -> Response:
    resource = request.place.resource
    match request.form:
        case "Table":
            return json_answer(
                table(
                    resource,
                    page.items,
                    metadata=page.metadata,
                    include_object=request.query.get("includeObject", "Metadata"),
                )
            )
        case "PartialObjectMetadata":
            kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
            items: Sequence[Object] = [partial(obj) for obj in page.items]
        case "Object":
            kind, version = f"{resource.kind}List", resource.api_version
            items = page.items
    return json_answer(
        {"kind": kind, "apiVersion": version, "metadata": page.metadata, "items": items}
    )


def json_answer(body: Any, code: int = 200, *, media_type: str = "application/json") -> Response:
    return Response(msgspec.json.encode(body), code, media_type=media_type)
