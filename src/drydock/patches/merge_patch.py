"""Patches as pure functions: JSON patch, JSON merge patch (RFC 7386), strategic merge patch.

What comes back may share parts with what went in, and nothing that went in is changed.
"""

from collections.abc import Mapping
from typing import Any

from drydock.patches.json_patch import json_patch
from drydock.patches.patch_error import PatchError
from drydock.patches.strategic_merge import strategic
from drydock.resources import Object

__all__ = ["PatchError", "json_patch", "merge", "strategic"]


def merge(obj: Object, patch: Mapping[str, Any]) -> Object:
    if not isinstance(patch, Mapping):
        raise PatchError("a merge patch is an object")
    merged: Object = _merge(obj, patch)
    return merged


def _merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged
