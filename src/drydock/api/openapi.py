"""OpenAPI as kubectl and helm read it: an index, and a document per group version."""

import hashlib
from functools import cache
from typing import Any

import msgspec

from drydock.api.discovery import VERSION, group_versions
from drydock.api.schemas import reference_to, with_references
from drydock.resources import Resource

V2 = {
    "swagger": "2.0",
    "info": {"title": "Kubernetes", "version": VERSION["gitVersion"]},
    "paths": {},
    "definitions": {},
}
"""Clients that know version 3 only look whether it is there, or for a kind that version 3 does not have."""

V2_PROTOBUF_ASKED = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
V2_PROTOBUF_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"  # what is a type
V2_PROTOBUF = b"\x0a\x032.0\x42\x00\x4a\x00"
"""The same in protobuf: `swagger`, and no `paths` or `definitions`. Source: gnostic's OpenAPIv2.proto."""

_ACTIONS = {"get": "get", "put": "put", "patch": "patch", "delete": "delete"}
_OPTIONS = {
    "get": ("pretty",),
    "list": ("labelSelector", "fieldSelector", "limit", "continue", "watch"),
    "post": ("dryRun", "fieldManager", "fieldValidation"),
    "put": ("dryRun", "fieldManager", "fieldValidation"),
    "patch": ("dryRun", "fieldManager", "fieldValidation", "force"),
    "delete": ("dryRun", "gracePeriodSeconds", "propagationPolicy"),
}


def index() -> dict[str, Any]:
    return {
        "paths": {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={_hash()}"}
            for path in (_base(*key) for key in group_versions())
        }
    }


@cache
def document(group: str, version: str) -> bytes | None:
    """JSON, or None when there is no such group version. Built when first asked for: it takes a while."""
    kinds = group_versions().get((group, version))
    if kinds is None:
        return None
    paths: dict[str, Any] = {}
    for kind in kinds:
        paths |= _paths(kind)
    return msgspec.json.encode(
        {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": VERSION["gitVersion"]},
            "paths": paths,
            "components": {"schemas": with_references(kinds)},
        }
    )


@cache
def _hash() -> str:
    """Clients keep documents by it."""
    served = repr((VERSION, group_versions())).encode()
    return hashlib.sha256(served).hexdigest()[:32].upper()


def _base(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _paths(kind: Resource) -> dict[str, Any]:
    inside = "/namespaces/{namespace}" if kind.namespaced else ""
    collection = f"/{_base(kind.group, kind.version)}{inside}/{kind.plural}"
    post = {"post": _operation(kind, "post")}
    if kind.verbs == ("create",):
        return {collection: post}
    if "create" not in kind.verbs:
        return {
            collection: {"get": _operation(kind, "list")},
            f"{collection}/{{name}}": {"get": _operation(kind, "get")},
        }
    each = {method: _operation(kind, action) for method, action in _ACTIONS.items()}
    return {
        collection: {"get": _operation(kind, "list"), **post},
        f"{collection}/{{name}}": each,
    }


def _operation(kind: Resource, action: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": reference_to(kind)}}}
    return {
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {
            "group": kind.group,
            "version": kind.version,
            "kind": kind.kind,
        },
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
            for name in _OPTIONS[action]
        ],
        "responses": {"200": {"description": "OK", "content": content}},
    }
