"""A patch as a request brings it, and the object that it makes of a stored one."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from drydock.api import status
from drydock.api.request import Request, decoded
from drydock.patches.json_patch import json_patch
from drydock.patches.merge_patch import merge
from drydock.patches.patch_error import PatchError
from drydock.patches.strategic_merge import strategic
from drydock.patches.typed_patch import as_go
from drydock.resources import Object

JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
PATCHES: Mapping[str, Callable[[Object, Any], Object]] = {
    JSON_PATCH: json_patch,
    "application/merge-patch+json": merge,
    STRATEGIC: strategic,
}
_MOST_OPERATIONS = 10_000


def patched(request: Request, obj: Object) -> Object:
    patch = decoded(request.body)
    _check_form(request.media_type, patch)
    try:
        return PATCHES[request.media_type](obj, patch)
    except PatchError as error:
        raise status.unprocessable(str(error)) from error


def shown(request: Request, outcome: Object) -> str:
    """What the API server shows of a patch whose outcome is no object of its kind."""
    if request.media_type == STRATEGIC:
        return as_go(decoded(request.body))
    return msgspec.json.encode(outcome).decode()


def _check_form(media_type: str, patch: Any) -> None:
    if media_type != JSON_PATCH:
        if not isinstance(patch, Mapping):
            raise status.bad_request("error decoding patch: it is not an object")
    elif not isinstance(patch, list) or not all(isinstance(step, Mapping) for step in patch):
        raise status.bad_request("error decoding patch: it is not a list of operations")
    elif len(patch) > _MOST_OPERATIONS:
        raise status.failure(
            413,
            "RequestEntityTooLarge",
            f"The allowed maximum operations in a JSON patch is {_MOST_OPERATIONS}, got {len(patch)}",
        )
