"""Dagger's API as a GraphQL schema, read from the generated client of the SDK that is installed.

Nothing of it is written down here: an argument that the next SDK renames fails the tests.
"""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import dagger.client.gen as generated
from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)

PLAIN: dict[str, GraphQLNamedType] = {
    "str": GraphQLString,
    "int": GraphQLInt,
    "float": GraphQLFloat,
    "bool": GraphQLBoolean,
}


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a generated class: the field it asks for, and what goes in and out."""

    field: str
    arguments: tuple[tuple[str, ast.expr, bool], ...]  # name, type, may be left out
    returns: ast.expr | None  # None for an id: a method that waits returns its own object


@cache
def schema() -> GraphQLSchema:
    return _Reader(ast.parse(inspect.getsource(generated))).schema()


class _Reader:
    def __init__(self, module: ast.Module) -> None:
        classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
        self._classes = {each.name: each for each in classes}
        self._node = GraphQLInterfaceType(
            "Node", {"id": GraphQLField(GraphQLNonNull(GraphQLString))}
        )
        self._inputs: dict[str, GraphQLNamedType] = dict(PLAIN)
        self._objects: dict[str, GraphQLNamedType] = {}
        for node in classes:
            self._define(node)

    def schema(self) -> GraphQLSchema:
        query = self._objects["Query"]
        assert isinstance(query, GraphQLObjectType)
        return GraphQLSchema(query, types=[*self._objects.values()])

    def _define(self, node: ast.ClassDef) -> None:
        name = node.name
        match [base.id for base in node.bases if isinstance(base, ast.Name)]:
            case ["Scalar"]:
                self._inputs[name] = GraphQLScalarType(name)
            case ["Enum"]:
                members = [member.name for member in getattr(generated, name)]
                self._inputs[name] = GraphQLEnumType(name, {each: each for each in members})
            case ["Input"]:
                self._inputs[name] = GraphQLInputObjectType(name, partial(self._input_fields, node))
            case ["Root"]:
                self._objects[name] = GraphQLObjectType(name, partial(self._root_fields, node))
            case ["Type"] if not name.startswith("_"):
                self._objects[name] = GraphQLObjectType(
                    name, partial(self._fields, node), interfaces=[self._node]
                )

    def _root_fields(self, node: ast.ClassDef) -> dict[str, GraphQLField]:
        """The SDK asks for objects by `node(id:)`, outside of what is generated."""
        by_id = {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))}
        return {**self._fields(node), "node": GraphQLField(self._node, by_id)}

    def _fields(self, node: ast.ClassDef) -> dict[str, GraphQLField]:
        return {
            method.field: GraphQLField(
                self._output(method.returns, node.name),
                {
                    name: GraphQLArgument(self._input(kind, optional=optional))
                    for name, kind, optional in method.arguments
                },
            )
            for method in _methods(node)
        }

    def _input_fields(self, node: ast.ClassDef) -> dict[str, GraphQLInputField]:
        return {
            each.target.id: GraphQLInputField(
                self._input(each.annotation, optional=bool(each.value))
            )
            for each in node.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        }

    def _output(self, node: ast.expr | None, owner: str) -> Any:
        if node is None:
            return GraphQLNonNull(GraphQLID)
        kind, nullable = _without_none(node)
        found: Any
        if isinstance(kind, ast.Subscript):
            found = GraphQLList(self._output(kind.slice, owner))
        else:
            name = _name(kind)
            known = {**self._inputs, **self._objects}
            found = known.get(owner if name == "Self" else name, self._node)
        return found if nullable else GraphQLNonNull(found)

    def _input(self, node: ast.expr, *, optional: bool) -> Any:
        kind, nullable = _without_none(node)
        found: Any
        if isinstance(kind, ast.Subscript):
            found = GraphQLList(self._input(kind.slice, optional=False))
        else:
            found = self._inputs.get(_name(kind), GraphQLID)  # an object goes in by its id
        return found if nullable or optional else GraphQLNonNull(found)


def _methods(node: ast.ClassDef) -> Iterator[Method]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _method(each)


def _method(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Method]:
    kinds = {
        argument.arg: argument.annotation
        for argument in (*function.args.args, *function.args.kwonlyargs)
    }
    arguments = []
    for call in _calls(function, "Arg"):
        name, value = call.args[:2]
        assert isinstance(name, ast.Constant)
        used = [part.id for part in ast.walk(value) if isinstance(part, ast.Name)]
        kind = next(kinds[each] for each in used if each in kinds)
        assert kind is not None
        arguments.append((str(name.value), kind, len(call.args) > 2))
    for call in _calls(function, "_select"):
        assert isinstance(call.args[0], ast.Constant)
        yield Method(str(call.args[0].value), tuple(arguments), function.returns)
    for call in _calls(function, "execute_sync"):
        assert isinstance(call.args[1], ast.Constant)
        yield Method(str(call.args[1].value), tuple(arguments), None)


def _calls(function: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            called = node.func
            if name in {getattr(called, "id", None), getattr(called, "attr", None)}:
                yield node


def _without_none(node: ast.expr) -> tuple[ast.expr, bool]:
    """The type, and whether it may be nothing."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _without_none(ast.parse(node.value, mode="eval").body)
    if isinstance(node, ast.BinOp):
        return _without_none(node.left)[0], True
    return node, isinstance(node, ast.Constant) and node.value is None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else str(getattr(node, "value", ""))
