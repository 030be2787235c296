"""The class that an Ingress gets that names none."""

from collections.abc import Iterable
from typing import Any

from drydock.metadata import annotations
from drydock.resources import Object

_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
_OLD_SPELLING = "kubernetes.io/ingress.class"


def default_class(ingress: dict[str, Any], classes: Iterable[Object]) -> None:
    """Name the default class, and of several the youngest. The annotation of old names a class, too."""
    defaults = [each for each in classes if annotations(each).get(_DEFAULT) == "true"]
    if (
        not defaults
        or "ingressClassName" in ingress["spec"]
        or _OLD_SPELLING in annotations(ingress)
    ):
        return
    by_name = sorted(defaults, key=lambda each: str(each["metadata"]["name"]))
    youngest = max(by_name, key=lambda each: str(each["metadata"].get("creationTimestamp", "")))
    ingress["spec"]["ingressClassName"] = youngest["metadata"]["name"]
