"""What the bearer of the token may do: everything."""

from typing import Any

from drydock.api.request import Request, decoded_object
from drydock.resources import SELF_SUBJECT_ACCESS_REVIEWS

_EVERYTHING = {
    "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    "incomplete": False,
}


def review(request: Request) -> dict[str, Any]:
    """The question with its answer in `status`."""
    resource = request.place.resource
    asked = decoded_object(request.body)
    access = resource == SELF_SUBJECT_ACCESS_REVIEWS
    return {
        "metadata": {},
        **asked,
        "kind": resource.kind,
        "apiVersion": resource.api_version,
        "status": {"allowed": True} if access else _EVERYTHING,
    }
