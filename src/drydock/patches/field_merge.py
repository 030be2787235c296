"""How an applied object and a living one become one: merging what is wanted, taking away what no longer is.

Source: structured-merge-diff v6.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from drydock.patches.field_sets import Items, Paths, items_by_path, leaves, listed, without
from drydock.patches.merge_keys import Place, is_atomic
from drydock.resources import Object


def merge_fields(live: Any, wanted: Any, place: Place) -> Any:
    if isinstance(live, Mapping) and isinstance(wanted, Mapping) and not is_atomic(place):
        below = {
            field: merge_fields(live[field], inner, (*place, field)) if field in live else inner
            for field, inner in wanted.items()
        }
        return {**live, **below}
    if isinstance(live, list) and isinstance(wanted, list):
        ours, theirs = items_by_path(live, place), items_by_path(wanted, place)
        if ours is not None and theirs is not None:
            return listed(_merge_items(ours, theirs, place))
    return wanted


def _merge_items(live: Items, wanted: Items, place: Place) -> Iterator[Any]:
    """Wanted items in their order; items that only `live` has keep their place between those that both have."""
    left = list(wanted)
    for word, item in live.items():
        if word not in wanted:
            yield item
        elif word == next((other for other in left if other in live), None):
            at = left.index(word) + 1
            yield from (_merge_item(live, wanted, other, place) for other in left[:at])
            del left[:at]
    yield from (_merge_item(live, wanted, other, place) for other in left)


def _merge_item(live: Items, wanted: Items, word: str, place: Place) -> Any:
    return merge_fields(live[word], wanted[word], place) if word in live else wanted[word]


def prune_fields(merged: Object, last: Paths, owned: Paths, kind: Place) -> Object:
    """`merged` less what an applier had and no longer wants, except what anybody owns or has put beside it."""
    had = _with_parents(last)
    there = _with_parents(frozenset(leaves(merged, kind)))
    bare = _with_parents(frozenset(leaves(without(merged, had, kind), kind)))
    kept = without(merged, there - bare - _with_parents(owned), kind)
    gone = (there - _with_parents(frozenset(leaves(kept, kind)))) & had
    pruned: Object = without(merged, gone, kind)
    return pruned


def _with_parents(paths: Paths) -> Paths:
    """The paths with all named fields on the way to them."""
    above = {path[:end] for path in paths for end in range(1, len(path))}
    return paths | {path for path in above if path[-1].startswith("f:")}
