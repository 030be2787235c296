"""The forms of names, labels and ports: each function lists what is wrong with a value, in the API server's words."""

import re
from collections.abc import Iterator
from typing import Final

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE: Final = f"({_QUALIFIED})?"
_CONFIG_KEY: Final = "[-._a-zA-Z0-9]+"
_PERCENT: Final = "[0-9]+%"

Problems = Iterator[str]


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None


def _too_long(value: str, most: int, unit: str = "characters") -> Problems:
    if len(value.encode()) > most:
        yield f"must be no more than {most} {unit}"


def _form(what: str, pattern: str, *examples: str) -> str:
    shown = ",  or ".join(f"'{example}'" for example in examples)
    return f"{what} (e.g. {shown}, regex used for validation is '{pattern}')"


def dns_label(value: str) -> Problems:
    yield from _too_long(value, 63)
    if not _matches(_LABEL, value):
        yield _form(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
            "and must start and end with an alphanumeric character",
            _LABEL,
            "my-name",
            "123-abc",
        )


def dns_subdomain(value: str) -> Problems:
    yield from _too_long(value, 253)
    if not _matches(_SUBDOMAIN, value):
        yield _form(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            "'-' or '.', and must start and end with an alphanumeric character",
            _SUBDOMAIN,
            "example.com",
        )


def wildcard_subdomain(value: str) -> Problems:
    if value.startswith("*."):
        yield from dns_subdomain(value.removeprefix("*."))
    else:
        yield from dns_subdomain(value)


def path_segment(value: str) -> Problems:
    """RBAC names: anything that can be one segment of a URL."""
    if value in {".", ".."}:
        yield f"may not be '{value}'"
    for part in ("/", "%"):
        if part in value:
            yield f"may not contain '{part}'"


def qualified_name(value: str) -> Problems:
    """Label and annotation keys: a name, with an optional DNS prefix and a slash."""
    *prefix, name = value.split("/")
    if len(prefix) > 1:
        yield (
            _form(
                "a valid label key must consist of alphanumeric characters, '-', '_' or '.', "
                "and must start and end with an alphanumeric character",
                _QUALIFIED,
                "MyName",
                "my.name",
                "123-abc",
            )
            + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )
        return
    if prefix and not prefix[0]:
        yield "prefix part must be non-empty"
    elif prefix:
        yield from (f"prefix part {problem}" for problem in dns_subdomain(prefix[0]))
    yield from (f"name part {problem}" for problem in _name_part(name))


def _name_part(name: str) -> Problems:
    if not name:
        yield "must be non-empty"
    yield from _too_long(name, 63, "bytes")
    if not _matches(_QUALIFIED, name):
        yield _form(
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
            "with an alphanumeric character",
            _QUALIFIED,
            "MyName",
            "my.name",
            "123-abc",
        )


def label_value(value: str) -> Problems:
    yield from _too_long(value, 63, "bytes")
    if not _matches(_LABEL_VALUE, value):
        yield _form(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', "
            "'_' or '.', and must start and end with an alphanumeric character",
            _LABEL_VALUE,
            "MyValue",
            "my_value",
            "12345",
        )


def config_key(value: str) -> Problems:
    yield from _too_long(value, 253)
    if not _matches(_CONFIG_KEY, value):
        yield _form(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            _CONFIG_KEY,
            "key.name",
            "KEY_NAME",
            "key-name",
        )
    elif value in {".", ".."}:
        yield f"must not be '{value}'"
    elif value.startswith(".."):
        yield "must not start with '..'"


def variable_name(value: str) -> Problems:
    if not _matches(r"[ -<>-~]+", value):
        yield (
            "a valid environment variable name must consist only of printable ASCII characters "
            "other than '='"
        )


def port_name(value: str) -> Problems:
    yield from _too_long(value, 15)
    if not _matches("[-a-z0-9]+", value):
        yield "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    if not re.search("[a-z]", value):
        yield "must contain at least one letter (a-z)"
    if "--" in value:
        yield "must not contain consecutive hyphens"
    if value.startswith("-") or value.endswith("-"):
        yield "must not begin or end with a hyphen"


def port_number(value: int) -> Problems:
    if not 1 <= value <= 65535:
        yield "must be between 1 and 65535, inclusive"


def percent(value: str) -> Problems:
    if not _matches(_PERCENT, value):
        yield _form(
            "a valid percent string must be a numeric string followed by an ending '%'",
            _PERCENT,
            "1%",
            "93%",
        )
