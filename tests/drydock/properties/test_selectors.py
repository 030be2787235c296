"""Label selectors: what their text says, whatever way it is spelt."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from drydock.api.selectors import matcher
from drydock.resources import PODS
from drydock.selectors import matches

Labels = dict[str, str]
Test = Callable[[Labels], bool]

keys = some.sampled_from(("app", "app.kubernetes.io/name", "tier"))
values = some.sampled_from(("web", "db", "x-1", ""))
value_sets = some.lists(values, min_size=1, max_size=3)
spaces = some.sampled_from(("", " "))
labels = some.dictionaries(keys, values)


@some.composite
def requirements(draw: some.DrawFn) -> tuple[str, dict[str, Any], Test]:
    """As text, as a matchExpression, and as a test."""
    key, gap, chosen = draw(keys), draw(spaces), draw(value_sets)
    value = chosen[0]
    listed = f"({','.join(f'{gap}{each}' for each in chosen)})"
    kinds: list[tuple[str, dict[str, Any], Test]] = [
        (
            f"{key}{gap}{draw(some.sampled_from(('=', '==')))}{gap}{value}",
            {"key": key, "operator": "In", "values": [value]},
            lambda found: found.get(key) == value,
        ),
        (
            f"{key}{gap}!={gap}{value}",
            {"key": key, "operator": "NotIn", "values": [value]},
            lambda found: found.get(key) != value,
        ),
        (
            f"{key} in {listed}",
            {"key": key, "operator": "In", "values": chosen},
            lambda found: found.get(key) in chosen,
        ),
        (
            f"{key} notin {listed}",
            {"key": key, "operator": "NotIn", "values": chosen},
            lambda found: found.get(key) not in chosen,
        ),
        (key, {"key": key, "operator": "Exists"}, lambda found: key in found),
        (f"!{gap}{key}", {"key": key, "operator": "DoesNotExist"}, lambda found: key not in found),
    ]
    return kinds[draw(some.integers(0, len(kinds) - 1))]


@given(some.lists(requirements(), max_size=4), labels, spaces)
def test_a_selector_selects_what_each_of_its_requirements_asks_for(
    asked: list[tuple[str, dict[str, Any], Test]], found: Labels, gap: str
) -> None:
    text = f"{gap},{gap}".join(spelt for spelt, _, _ in asked)
    pod = {"metadata": {"name": "web-1", "labels": found}}
    expected = all(test(found) for _, _, test in asked)

    select = matcher(PODS, text, "")

    assert (select is None or select(pod)) is expected
    assert matches({"matchExpressions": [each for _, each, _ in asked]}, found) is expected
