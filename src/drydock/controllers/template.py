"""A pod from the template of its controller, and the hash that tells templates apart."""

import hashlib
import json
from typing import Any

from drydock.lifecycle import SUFFIX_LETTERS
from drydock.metadata import reference
from drydock.resources import Object, Resource


def pod_of(template: Object, resource: Resource, owner: Object) -> Object:
    """A pod of `owner`, named by the store after it."""
    metadata = template.get("metadata") or {}
    made: dict[str, Any] = {
        "generateName": f"{owner['metadata']['name']}-",
        "namespace": owner["metadata"]["namespace"],
        "labels": metadata.get("labels") or {},
        "ownerReferences": [reference(resource, owner)],
    }
    for key in ("annotations", "finalizers"):
        if metadata.get(key):
            made[key] = metadata[key]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": made, "spec": template["spec"]}


def template_hash(template: Object, collisions: int) -> str:
    """Ten letters of the template's content, as revisions of a workload and their pods carry them."""
    content = json.dumps([template, collisions], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(content.encode()).digest()
    return "".join(SUFFIX_LETTERS[byte % len(SUFFIX_LETTERS)] for byte in digest[:10])
