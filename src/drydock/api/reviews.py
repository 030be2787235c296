"""Who the bearer of the token is, and what that one may do: everything."""

import hmac
from collections.abc import Mapping
from typing import Any

from drydock.api.request import Request, decoded_object
from drydock.api.sent import typed
from drydock.resources import (
    SELF_SUBJECT_ACCESS_REVIEWS,
    SELF_SUBJECT_REVIEWS,
    SELF_SUBJECT_RULES_REVIEWS,
    TOKEN_REVIEWS,
    Object,
    Resource,
)

_EVERYTHING = {
    "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    "incomplete": False,
}
_USER = {
    "username": "drydock-admin",
    "groups": ["system:masters", "system:authenticated"],
}

_ANSWERS: Mapping[Resource, Mapping[str, Any]] = {
    SELF_SUBJECT_ACCESS_REVIEWS: {"allowed": True},
    SELF_SUBJECT_RULES_REVIEWS: _EVERYTHING,
    SELF_SUBJECT_REVIEWS: {"userInfo": _USER},
}


def review(request: Request) -> dict[str, Any]:
    """The question with its answer in `status`."""
    resource = request.place.resource
    asked = typed(resource, decoded_object(request.body))
    return {
        "metadata": {},
        **asked,
        "kind": resource.kind,
        "apiVersion": resource.api_version,
        "status": _whose(request, asked) if resource == TOKEN_REVIEWS else _ANSWERS[resource],
    }


def _whose(request: Request, asked: Object) -> Mapping[str, Any]:
    """There is one token, and whoever may ask has it."""
    ours = request.headers.get("authorization", "").partition(" ")[2].strip()
    token = (asked.get("spec") or {}).get("token") or ""
    if hmac.compare_digest(token.encode(), ours.encode()):
        return {"authenticated": True, "user": _USER}
    return {"user": {}, "error": "invalid bearer token"}
