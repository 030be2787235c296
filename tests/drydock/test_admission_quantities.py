"""The canonical forms are those of resource.Quantity (apimachinery v0.36)."""

from decimal import Decimal

import pytest

from drydock.admission.quantities import canonical, parse


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("1", "1"),
        ("0", "0"),
        ("1000m", "1"),
        ("0.5", "500m"),
        (".5", "500m"),
        ("1500m", "1500m"),
        ("100000", "100k"),
        ("1e3", "1e3"),
        ("1e2", "100"),
        ("1.5Gi", "1536Mi"),
        ("1024Mi", "1Gi"),
        ("0.5Mi", "512Ki"),
        ("0.1Ki", "102400m"),
        ("1000Ki", "1000Ki"),
        ("1023", "1023"),
        ("128974848", "128974848"),
        ("-1.5Gi", "-1536Mi"),
        ("123e4", "1230e3"),
        ("0Mi", "0"),
    ],
)
def test_a_quantity_has_one_form(written: str, stored: str) -> None:
    assert canonical(written) == stored
    assert parse(stored) == parse(written)


@pytest.mark.parametrize("text", ["", "x", "1 Gi", "1K", "1mi", "1Kii", "1e", "1.2.3"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        parse(text)


def test_quantities_are_exact() -> None:
    assert parse("100m") + parse("200m") == Decimal("0.3")
