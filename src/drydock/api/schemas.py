"""OpenAPI schemas of the Kubernetes types, read from the source of lightkube's models.

The source is parsed, not imported: its dataclasses and their HTTP client would cost a server memory for good.
"""

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from drydock.patches.merge_keys import apply_keys, is_set, merge_keys
from drydock.resources import Resource
from drydock.schema import message

Schema = dict[str, Any]

_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_PACKAGES = {
    "meta_v1": _META,
    "resource": "io.k8s.apimachinery.pkg.api.resource",
    "util_intstr": "io.k8s.apimachinery.pkg.util.intstr",
    "runtime": "io.k8s.apimachinery.pkg.runtime",
}
_GROUPS = {"": "core", "networking.k8s.io": "networking", "rbac.authorization.k8s.io": "rbac"}

_SCALARS: Mapping[str, Schema] = {
    "str": {"type": "string", "default": ""},
    "int": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "double"},
    "bool": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
    "dict": {"type": "object"},
    "Dict": {"type": "object"},
    "Any": {},
}
_ALIASES: Mapping[str, Schema] = {
    "Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "IntOrString": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    "MicroTime": {"type": "string", "format": "date-time"},
    "Time": {"type": "string", "format": "date-time"},
}
_NAMED = {"Quantity": "resource", "IntOrString": "util_intstr"}  # by their modules
_PARAMETER = re.compile(r"^ +\* \*\*(\w+)\*\* ``[^`]*`` - ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Type:
    """A class of a module of models."""

    module: str
    name: str

    @property
    def definition(self) -> str:
        return f"{_package(self.module)}.{self.name}"

    @property
    def reference(self) -> str:
        return f"#/components/schemas/{self.definition}"


_STRATEGIES = {("spec", "volumes"): "merge,retainKeys", ("spec", "strategy"): "retainKeys"}
_LIST_OWNERS = {
    "ObjectMeta": "metadata",
    "Container": "containers",
    "EphemeralContainer": "ephemeralContainers",
}


def reference_to(kind: Resource) -> str:
    return _type_of(kind).reference


def with_references(kinds: Collection[Resource]) -> dict[str, Schema]:
    """The schemas of these kinds and of everything that they are made of, by definition name."""
    models = _Models()
    schemas: dict[str, Schema] = {}
    wanted = [_type_of(kind) for kind in kinds]
    while wanted:
        type_ = wanted.pop()
        if type_.definition not in schemas:
            found = models.schema(type_)
            schemas[type_.definition] = found.schema
            wanted.extend(found.parts)
    for kind in kinds:
        names = {"group": kind.group, "version": kind.version, "kind": kind.kind}
        schemas[_type_of(kind).definition]["x-kubernetes-group-version-kind"] = [names]
    return dict(sorted(schemas.items()))


def _type_of(kind: Resource) -> _Type:
    group = _GROUPS.get(kind.group, kind.group.partition(".")[0])
    return _Type(f"{group}_{kind.version}", kind.kind)


def _package(module: str) -> str:
    group, _, version = module.partition("_")
    return _PACKAGES.get(module, f"io.k8s.api.{group}.{version}")


@dataclass(frozen=True, slots=True)
class _Found:
    schema: Schema
    parts: frozenset[_Type] = frozenset()


class _Models:
    """Holds the parsed modules for as long as one document is built."""

    def __init__(self) -> None:
        self._classes: dict[str, Mapping[str, ast.ClassDef]] = {}

    def schema(self, type_: _Type) -> _Found:
        if type_.name in _NAMED:
            return _Found(dict(_ALIASES[type_.name]))
        node = self._module(type_.module).get(type_.name)
        if node is None:  # an alias of Dict, or of a group without models: an object of any fields
            return _Found({"type": "object"})
        description, parameters = _described(ast.get_docstring(node, clean=False) or "")
        properties: Schema = {}
        required: list[str] = []
        parts: set[_Type] = set()
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                name = _json_name(field)
                found = _map_of(type_, name) or _typed(_annotation(field), type_.module)
                told = parameters.get(field.target.id, "")
                properties[name] = {
                    **({"description": told} if told else {}),
                    **_inlined(found.schema),
                    **_merging(type_.name, name),
                }
                parts |= found.parts
                if field.value is None:
                    required.append(name)
        schema: Schema = {"type": "object", "description": description, "properties": properties}
        return _Found({**schema, **({"required": required} if required else {})}, frozenset(parts))

    def _module(self, name: str) -> Mapping[str, ast.ClassDef]:
        if name not in self._classes:
            path = _models() / f"{name}.py"
            source = path.read_text(encoding="utf-8") if path.exists() else ""
            nodes = ast.parse(source).body
            self._classes[name] = {n.name: n for n in nodes if isinstance(n, ast.ClassDef)}
        return self._classes[name]


@cache
def _models() -> Path:
    spec = find_spec("lightkube")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations))) / "models"


