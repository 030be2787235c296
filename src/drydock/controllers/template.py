"""A pod from the template of its controller."""

from typing import Any

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
