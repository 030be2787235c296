"""Sets of field paths: what managedFields stores, what an object holds, what differs between two objects.

A path is a tuple of fieldsV1's own words: `f:name` a field, `k:{"name":"app"}` an item of a keyed list,
`v:"x"` an item of a set, `i:0` (in messages only) an item of any other list.
Source: structured-merge-diff v6, whose rules and quirks these functions follow.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drydock.patches.equality import same_json
from drydock.patches.merge_keys import Place, apply_keys, is_atomic, is_set, is_struct, key_value
from drydock.resources import Object

Path = tuple[str, ...]
Paths = frozenset[Path]


@dataclass(frozen=True, slots=True)
class Difference:
    added: Paths
    modified: Paths
    removed: Paths

    @property
    def touched(self) -> Paths:
        return self.added | self.modified


# ---- fieldsV1


def paths_of(fields: Mapping[str, Any], prefix: Path = ()) -> Paths:
    """The members of a fieldsV1 tree."""
    return frozenset(_members(fields, prefix))


def _members(fields: Mapping[str, Any], prefix: Path) -> Iterator[Path]:
    for word, below in fields.items():
        if word == ".":
            yield prefix
        elif below:
            yield from _members(below, (*prefix, word))
        else:
            yield (*prefix, word)


def fields_v1(paths: Paths) -> dict[str, Any]:
    """The fieldsV1 tree of a set; a member that has members below is marked with a dot."""
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        node = tree
        for word in path:
            node = node.setdefault(word, {})
    for path in paths:
        node = tree
        for word in path:
            node = node[word]
        if node:
            node["."] = {}
    return tree


def describe(path: Path) -> str:
    """`.spec.template.spec.containers[name="app"].image`."""
    return "".join(map(_describe, path))


def _describe(word: str) -> str:
    kind, _, rest = word.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "v":
        return f"[={rest}]"
    if kind == "i":
        return f"[{rest}]"
    keys = json.loads(rest)
    return "[" + ",".join(f"{key}={_json(value)}" for key, value in keys.items()) + "]"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# ---- objects


Items = dict[str, Any]
"""The items of a keyed list or of a set by their path words. Items that share a word are one value, a tuple."""


def items_by_path(items: Sequence[Any], place: Place) -> Items | None:
    """None for a list that is one value."""
    keys = apply_keys(place)
    if not is_set(place) and not (keys and all(isinstance(item, Mapping) for item in items)):
        return None
    by_path: dict[str, list[Any]] = {}
    for item in items:
        by_path.setdefault(_word(item, keys), []).append(item)
    return {word: same[0] if len(same) == 1 else tuple(same) for word, same in by_path.items()}


def listed(items: Iterable[Any]) -> list[Any]:
    """A list again, out of what `items_by_path` made of it."""
    return [each for item in items for each in (item if isinstance(item, tuple) else (item,))]


def _word(item: Any, keys: Sequence[str]) -> str:
    if not keys:
        return f"v:{_json(item)}"
    return "k:" + _json({key: key_value(item, key) for key in keys})


def leaves(value: Any, place: Place, path: Path = ()) -> Iterator[Path]:
    """The paths that applying `value` takes possession of."""
    if isinstance(value, Mapping) and value and not is_atomic(place):
        for field, inner in value.items():
            yield from leaves(inner, (*place, field), (*path, f"f:{field}"))
    elif isinstance(value, list) and (items := items_by_path(value, place)) is not None:
        for word, item in items.items():
            yield (*path, word)
            yield from leaves(item, place, (*path, word)) if isinstance(item, Mapping) else ()
    else:
        yield path


def without(value: Any, paths: Paths, place: Place) -> Any:
    """`value` less the items at `paths`; what they leave empty stays as an empty container."""
    return _without(value, fields_v1(paths), place)


def _without(value: Any, gone: Mapping[str, Any], place: Place) -> Any:
    """`gone` is a tree: a node that is empty or dotted goes with all below it."""
    if isinstance(value, Mapping) and not is_atomic(place):
        return {
            field: _less(inner, gone.get(f"f:{field}"), (*place, field))
            for field, inner in value.items()
            if not _is_member(gone.get(f"f:{field}"))
        }
    if isinstance(value, list) and (items := items_by_path(value, place)) is not None:
        return listed(
            _less(item, gone.get(word), place)
            for word, item in items.items()
            if not _is_member(gone.get(word))
        )
    return value


def _less(value: Any, gone: Mapping[str, Any] | None, place: Place) -> Any:
    return value if gone is None else _without(value, gone, place)


def _is_member(node: Mapping[str, Any] | None) -> bool:
    return node is not None and (not node or "." in node)


def compare(before: Object, after: Object, place: Place) -> Difference:
    added: set[Path] = set()
    modified: set[Path] = set()
    removed: set[Path] = set()

    def walk(old: Any, new: Any, at: Place, path: Path) -> None:
        """`old` or `new` is None where that side has nothing."""
        inner = _pairs(old, new, at)
        if inner is None:
            if old is not None and new is not None and not same_json(old, new):
                modified.add(path)
        else:
            for word, was, now, below in inner:
                walk(was, now, below, (*path, word))
        if old is None:
            added.add(path)
        elif new is None:
            removed.add(path)

    for word, was, now, below in _pairs(before, after, place) or ():
        walk(was, now, below, (word,))
    return Difference(frozenset(added), frozenset(modified), frozenset(removed))


_Pair = tuple[str, Any, Any, Place]


def _pairs(old: Any, new: Any, place: Place) -> list[_Pair] | None:
    """The parts of both sides next to each other; None where both are one value."""
    sides = [side for side in (old, new) if side is not None]
    if not any(sides):
        return None
    if all(isinstance(side, Mapping) for side in sides) and not is_atomic(place):
        one, other = _with_structs(old, new, place)
        return [
            (f"f:{field}", one.get(field), other.get(field), (*place, field))
            for field in dict.fromkeys([*one, *other])
        ]
    if all(isinstance(side, list) for side in sides):
        was, now = items_by_path(old or [], place), items_by_path(new or [], place)
        if was is not None and now is not None:
            return [(w, was.get(w), now.get(w), place) for w in dict.fromkeys([*was, *now])]
    return None


def _with_structs(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, place: Place
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Both sides with the structs that a Go object always has, so that these are never added or removed."""
    one, other = old or {}, new or {}
    if old is not None and new is not None:
        for field in {*one, *other}:
            if is_struct((*place, field)):
                empty = type(one.get(field) or other.get(field) or {})()
                one = {field: empty, **one}
                other = {field: empty, **other}
    return one, other
