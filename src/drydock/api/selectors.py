"""Label and field selectors as a request spells them: text to a predicate over objects."""

import re
from collections.abc import Callable, Mapping
from typing import Any

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
_LabelTest = Callable[[Mapping[str, str]], bool]

_TERM = re.compile(
    r"""\s*(?:
      (?P<absent>!)\s*(?P<absent_key>[\w./-]+)
    | (?P<key>[\w./-]+)\s*
      (?: (?P<set>in|notin)\s*\((?P<values>[^()]*)\)
        | (?P<op>==|!=|=)\s*(?P<value>[\w.-]*)
        )?
    )\s*(?:,|$)""",
    re.VERBOSE,
)

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


def _label_test(text: str) -> _LabelTest:
    """Over a set of labels, for `text` such as `app=web,tier in (a, b),!old`."""
    terms = list(_label_terms(text))
    return lambda have: all(term(have) for term in terms)


def _by_labels(text: str) -> Predicate:
    test = _label_test(text)
    return lambda obj: test(labels(obj))


def _label_terms(text: str) -> list[_LabelTest]:
    terms: list[_LabelTest] = []
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if not found:
            raise BadSelector(f"unable to parse requirement: {text[position:]!r} in {text!r}")
        terms.append(_term(found))
        position = found.end()
    return terms


def _term(found: re.Match[str]) -> _LabelTest:
    if key := found["absent_key"]:
        return lambda have: key not in have
    key = found["key"]
    if found["set"]:
        values = frozenset(value.strip() for value in found["values"].split(","))
        if found["set"] == "in":
            return lambda have: key in have and have[key] in values
        return lambda have: key not in have or have[key] not in values
    if found["op"]:
        value = found["value"]
        if found["op"] == "!=":
            return lambda have: key not in have or have[key] != value
        return lambda have: have.get(key) == value
    return lambda have: key in have


def _by_fields(resource: Resource, text: str) -> Predicate:
    tests = [_field_test(resource, term) for term in text.split(",") if term.strip()]
    return lambda obj: all(test(obj) for test in tests)


def _field_test(resource: Resource, term: str) -> Predicate:
    found = re.fullmatch(r"\s*([\w.]+?)\s*(==|!=|=)\s*(.*?)\s*", term)
    if not found:
        raise BadSelector(f"invalid selector: {term!r}; can't understand {term!r}")
    field, operator, value = found.groups()
    if field not in _EVERYWHERE and field not in _FIELDS.get(resource, ()):
        raise BadSelector(f"field label not supported: {field}")
    path = _STORED_AS.get(field, field).split(".")
    unset = _UNSET.get(field, "")
    wanted = operator != "!="
    return lambda obj: (_text(obj, path, unset) == value) is wanted


def _text(obj: Object, path: list[str], unset: str) -> str:
    value: Any = obj
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    return unset if value is None else str(value)
