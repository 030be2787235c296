"""The canonical forms are those of resource.Quantity (apimachinery v0.36)."""

from decimal import Decimal

import pytest

from drydock.quantities import canonical, parse

FORMS = [
    ("1", "1"),
    ("0", "0"),
    ("1000m", "1"),
    ("0.5", "500m"),
    (".5", "500m"),
    ("1500m", "1500m"),
    ("100000", "100k"),
    ("1e3", "1e3"),
    ("1e2", "100"),
    ("1000e0", "1e3"),
    ("1.5Gi", "1536Mi"),
    ("1024Mi", "1Gi"),
    ("0.5Mi", "512Ki"),
    ("0.1Ki", "102400m"),
    ("870187.5Ki", "891072k"),
    ("1000Ki", "1000Ki"),
    ("1023", "1023"),
    ("128974848", "128974848"),
    ("-1.5Gi", "-1536Mi"),
    ("123e4", "1230e3"),
    ("0Mi", "0"),
]


@pytest.mark.parametrize(("written", "stored"), FORMS)
def test_a_quantity_has_one_form(written: str, stored: str) -> None:
    assert canonical(written) == stored
    assert parse(stored) == parse(written)


@pytest.mark.parametrize("suffix", ["", *"numkMGTPE", "Ki", "Mi", "Gi", "Ti", "e3", "e-3", "E1"])
@pytest.mark.parametrize("number", ["0", "1", "-3", "1000", "1024", "870187.5", "0.125", "1000001"])
def test_what_is_stored_stays_as_it_is(number: str, suffix: str) -> None:
    stored = canonical(number + suffix)
    assert canonical(stored) == stored


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("250m", "0.25"),
        ("1.5", "1.5"),
        ("128Mi", "134217728"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("1e3", "1000"),
        ("1E", "1e18"),
        ("100n", "1e-7"),
    ],
)
def test_quantities_are_exact(text: str, amount: str) -> None:
    assert parse(text) == Decimal(amount)
    assert parse("100m") + parse("200m") == Decimal("0.3")


@pytest.mark.parametrize("text", ["100E", "16Ei", "1e30", "1e999999999"])
def test_the_largest_quantity_is_what_64_bits_hold(text: str) -> None:
    assert (canonical(text), canonical(f"-{text}")) == (f"{2**63 - 1}", f"-{2**63 - 1}")


@pytest.mark.parametrize(
    "text", ["", "m", "x", "one", "1 Gi", "1K", "1mi", "1Mb", "1Kii", "1e", "1.2.3"]
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        parse(text)
