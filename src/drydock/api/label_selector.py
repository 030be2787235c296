"""Label selectors as a query spells them: `app=web,tier in (a, b),!old`, and what is wrong with one.

Source: the documentation "Labels and Selectors", and the answers of apimachinery v0.36.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from drydock.admission.names import label_value, qualified_name

LabelTest = Callable[[Mapping[str, str]], bool]

_TOKEN = re.compile(r"\s*(?:(?P<symbol>==|!=|[=!(),<>])|(?P<word>[^\s=!(),<>]+))")
_OPERATORS = ("in", "notin", "=", "==", "!=", ">", "<")
_END = ""


class BadLabelSelector(Exception):
    """It does not parse; the message is the API server's."""


def label_test(text: str) -> LabelTest:
    terms = list(_Terms(text).read())
    return lambda have: all(term(have) for term in terms)


class _Terms:
    def __init__(self, text: str) -> None:
        self._tokens = [found[0].strip() for found in _TOKEN.finditer(text)]
        self._at = 0

    def read(self) -> Iterator[LabelTest]:
        while self._next != _END:
            if self._next != "!" and not _is_word(self._next):
                raise BadLabelSelector(
                    f"found '{self._next}', expected: !, identifier, or 'end of string'"
                )
            try:
                yield self._term()
            except BadLabelSelector as bad:
                raise BadLabelSelector(f"unable to parse requirement: {bad}") from None
            self._separator()

    @property
    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _take(self) -> str:
        token = self._next
        self._at += 1
        return token

    def _separator(self) -> None:
        separator = self._take()
        if separator not in {",", _END}:
            raise BadLabelSelector(f"found '{separator}', expected: ',' or 'end of string'")
        if separator == "," and self._next != "!" and not _is_word(self._next):
            raise BadLabelSelector(f"found '{self._next}', expected: identifier after ','")

    def _term(self) -> LabelTest:
        absent = self._next == "!"
        if absent:
            self._take()
        key = self._take()
        if not _is_word(key):
            raise BadLabelSelector(f"found '{key}', expected: identifier")
        for problem in qualified_name(key):
            raise BadLabelSelector(f'key: Invalid value: "{key}": {problem}')
        if absent:
            return lambda have: key not in have
        if self._next in {",", _END}:
            return lambda have: key in have
        operator = self._take()
        if operator not in _OPERATORS:
            found = f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt"
            raise BadLabelSelector(found)
        values = self._values() if operator in {"in", "notin"} else (self._value(),)
        for index, value in enumerate(values):
            for problem in label_value(value):
                raise BadLabelSelector(
                    f'values[{index}][{key}]: Invalid value: "{value}": {problem}'
                )
        return _test(key, operator, values)

    def _value(self) -> str:
        if self._next in {",", _END}:
            return ""
        value = self._take()
        if not _is_word(value):
            raise BadLabelSelector(f"found '{value}', expected: identifier")
        return value

    def _values(self) -> tuple[str, ...]:
        if (found := self._take()) != "(":
            raise BadLabelSelector(f"found '{found}' expected: '('")
        values: list[str] = []
        while True:
            values.append(self._take() if _is_word(self._next) else "")
            match self._take():
                case ")":
                    return tuple(values)
                case ",":
                    continue
                case other:
                    raise BadLabelSelector(f"found '{other}', expected: ',' or ')'")


def _is_word(token: str) -> bool:
    return token != _END and token[0] not in "=!(),<>"


def _test(key: str, operator: str, values: tuple[str, ...]) -> LabelTest:
    match operator:
        case "in" | "=" | "==":
            return lambda have: have.get(key) in values
        case "notin" | "!=":
            return lambda have: have.get(key) not in values
    (wanted,) = values
    if not re.fullmatch(r"[+-]?\d+", wanted):
        raise BadLabelSelector(
            f"values[0]: Invalid value: \"{wanted}\": for 'Gt', 'Lt' operators, "
            "the value must be an integer"
        )
    larger = operator == ">"
    return lambda have: _compares(have.get(key, ""), int(wanted), larger=larger)


def _compares(value: str, bound: int, *, larger: bool) -> bool:
    if not re.fullmatch(r"[+-]?\d+", value):
        return False
    return int(value) > bound if larger else int(value) < bound
