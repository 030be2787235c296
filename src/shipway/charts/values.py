"""The values of a release: variables replaced, layers laid over one another as helm does it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, ClassVar

import yaml

from shipway.charts import yamls
from shipway.charts.yamls import YamlUnreadable
from shipway.errors import USAGE, ShipwayError

Values = dict[str, Any]

_VARIABLE = re.compile(r"(?P<escape>\$\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|(?P<odd>\$\{)")


@dataclass(eq=False)
class VariablesMissing(ShipwayError):
    """Every variable that a values file asks for and nobody gave, each with its line."""

    exit_code: ClassVar[int] = USAGE

    file: PurePath
    missing: tuple[tuple[int, str], ...]

    @property
    def problem(self) -> str:
        return "\n".join(
            f"{self.file}:{line}: ${{{name}}} is not set" for line, name in self.missing
        )

    @property
    def remedy(self) -> str:
        names = dict.fromkeys(name for _, name in self.missing)
        return "export " + " ".join(f"{name}=…" for name in names)


def decode(content: bytes, *, file: PurePath) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlUnreadable(file, line, "not UTF-8 text") from None


def substitute(text: str, variables: Mapping[str, str], *, file: PurePath) -> str:
    """`${NAME}` becomes its variable and `$${` becomes `${`. Comments stay as they are and ask for nothing."""
    comments = list(_comments(text, file))
    missing: list[tuple[int, str]] = []

    def replacement(found: re.Match[str]) -> str:
        if _within(comments, found.start()):
            return found.group()
        if found["escape"]:
            return "${"
        line = text.count("\n", 0, found.start()) + 1
        if found["odd"]:
            raise YamlUnreadable(
                file, line, "${ without a variable's name and }; write $${ for a plain ${"
            )
        if found["name"] not in variables:
            missing.append((line, found["name"]))
            return found.group()
        return variables[found["name"]]

    replaced = _VARIABLE.sub(replacement, text)
    if missing:
        raise VariablesMissing(file, tuple(missing))
    return replaced


def load(text: str, *, file: PurePath) -> Values:
    """An empty file holds no values. Anything but a mapping is refused, as are keys that are there twice."""
    found = yamls.read(text, file=file)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise YamlUnreadable(file, 1, f"should be a mapping of values, not {_kind(found)}")
    return found


def overlay(base: Values, *layers: Values) -> Values:
    """What templates see when a chart's own values are `base` and `layers` are given with `-f`, in this order.

    Maps merge, anything else is replaced, lists too. A null takes away what `base` has, however many layers came
    between: helm joins the layers first and only then looks at the chart's values.
    """
    given: Values = {}
    for layer in layers:
        given = _join(given, layer)
    return _over(base, given)


def dump(values: Values) -> str:
    """Equal values are equal text, and helm reads back the very same."""
    return yamls.write(values)


def _join(lower: Values, upper: Values) -> Values:
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _join(below, value)
        else:
            merged[key] = value
    return merged


def _over(base: Values, given: Values) -> Values:
    merged: Values = {}
    for key, default in base.items():
        value = given.get(key, default)
        if value is None:
            continue
        if isinstance(default, dict) and isinstance(value, dict):
            value = _over(default, given.get(key, {}))
        merged[key] = value
    return {**merged, **{key: value for key, value in given.items() if key not in base}}


def _comments(text: str, file: PurePath) -> Iterator[tuple[int, int]]:
    """Where comments are: from a # that belongs to no token to the end of its line."""
    position = 0
    for start, end in (*_tokens(text, file), (len(text), len(text))):
        between = text[position:start]
        for found in re.finditer("#.*", between):
            yield position + found.start(), position + found.end()
        position = max(position, end)


def _tokens(text: str, file: PurePath) -> Iterator[tuple[int, int]]:
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            yield token.start_mark.index, token.end_mark.index
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise YamlUnreadable(file, line, error.problem or "cannot be read as YAML") from None


def _within(comments: list[tuple[int, int]], position: int) -> bool:
    return any(start <= position < end for start, end in comments)


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else f"{value!r}"