def _described(docstring: str) -> tuple[str, dict[str, str]]:
    """What a class is, and each of its fields."""
    about, _, fields = docstring.partition("**parameters**")
    parts = _PARAMETER.split(fields)
    texts = map(_flowing, parts[2::2])
    return _flowing(about), dict(zip(parts[1::2], texts, strict=True))


def _flowing(text: str) -> str:
    return " ".join(text.split())


def _json_name(field: ast.AnnAssign) -> str:
    """Its own, but for Python's keywords: `from_` says `field(metadata={"json": "from"})`."""
    assert isinstance(field.target, ast.Name)
    if isinstance(field.value, ast.Call):
        for keyword in field.value.keywords:
            if keyword.arg == "metadata":
                return str(ast.literal_eval(keyword.value)["json"])
    return field.target.id


def _annotation(field: ast.AnnAssign) -> ast.expr:
    assert isinstance(field.annotation, ast.Constant)
    return ast.parse(str(field.annotation.value), mode="eval").body


def _typed(annotation: ast.expr, module: str) -> _Found:
    match annotation:
        case ast.Subscript(ast.Name("Optional"), inner):
            return _typed(inner, module)
        case ast.Subscript(ast.Name("List"), inner):
            found = _typed(inner, module)
            return _Found({"type": "array", "items": _inlined(found.schema)}, found.parts)
        case ast.Subscript(ast.Name("Dict" | "dict"), ast.Tuple([_, inner])):
            found = _typed(inner, module)
            schema = {"type": "object", "additionalProperties": _inlined(found.schema)}
            return _Found(schema, found.parts)
        case ast.Name(name) if name in _SCALARS:
            return _Found(dict(_SCALARS[name]))
        case ast.Name(name) | ast.Attribute(attr=name) if name in _NAMED:
            return _referred(_Type(_NAMED[name], name))
        case ast.Name(name) | ast.Attribute(attr=name) if name in _ALIASES:
            return _Found(dict(_ALIASES[name]))
        case ast.Attribute(ast.Name(other), name):
            return _referred(_Type(other, name))
        case ast.Name(name):
            return _referred(_Type(module, name))
    raise TypeError(ast.dump(annotation))


def _map_of(type_: _Type, field: str) -> _Found | None:
    """The models say only that a field is a map; the kinds' own schemas say of what."""
    known = message(type_.name)
    found = known.by_name.get(field) if known else None
    if found is None or not found.keyed or found.repeated:
        return None
    match found.type:
        case "string" | "bytes":
            form = {"format": "byte"} if found.type == "bytes" else {}
            inner = _Found({"type": "string", **form})
        case "quantity":
            inner = _referred(_Type("resource", "Quantity"))
        case _:
            return None
    schema = {"type": "object", "additionalProperties": _inlined(inner.schema)}
    return _Found(schema, inner.parts)


def _referred(type_: _Type) -> _Found:
    return _Found({"$ref": type_.reference}, frozenset({type_}))


def _inlined(schema: Schema) -> Schema:
    """A reference may stand beside a description only inside `allOf`."""
    return {"allOf": [schema], "default": {}} if "$ref" in schema else schema


def _merging(type_name: str, field: str) -> Schema:
    """How clients merge this field, as strategic merge patch and apply do here."""
    place = (_owner(type_name), field)
    said: Schema = {}
    if keys := merge_keys(place):
        said = {
            "x-kubernetes-patch-strategy": "merge",
            "x-kubernetes-patch-merge-key": keys[0],
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": list(apply_keys(place)),
        }
    elif is_set(place):
        said = {"x-kubernetes-patch-strategy": "merge", "x-kubernetes-list-type": "set"}
    if place in _STRATEGIES:
        said["x-kubernetes-patch-strategy"] = _STRATEGIES[place]
    return said


def _owner(type_name: str) -> str:
    """The field in which an object of this type usually stands: how the merge keys name places."""
    for suffix in ("Spec", "Status"):
        if type_name.endswith(suffix):
            return suffix.lower()
    return _LIST_OWNERS.get(type_name, type_name)
