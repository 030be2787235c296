"""What a program said, and the same without what differs from run to run."""

import re
from dataclasses import dataclass
from typing import Any

import yaml

# In this order: a timestamp holds what looks like an age.
PLAIN = (
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d+ [\d:]{8}( [A-Z]{3,4})? \d{4}\b", "TIME"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?Z| ?[+-]\d{4} [A-Z]+| ?[+-]\d\d:\d\d)?", "TIME"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UID"),
    (r"(?<=modifiedAt=)\d+", "SECONDS"),
    (r"\b127\.0\.0\.1:\d+", "ADDRESS"),
    (r"\bsha256:[0-9a-f]{64}\b", "DIGEST"),
    (r"-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "-POD"),
    (r"\b10\.\d+\.\d+\.\d+\b", "CLUSTER-IP"),
    (r"(?<=\s)(\d+[dhms]){1,2}(?=\s|$)", "AGE"),
)


@dataclass(frozen=True)
class Said:
    """How a program ended, and what it wrote."""

    code: int
    out: str = ""
    err: str = ""

    @property
    def plain(self) -> "Said":
        return Said(self.code, plain(self.out), plain(self.err))

    @property
    def data(self) -> Any:
        """Of JSON or YAML; a program that failed has none."""
        assert self.code == 0, self
        return yaml.safe_load(self.out)


def plain(text: str) -> str:
    """Times, ages, ids and addresses become words, and columns lose what aligns them."""
    for pattern, word in PLAIN:
        text = re.sub(pattern, word, text)
    return "\n".join(
        re.sub(r"(?<=\S)[ \t]{2,}|\t", "  ", line).rstrip() for line in text.split("\n")
    )
