"""What a client sends, held against its path and its kind."""

from collections.abc import Mapping
from typing import Any

from drydock import admission
from drydock.api import status
from drydock.api.request import Request
from drydock.resources import Object


def addressed(request: Request, sent: Object) -> Object:
    """The object with the name and namespace of its path; refused when it says otherwise."""
    place = request.place
    resource = place.resource
    api_version = sent.get("apiVersion", resource.api_version)
    kind = sent.get("kind", resource.kind)
    if kind != resource.kind:
        raise status.bad_request(
            f'{kind} in version "{api_version.rpartition("/")[2]}" cannot be handled as a '
            f"{resource.kind}: converting {api_version}, Kind={kind} to "
            f"{resource.api_version}, Kind={resource.kind} is not possible"
        )
    if api_version != resource.api_version:
        raise status.bad_request(
            f"the API version in the data ({api_version}) does not match the expected API "
            f"version ({resource.api_version})"
        )
    metadata = sent.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise status.bad_request("metadata is no object")
    if place.name and metadata.get("name", place.name) != place.name:
        raise status.bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL "
            f"({place.name})"
        )
    namespace = metadata.get("namespace") or place.namespace
    if resource.namespaced and namespace != place.namespace:
        raise status.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    named: dict[str, Any] = {**metadata}
    if place.name:
        named["name"] = place.name
    if resource.namespaced:
        named["namespace"] = namespace
    else:
        named.pop("namespace", None)
    return {**sent, "apiVersion": api_version, "kind": kind, "metadata": named}


def field_warnings(request: Request, obj: Object) -> tuple[str, ...]:
    """Refuse fields that the kind does not have, or return warnings about them."""
    mode = request.query.get("fieldValidation", "Warn")
    if mode not in {"Ignore", "Warn", "Strict"}:
        raise status.bad_request(
            f'fieldValidation: Unsupported value: "{mode}": supported values: '
            '"Ignore", "Strict", "Warn"'
        )
    if mode == "Ignore":
        return ()
    resource = request.place.resource
    unknown = tuple(f'unknown field "{field}"' for field in admission.unknown_fields(resource, obj))
    if unknown and mode == "Strict":
        raise status.undecodable(resource, f"strict decoding error: {', '.join(unknown)}")
    return unknown
