"""What a client sends, held against its path and its kind."""

from collections.abc import Mapping
from typing import Any

from drydock import admission
from drydock.admission.fields import conform, json_type
from drydock.api import status
from drydock.api.duplicates import duplicate_fields
from drydock.api.patch_body import PATCHES, shown
from drydock.api.request import Request
from drydock.resources import Object, Resource

DELETE_OPTIONS = Resource("", "v1", "", "DeleteOptions")
EVICTION = Resource("policy", "v1", "", "Eviction")
SCALE = Resource("autoscaling", "v1", "", "Scale")

_IDENTITY = ("name", "generateName", "namespace", "resourceVersion", "uid")


def addressed(request: Request, sent: Object) -> Object:
    """The object with the name and namespace of its path; refused when it says otherwise."""
    place = request.place
    resource = place.resource
    for field in ("apiVersion", "kind"):
        _check_text(request, sent, sent.get(field), f".{field}")
    api_version = sent.get("apiVersion") or resource.api_version
    kind = sent.get("kind") or resource.kind
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
        field = f"{resource.kind}.metadata of type v1.ObjectMeta"
        raise misread(request, sent, _cannot_hold(metadata, field))
    for name in _IDENTITY:
        _check_text(request, sent, metadata.get(name), f"ObjectMeta.metadata.{name}")
    if place.name and (metadata.get("name") or place.name) != place.name:
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


def typed(kind: Resource, sent: Object) -> dict[str, Any]:
    """What is sent as this kind, which none of the stored ones is: known fields of the right types."""
    said = sent.get("kind") or kind.kind
    if said != kind.kind:
        raise status.undecodable(kind, f'no kind "{said}" is expected here')
    try:
        return conform(kind, sent)
    except admission.Mistyped as error:
        raise status.undecodable(kind, error.message) from error


def misread(request: Request, sent: Object, why: str) -> status.Refused:
    """Of a body the API server says which kind it is not; of what a patch made, only that it is none."""
    if request.method == "PATCH" and request.media_type in PATCHES:
        return status.invalid_patch(shown(request, sent), why)
    return status.undecodable(request.place.resource, why)


def _check_text(request: Request, sent: Object, value: Any, field: str) -> None:
    if value is not None and not isinstance(value, str):
        raise misread(request, sent, _cannot_hold(value, f"{field} of type string"))


def _cannot_hold(value: Any, field: str) -> str:
    return f"json: cannot unmarshal {json_type(value)} into Go struct field {field}"


def field_warnings(request: Request, obj: Object) -> tuple[str, ...]:
    """Refuse fields that the kind does not have or that stand twice, or return warnings about them."""
    mode = request.query.get("fieldValidation") or "Warn"
    if mode == "Ignore":
        return ()
    resource = request.place.resource
    unknown = (f'unknown field "{field}"' for field in admission.unknown_fields(resource, obj))
    wrong = (*duplicate_fields(request.body), *unknown)
    if wrong and mode == "Strict":
        raise misread(request, obj, f"strict decoding error: {', '.join(wrong)}")
    return tuple(" ".join(each.split()) for each in wrong)  # a header has one line
