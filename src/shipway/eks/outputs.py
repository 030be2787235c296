"""The outputs of the stack: what infra/ tells the rest of the world."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from shipway.errors import ShipwayError


@dataclass(frozen=True, slots=True)
class Outputs:
    """None of them is empty."""

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]


@dataclass(eq=False)
class OutputsIncomplete(ShipwayError):
    stack: str
    missing: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"the stack {self.stack} has no value for {', '.join(self.missing)}"

    @property
    def remedy(self) -> str:
        return "its outputs are made in infra/: shipway setup eks once they are right"


def read(text: str, stack: str) -> dict[str, str]:
    """The stack's outputs in the file that `cdk deploy --outputs-file` wrote; none where it is torn."""
    try:
        found = json.loads(text).get(stack, {})
    except (ValueError, AttributeError):
        return {}
    return {str(name): str(value) for name, value in found.items()}


def complete(values: Mapping[str, str], needed: tuple[str, ...], stack: str) -> Outputs:
    """Raises OutputsIncomplete where a needed one is missing or any is empty."""
    missing = [name for name in needed if not values.get(name, "").strip()]
    missing += [name for name, value in values.items() if not value.strip() and name not in needed]
    if missing:
        raise OutputsIncomplete(stack, tuple(missing))
    return Outputs(dict(values))
