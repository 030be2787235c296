from typing import Any

import pytest

from drydock.api.selectors import BadSelector, matcher
from drydock.resources import CONFIG_MAPS, EVENTS, NODES, PODS

WEB = {"app": "web", "tier": "front"}


def obj(**labels: str) -> dict[str, Any]:
    return {"metadata": {"name": "web-1", "namespace": "dev", "labels": labels}}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("app=web", True),
        ("app==web", True),
        ("app = web , tier= front", True),
        ("app=api", False),
        ("app!=api", True),
        ("colour!=red", True),
        ("app!=web", False),
        ("app in (api, web)", True),
        ("app in (api)", False),
        ("app notin (api, db)", True),
        ("app notin (web)", False),
        ("colour notin (red)", True),
        ("app", True),
        ("colour", False),
        ("!colour", True),
        ("!app", False),
        ("app in (web,api),!colour,tier", True),
        ("app=", False),
        ("example.com/name=web", False),
    ],
)
def test_label_selectors(selector: str, expected: bool) -> None:
    matches = matcher(PODS, selector, "")
    assert matches is not None
    assert matches(obj(**WEB)) is expected


def test_objects_without_labels_are_matched_as_if_they_had_none() -> None:
    matches = matcher(PODS, "!app", "")
    assert matches is not None
    assert matches({"metadata": {"name": "x"}})


def test_empty_selectors_match_everything() -> None:
    assert matcher(PODS, "", "") is None


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("metadata.name=web-1", True),
        ("metadata.name==web-1,metadata.namespace!=prod", True),
        ("metadata.name!=web-1", False),
        ("status.phase=Running", True),
        ("spec.nodeName=", True),
        ("spec.nodeName!=", False),
    ],
)
def test_field_selectors(selector: str, expected: bool) -> None:
    matches = matcher(PODS, "", selector)
    assert matches is not None
    assert matches({**obj(), "status": {"phase": "Running"}}) is expected


def test_field_selectors_know_what_an_unset_field_means() -> None:
    matches = matcher(NODES, "", "spec.unschedulable=false")
    assert matches is not None
    assert matches(obj())
    assert not matches({**obj(), "spec": {"unschedulable": True}})


def test_events_are_selected_by_what_they_are_about() -> None:
    matches = matcher(EVENTS, "", "involvedObject.kind=Pod,involvedObject.name=web-1")
    assert matches is not None
    assert matches({**obj(), "involvedObject": {"kind": "Pod", "name": "web-1"}})
    assert not matches({**obj(), "involvedObject": {"kind": "Pod", "name": "web-2"}})


def test_both_kinds_of_selectors_must_match() -> None:
    matches = matcher(PODS, "app=web", "metadata.name=web-1")
    assert matches is not None
    assert matches(obj(**WEB))
    assert not matches(obj())


@pytest.mark.parametrize("selector", ["app=web=1", "app in web", "a b", "=web", "app in (a"])
def test_what_does_not_parse_is_refused(selector: str) -> None:
    with pytest.raises(BadSelector, match="unable to parse requirement"):
        matcher(PODS, selector, "")


def test_fields_that_a_kind_is_not_selected_by_are_refused() -> None:
    with pytest.raises(BadSelector, match=r"^field label not supported: spec.nodeName$"):
        matcher(CONFIG_MAPS, "", "spec.nodeName=here")
