"""Label and field selectors as a request spells them: text to a predicate over objects."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from drydock.api.label_selector import BadLabelSelector, label_test
from drydock.metadata import labels
from drydock.resources import (
    EVENTS,
    JOBS,
    NAMESPACES,
    NODES,
    PODS,
    REPLICA_SETS,
    SECRETS,
    Object,
    Resource,
)

Predicate = Callable[[Object], bool]

_FIELDS: Mapping[Resource, frozenset[str]] = {
    PODS: frozenset(
        (
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        )
    ),
    EVENTS: frozenset(
        (
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        )
    ),
    SECRETS: frozenset(("type",)),
    NAMESPACES: frozenset(("status.phase",)),
    NODES: frozenset(("spec.unschedulable",)),
    JOBS: frozenset(("status.successful",)),
    REPLICA_SETS: frozenset(("status.replicas",)),
}
_EVERYWHERE = frozenset(("metadata.name", "metadata.namespace"))
_STORED_AS = {"status.successful": "status.succeeded", "source": "source.component"}
_UNSET = {
    "status.replicas": "0",
    "status.successful": "0",
    "spec.unschedulable": "false",
    "spec.hostNetwork": "false",
}


class BadSelector(Exception):
    """A selector that does not parse, or a field that the kind cannot be selected by."""


def matcher(resource: Resource, label_selector: str, field_selector: str) -> Predicate | None:
    """None when both are empty: everything matches."""
    tests = [
        *([_by_labels(label_selector)] if label_selector.strip() else []),
        *([_by_fields(resource, field_selector)] if field_selector.strip() else []),
    ]
    if len(tests) < 2:
        return tests[0] if tests else None
    return lambda obj: all(test(obj) for test in tests)


def _by_labels(text: str) -> Predicate:
    try:
        test = label_test(text)
    except BadLabelSelector as bad:
        raise BadSelector(str(bad)) from None
    return lambda obj: test(labels(obj))


def _by_fields(resource: Resource, text: str) -> Predicate:
    tests = [_field_test(resource, term, text) for term in text.split(",") if term.strip()]
    return lambda obj: all(test(obj) for test in tests)


def _field_test(resource: Resource, term: str, text: str) -> Predicate:
    found = re.fullmatch(r"\s*([\w.]+?)\s*(==|!=|=)\s*(.*?)\s*", term)
    if not found:
        raise BadSelector(f"invalid selector: '{text}'; can't understand '{term}'")
    field, operator, value = found.groups()
    if field not in _EVERYWHERE and field not in _FIELDS.get(resource, ()):
        raise BadSelector(_unsupported(resource, field))
    path = _STORED_AS.get(field, field).split(".")
    unset = _UNSET.get(field, "")
    wanted = operator != "!="
    return lambda obj: (_text(obj, path, unset) == value) is wanted


def _unsupported(resource: Resource, field: str) -> str:
    """The real server has three ways to say it, each from another of its parts."""
    if resource not in _FIELDS:
        return (
            f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'
        )
    if resource in {JOBS, REPLICA_SETS}:
        package = f"{resource.group}{resource.version}.{resource.kind}"
        return f'field label "{field}" not supported for {package}'
    return f"field label not supported: {field}"


def _text(obj: Object, path: list[str], unset: str) -> str:
    value: Any = obj
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    return unset if value is None else str(value)
