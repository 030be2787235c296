"""Plays a reconcile as the loop would, on paper: what it asks for, in order."""

from collections.abc import Callable

import pytest

from drydock.controllers.changes import (
    After,
    Change,
    Create,
    Recommend,
    Reconcile,
    Record,
    Refused,
)
from drydock.resources import Object

Play = Callable[..., list[Change]]


@pytest.fixture
def play() -> Play:
    """`refuse` is what the API says to every Create."""

    def run(steps: Reconcile, refuse: Refused | None = None) -> list[Change]:
        asked: list[Change] = []
        try:
            step = next(steps)
            while True:
                asked.append(step)
                if isinstance(step, Create) and refuse is not None:
                    step = steps.throw(refuse)
                else:
                    step = steps.send(_answer(step, len(asked)))
        except StopIteration:
            return asked

    return run


def _answer(step: Change, nth: int) -> Object:
    if isinstance(step, After | Recommend):
        return {}
    if not isinstance(step, Create):
        return step.object
    metadata = step.object["metadata"]
    name = metadata.get("name") or f"{metadata['generateName']}{nth}"
    return {**step.object, "metadata": {**metadata, "name": name, "uid": f"uid-{nth}"}}


@pytest.fixture
def said() -> Callable[[list[Change]], list[str]]:
    """The events among the changes, as kubectl would list them."""
    return lambda changes: [
        f"{each.type} {each.reason} {each.message}" for each in changes if isinstance(each, Record)
    ]
