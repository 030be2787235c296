"""Words on the command line that are more than text: durations and sizes."""

import re
from typing import Any

import click

from drydock import quantities

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """Seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value  # a default
        if not _DURATION.fullmatch(value):
            self.fail(f"{value!r} is no duration such as 500ms, 10s or 1m30s", param, ctx)
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))


class Size(click.ParamType[int]):
    """Bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(quantities.parse(value))
        except ValueError:
            self.fail(f"{value!r} is no size such as 1000, 64Ki or 1Mi", param, ctx)


DURATION = Duration()
SIZE = Size()
