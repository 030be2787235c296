"""Kubernetes quantities (`250m`, `128Mi`): read exactly, written in their one canonical form.

Source: the documentation of resource.Quantity in k8s.io/apimachinery.
"""

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_UP, Decimal
from functools import lru_cache
from typing import Final

_FORM: Final = re.compile(
    r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]?))"
)
_DECIMAL: Final = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_EXPONENTS: Final = tuple(f"e{power}" if power else "" for power in range(-9, 19, 3))
_NANO: Final = Decimal("1e-9")
_MOST: Final = Decimal(2**63 - 1)
_FAR: Final = 1000  # powers of ten that no quantity reaches, and a Decimal still does


@lru_cache(maxsize=4096)
def parse(text: str) -> Decimal:
    """Cores or bytes, say. Raises ValueError for what is no quantity."""
    number, exponent, suffix = _parts(text)
    return min(max(number * _factor(exponent, suffix), -_MOST), _MOST)


def canonical(text: str) -> str:
    """No fraction, the largest suffix that allows it, the family of suffixes that was written."""
    _number, exponent, suffix = _parts(text)
    value = parse(text).quantize(_NANO, rounding=ROUND_UP)
    if suffix in _BINARY[1:] and value and value % 1024 == 0:
        return _scaled(int(value), 1024, _BINARY)
    nanos = int(value / _NANO)
    return _scaled(nanos, 1000, _EXPONENTS if exponent else _DECIMAL) if nanos else "0"


def total(texts: Iterable[str]) -> str:
    """Their sum, in the family of suffixes of the first that is not zero."""
    amounts = list(texts)
    like = next((each for each in amounts if parse(each)), "0")
    return spelled(sum(map(parse, amounts), Decimal(0)), like)


def spelled(value: Decimal, like: str) -> str:
    """In the family of suffixes in which `like` is written."""
    if like.endswith("i") and value % 1 == 0:
        return _scaled(int(value), 1024, _BINARY) if value else "0"
    return canonical(f"{value:f}")


def _parts(text: str) -> tuple[Decimal, str, str]:
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no quantity")
    return Decimal(found[1]), found[2] or "", found[3] or ""


def _factor(exponent: str, suffix: str) -> Decimal:
    if exponent:
        return Decimal(1).scaleb(min(max(int(exponent[1:]), -_FAR), _FAR))
    if suffix in _BINARY[1:]:
        return Decimal(1024) ** _BINARY.index(suffix)
    return Decimal(1000) ** (_DECIMAL.index(suffix) - _DECIMAL.index(""))


def _scaled(number: int, step: int, suffixes: Sequence[str]) -> str:
    at = 0
    while number % step == 0 and at + 1 < len(suffixes):
        number, at = number // step, at + 1
    return f"{number}{suffixes[at]}"
