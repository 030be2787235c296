"""Our knowledge of fields against the official JSON schemas of Kubernetes, kind by kind, in both directions."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from drydock.messages import MESSAGES
from drydock.resources import SERVED, Resource
from drydock.schema import Field, message

VERSION = "v1.36.0"
SCHEMAS = Path("kubernetes-json-schema") / f"{VERSION}-local-strict" / "_definitions.json"
TYPE_META = {"apiVersion", "kind"}

Schema = Mapping[str, Any]


@cache
def definitions() -> Mapping[str, Schema]:
    package = find_spec("kubernetes_validate")
    assert package is not None
    assert package.origin is not None
    text = (Path(package.origin).parent / SCHEMAS).read_text(encoding="utf-8")
    found: Mapping[str, Schema] = json.loads(text)["$defs"]
    return found


@cache
def kinds() -> Mapping[tuple[str, str, str], str]:
    return {
        (each["group"], each["version"], each["kind"]): name
        for name, schema in definitions().items()
        for each in schema.get("x-kubernetes-group-version-kind", ())
    }


def differences(name: str, ours: str, seen: set[str]) -> Iterator[str]:
    """Between the definition of this name and our message, and all that they are made of."""
    schema, known = definitions()[name], message(ours)
    if ours in seen:
        return
    seen.add(ours)
    if known is None:
        yield f"{ours} is unknown"
        return
    properties: Schema = schema.get("properties", {})
    theirs = set(properties) - (TYPE_META if "x-kubernetes-group-version-kind" in schema else set())
    yield from (f"{ours}.{field} is missing" for field in sorted(theirs - set(known.by_name)))
    yield from (f"{ours}.{field} is invented" for field in sorted(set(known.by_name) - theirs))
    for field in sorted(theirs & set(known.by_name)):
        yield from _field(properties[field], known.by_name[field], f"{ours}.{field}", seen)


def _field(schema: Schema, ours: Field, path: str, seen: set[str]) -> Iterator[str]:
    values = schema.get("additionalProperties")
    if ("items" in schema) != ours.repeated:
        yield f"{path} is {'a' if 'items' in schema else 'no'} list"
    if isinstance(values, dict) != ours.keyed:
        yield f"{path} is {'a' if isinstance(values, dict) else 'no'} map"
    item = schema.get("items") or (values if isinstance(values, dict) else schema)
    name = item.get("$ref", "").rpartition("/")[2]
    if "properties" in definitions().get(name, {}):
        yield from differences(name, ours.type, seen)
    elif not name and (wanted := _scalar(item)) not in {None, _json_type(ours)}:
        yield f"{path} is of type {wanted}"


def _scalar(schema: Schema) -> str | None:
    found = schema.get("type")
    types = found if isinstance(found, list) else [found]
    return next((each for each in types if each not in {"null", None}), None)


def _json_type(ours: Field) -> str:
    return {
        "int32": "integer",
        "int64": "integer",
        "bool": "boolean",
        "strings": "array",
        "json": "object",
    }.get(ours.type, "string")


SENT = [kind for kind in SERVED if "create" in kind.verbs]


@pytest.mark.parametrize("kind", SENT, ids=lambda kind: kind.plural)
def test_we_know_the_fields_of_this_kind_and_no_others(kind: Resource) -> None:
    name = kinds()[kind.group, kind.version, kind.kind]
    assert list(differences(name, kind.kind, set())) == []


def test_every_message_has_a_line_of_its_own() -> None:
    names = [line.partition(":")[0] for line in MESSAGES.splitlines()]
    assert len(names) == len(set(names))
