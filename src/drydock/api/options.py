"""The options of a request, in its query and its headers: what the real API server refuses before it looks at a body."""

import functools
from collections.abc import Iterator

from drydock.admission.invalid import FieldCause, forbidden, invalid, not_supported, required
from drydock.api import status
from drydock.api.request import Request

BODIES = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
APPLY = "application/apply-patch+yaml"

_ANSWERED = frozenset((*BODIES, "application/cbor", "application/*", "*/*"))
_LONGEST_MANAGER = 128
_WRITES = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions"}
_MATCHES = ("Exact", "NotOlderThan", "")
_VALIDATIONS = ("", "Ignore", "Strict", "Warn")
_INCLUDED = ("", "Metadata", "Object", "None")


def check(request: Request) -> None:
    """Raise 406, 415, 400 or 422 in this order."""
    if not _answerable(request.headers.get("accept", "")):
        raise status.not_acceptable(*BODIES)
    if request.method in {"POST", "PUT", "DELETE"} and request.body:
        media_type = request.media_type or BODIES[0]
        if media_type not in BODIES:
            raise status.unsupported_media_type(*BODIES)
    if options := _WRITES.get(request.method):
        if causes := tuple(_wrong_write(request)):
            raise status.invalid_options(*causes, options=options)
    elif request.method == "GET" and not request.place.subresource:
        _check_read(request)


@functools.lru_cache(maxsize=256)
def _answerable(accept: str) -> bool:
    offers = [offer.partition(";")[0].strip() for offer in accept.split(",")]
    return not any(offers) or any(offer in _ANSWERED for offer in offers)


def _wrong_write(request: Request) -> Iterator[FieldCause]:
    query = request.query
    applies = request.media_type == APPLY
    if request.method == "PATCH":
        if "force" in query and not applies:
            yield forbidden("force", "may not be specified for non-apply patch")
        if applies and not query.get("fieldManager"):
            yield required("fieldManager", "is required for apply patch")
    yield from _wrong_manager(query.get("fieldManager", ""))
    if query.get("dryRun", "All") != "All":
        yield not_supported("dryRun", [query["dryRun"]], ("All",))
    validation = query.get("fieldValidation", "")
    if validation not in _VALIDATIONS:
        yield not_supported("fieldValidation", validation, _VALIDATIONS)


def _wrong_manager(manager: str) -> Iterator[FieldCause]:
    if len(manager.encode()) > _LONGEST_MANAGER:
        why = f"Too long: may not be more than {_LONGEST_MANAGER} bytes"
        yield FieldCause("fieldManager", "FieldValueTooLong", why)
    at = 0
    for character in manager:
        if not character.isprintable():
            why = f"invalid character U+{ord(character):04X} (at position {at})"
            yield invalid("fieldManager", manager, why)
        at += len(character.encode())


def _check_read(request: Request) -> None:
    request.number("limit")
    request.number("timeoutSeconds")
    included = request.query.get("includeObject", "")
    if request.form == "Table" and included not in _INCLUDED:
        cause = invalid("includeObject", included, "must be 'Metadata', 'Object', 'None', or empty")
        raise status.bad_request(
            f"Unable to convert to Table as requested: {cause.field}: {cause.message}"
        )
    if not request.place.name and (causes := tuple(_wrong_list(request))):
        raise status.invalid_options(*causes)


def _wrong_list(request: Request) -> Iterator[FieldCause]:
    query, field = request.query, "resourceVersionMatch"
    match = query.get(field, "")
    if request.flag("watch"):
        if match and "sendInitialEvents" not in query:
            yield forbidden(
                field, f"{field} is forbidden for watch unless sendInitialEvents is provided"
            )
        return
    if "sendInitialEvents" in query:
        yield forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")
    if not match:
        return
    if not query.get("resourceVersion"):
        yield forbidden(field, f"{field} is forbidden unless resourceVersion is provided")
    if query.get("continue"):
        yield forbidden(field, f"{field} is forbidden when continue is provided")
    if match not in _MATCHES:
        yield not_supported(field, match, _MATCHES)
    if match == "Exact" and query.get("resourceVersion") == "0":
        yield forbidden(field, f'{field} "exact" is forbidden for resourceVersion "0"')
