"""Server-side apply against a model: each key of a ConfigMap has a value and its owners."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from drydock.patches.apply import ApplyConflict, apply, track

MANAGERS = ("helm", "kubectl", "shipway")
NOW = "2026-01-02T03:04:05Z"

contents = some.dictionaries(some.sampled_from("abcd"), some.sampled_from("xyz"), max_size=4)
applies = some.tuples(some.sampled_from(MANAGERS), contents, some.booleans())


def config_map(data: dict[str, str]) -> dict[str, Any]:
    obj: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "dev"},
    }
    return obj | ({"data": data} if data else {})


def data(obj: Any) -> dict[str, str]:
    return dict((obj or {}).get("data") or {})


Model = dict[str, tuple[str, frozenset[str]]]


def expected(model: Model, manager: str, wanted: dict[str, str], *, force: bool) -> Model | None:
    """None is a conflict."""
    after: Model = {}
    for key, (value, owners) in model.items():
        others = owners - {manager}
        if key not in wanted:
            if others:
                after[key] = (value, others)
        elif wanted[key] == value:
            after[key] = (value, owners | {manager})
        elif others and not force:
            return None
        else:
            after[key] = (wanted[key], frozenset({manager}))
    new = {key: (value, frozenset({manager})) for key, value in wanted.items() if key not in model}
    return after | new


@given(some.lists(applies, max_size=8))
def test_applies_share_change_refuse_and_let_go_as_the_owners_of_each_field_say(
    sequence: list[tuple[str, dict[str, str], bool]],
) -> None:
    live: Any = None
    model: Model = {}
    for manager, wanted, force in sequence:
        after = expected(model, manager, wanted, force=force)
        try:
            applied = apply(live, config_map(wanted), manager=manager, force=force, now=NOW)
        except ApplyConflict:
            assert after is None
            continue
        assert after is not None, f"{manager} should have met a conflict"
        live, model = applied, after
        assert data(live) == {key: value for key, (value, _) in model.items()}


@given(some.lists(applies, min_size=1, max_size=6), contents)
def test_an_apply_said_again_changes_nothing(
    sequence: list[tuple[str, dict[str, str], bool]], written: dict[str, str]
) -> None:
    live: Any = track(None, config_map(written), manager="editor", now=NOW)
    for manager, wanted, _ in sequence:
        live = apply(live, config_map(wanted), manager=manager, force=True, now=NOW)

    manager, wanted, _ = sequence[-1]
    again = apply(
        live, config_map(wanted), manager=manager, force=False, now="2030-01-01T00:00:00Z"
    )

    assert data(again) == data(live)
    assert owners(again) == owners(live)


@given(contents, contents, contents)
def test_what_was_written_without_applying_is_kept_by_its_writer(
    created: dict[str, str], updated: dict[str, str], applied: dict[str, str]
) -> None:
    first = track(None, config_map(created), manager="creator", now=NOW)
    live = track(first, {**first, "data": updated}, manager="updater", now=NOW)

    conflicting = {key for key, value in applied.items() if updated.get(key, value) != value}
    if conflicting:
        with pytest.raises(ApplyConflict) as refused:
            apply(live, config_map(applied), manager="helm", force=False, now=NOW)
        fields = {cause.field for cause in refused.value.causes}
        assert fields == {f".data.{key}" for key in conflicting}
    else:
        result = apply(live, config_map(applied), manager="helm", force=False, now=NOW)
        assert data(result) == updated | applied


def owners(obj: Any) -> list[Any]:
    entries = obj["metadata"].get("managedFields", ())
    return sorted((e["manager"], e["operation"], str(e.get("fieldsV1"))) for e in entries)
