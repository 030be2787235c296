"""Kubernetes quantities: read exactly, written in their one canonical form.

Source: the documentation of resource.Quantity in k8s.io/apimachinery.
"""

import re
from decimal import ROUND_UP, Decimal
from typing import Final

_FORM: Final = re.compile(
    r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]?))"
)
_DECIMAL: Final = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_NANO: Final = Decimal("1e-9")


def parse(text: str) -> Decimal:
    """Raises ValueError for what is no quantity."""
    number, exponent, suffix = _parts(text)
    return number * _factor(exponent, suffix)


def _factor(exponent: str, suffix: str) -> Decimal:
    if exponent:
        return Decimal(f"1{exponent}")
    if suffix in _BINARY[1:]:
        return Decimal(1024) ** _BINARY.index(suffix)
    return Decimal(1000) ** (_DECIMAL.index(suffix) - _DECIMAL.index(""))


def canonical(text: str) -> str:
    """No fraction, the largest suffix that allows it, the family of suffixes that was written."""
    _number, exponent, suffix = _parts(text)
    value = parse(text).quantize(_NANO, rounding=ROUND_UP)
    if suffix in _BINARY[1:] and abs(value) >= 1024 and value == int(value):
        return _scaled(int(value), 1024, _BINARY)
    nanos = int(value / _NANO)
    if not nanos:
        return "0"
    if exponent:
        return _scaled(nanos, 1000, [f"e{power}" if power else "" for power in range(-9, 19, 3)])
    return _scaled(nanos, 1000, _DECIMAL)


def _parts(text: str) -> tuple[Decimal, str, str]:
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no quantity")
    return Decimal(found[1]), found[2] or "", found[3] or ""


def _scaled(number: int, step: int, suffixes: tuple[str, ...] | list[str]) -> str:
    at = 0
    while number % step == 0 and at + 1 < len(suffixes) and number:
        number, at = number // step, at + 1
    return f"{number}{suffixes[at]}"
