"""Kubernetes quantities (`250m`, `128Mi`) as exact numbers."""

import re
from decimal import Decimal

_FORM = re.compile(r"([+-]?[0-9.]+)(?:([eE][+-]?\d+)|([munkKMGTPE]i?|))")
_SUFFIX = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}


def parse(text: str | float) -> Decimal:
    """Cores or bytes. Raises ValueError for what is no quantity."""
    found = _FORM.fullmatch(str(text).strip())
    if found is None or (found[3] or "") not in _SUFFIX:
        raise ValueError(f"{text!r} is not a quantity")
    return Decimal(found[1] + (found[2] or "")) * _SUFFIX[found[3] or ""]
