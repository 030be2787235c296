"""The API server's refusals: Status bodies with its exact reasons and messages."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from drydock.admission.invalid import FieldCause
from drydock.resources import Resource

_META = Resource("meta.k8s.io", "v1", "", "")


class Refused(Exception):
    """A request that ends with a Status."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(body["message"])
        self.body = body
        self.code: int = body["code"]


def failure(
    code: int, reason: str, message: str, details: Mapping[str, Any] | None = None
) -> Refused:
    body: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
    }
    if reason:
        body["reason"] = reason
    if details is not None:
        body["details"] = details
    return Refused({**body, "code": code})


def success(resource: Resource, name: str, uid: str) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {**details(resource, name), "uid": uid},
    }


def details(resource: Resource, name: str, kind: str = "") -> dict[str, Any]:
    group = {"group": resource.group} if resource.group else {}
    return {"name": name, **group, "kind": kind or resource.plural}


def bad_request(message: str) -> Refused:
    return failure(400, "BadRequest", message)


def undecodable(resource: Resource, why: str) -> Refused:
    return bad_request(
        f'{resource.kind} in version "{resource.version}" cannot be handled as a '
        f"{resource.kind}: {why}"
    )


def unauthorized() -> Refused:
    return failure(401, "Unauthorized", "Unauthorized")


def forbidden(message: str) -> Refused:
    return failure(403, "Forbidden", message)


def namespace_terminating(resource: Resource, name: str, namespace: str) -> Refused:
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    return failure(
        403,
        "Forbidden",
        f'{resource.qualified} "{name}" is forbidden: unable to create new content in namespace '
        f"{namespace} because it is being terminated",
        {**details(resource, name), "causes": [cause]},
    )


def not_found(resource: Resource, name: str) -> Refused:
    return failure(
        404, "NotFound", f'{resource.qualified} "{name}" not found', details(resource, name)
    )


def no_such_path() -> Refused:
    message = "the server could not find the requested resource"
    return failure(404, "NotFound", message, {})  # kubectl debug takes details for granted


def method_not_allowed() -> Refused:
    return failure(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
    )


def already_exists(resource: Resource, name: str) -> Refused:
    return failure(
        409,
        "AlreadyExists",
        f'{resource.qualified} "{name}" already exists',
        details(resource, name),
    )


def conflict(resource: Resource, name: str, why: str) -> Refused:
    return failure(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}',
        details(resource, name),
    )


def apply_conflict(message: str, conflicts: Iterable[tuple[str, str]]) -> Refused:
    """`conflicts` are pairs of a message that names the manager, and a field."""
    causes = [
        {"reason": "FieldManagerConflict", "message": cause, "field": field}
        for cause, field in conflicts
    ]
    return failure(409, "Conflict", message, {"causes": causes})


def expired(message: str) -> Refused:
    return failure(410, "Expired", message)


def too_large(limit: int) -> Refused:
    return failure(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")


def not_acceptable(*offered: str) -> Refused:
    return failure(
        406,
        "NotAcceptable",
        f"only the following media types are accepted: {', '.join(offered)}",
    )


def unsupported_media_type(*accepted: str) -> Refused:
    return failure(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        + ", ".join(accepted),
    )


def invalid(
    resource: Resource, name: str, causes: Sequence[FieldCause], *, kind: str = ""
) -> Refused:
    kind = kind or resource.kind
    group_kind = f"{kind}.{resource.group}" if resource.group else kind
    problems = [f"{cause.field}: {cause.message}" for cause in causes]
    what = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
    listed = [
        {"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in causes
    ]
    return failure(
        422,
        "Invalid",
        f'{group_kind} "{name}" is invalid: {what}',
        {**details(resource, name, kind), "causes": listed},
    )


def invalid_options(*causes: FieldCause, options: str = "ListOptions") -> Refused:
    return invalid(_META, "", causes, kind=options)


def invalid_patch(patched: str, why: str) -> Refused:
    """What a patch makes of the object is none of its kind; the API server does not say of which."""
    cause = {
        "reason": "FieldValueInvalid",
        "message": f"Invalid value: {json.dumps(patched, ensure_ascii=False)}: {why}",
        "field": "patch",
    }
    message = f' "" is invalid: patch: {cause["message"]}'
    return failure(422, "Invalid", message, {"causes": [cause]})


def unprocessable(why: str) -> Refused:
    return failure(
        422,
        "Invalid",
        f"the server rejected our request due to an error in our request: {why}",
    )


def too_large_version(asked: int, current: int) -> Refused:
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return failure(
        504,
        "Timeout",
        f"Too large resource version: {asked}, current: {current}",
        {"causes": [cause], "retryAfterSeconds": 1},
    )


def disruption_budget(budget: str, needed: int, healthy: int) -> Refused:
    return _not_now(
        f"The disruption budget {budget} needs {needed} healthy pods and has {healthy} currently"
    )


def budget_unknown(budget: str) -> Refused:
    return _not_now(f"The disruption budget {budget} is still being processed by the server.")


def _not_now(why: str) -> Refused:
    return failure(
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
        {"causes": [{"reason": "DisruptionBudget", "message": why}]},
    )


def unknown(message: str) -> Refused:
    """What the API server answers to an error that it has no reason for."""
    return failure(500, "", message)


def internal_error(what: str) -> Refused:
    return failure(
        500,
        "InternalError",
        f"Internal error occurred: {what}",
        {"causes": [{"message": what}]},
    )
