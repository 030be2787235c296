from typing import Any

import pytest

from drydock.api.selectors import BadSelector, matcher
from drydock.resources import CONFIG_MAPS, EVENTS, JOBS, NODES, PODS

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


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("tier>1", False),
        ("level>1", True),
        ("level<2", False),
        ("level > 1, level < 3", True),
        ("app in (,api)", False),
        ("colour in ()", False),
        ("notin notin (a), !in", True),
    ],
)
def test_label_selectors_of_the_rarer_kind(selector: str, expected: bool) -> None:
    matches = matcher(PODS, selector, "")
    assert matches is not None
    assert matches(obj(**WEB, level="2")) is expected


@pytest.mark.parametrize(
    ("selector", "problem"),
    [
        ("app=web=1", "found '=', expected: ',' or 'end of string'"),
        ("app in web", "unable to parse requirement: found 'web' expected: '('"),
        (
            "a b",
            "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        ),
        ("=web", "found '=', expected: !, identifier, or 'end of string'"),
        ("app in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("app in (a(", "unable to parse requirement: found '(', expected: ',' or ')'"),
        ("app==!", "unable to parse requirement: found '!', expected: identifier"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("app,", "found '', expected: identifier after ','"),
        (
            "app>x",
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' "
            "operators, the value must be an integer",
        ),
    ],
)
def test_what_does_not_parse_is_refused(selector: str, problem: str) -> None:
    with pytest.raises(BadSelector) as refused:
        matcher(PODS, selector, "")
    assert str(refused.value) == problem


@pytest.mark.parametrize("selector", ["-app=web", "a/b/c", "app=-", "app in (a,b!)", f"{'x' * 64}"])
def test_keys_and_values_that_no_label_can_have_are_refused(selector: str) -> None:
    with pytest.raises(BadSelector, match=r"^unable to parse requirement: "):
        matcher(PODS, selector, "")


def test_fields_that_a_kind_is_not_selected_by_are_refused() -> None:
    for kind, problem in (
        (PODS, "field label not supported: spec.x"),
        (JOBS, 'field label "spec.x" not supported for batchv1.Job'),
        (
            CONFIG_MAPS,
            '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
    ):
        with pytest.raises(BadSelector) as refused:
            matcher(kind, "", "spec.x=here")
        assert str(refused.value) == problem
