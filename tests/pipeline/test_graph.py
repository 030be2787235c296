"""What may start when."""

from dataclasses import dataclass

import pytest

from shipway.pipeline import graph
from shipway.pipeline.stage import Facts, Outcome, Say, Step


@dataclass(frozen=True)
class Named:
    name: str

    async def run(self, _so_far: Facts, _say: Say) -> Outcome:
        return Outcome("done")


A, B, C = Named("a"), Named("b"), Named("c")


def test_a_step_is_ready_when_all_it_needs_is_done() -> None:
    steps = [Step(A), Step(B, ("a",)), Step(C, ("a", "b"))]
    assert graph.ready(steps, set(), set()) == [steps[0]]
    assert graph.ready(steps, {"a"}, {"a"}) == [steps[1]]
    assert graph.ready(steps, {"a", "b"}, {"a"}) == []
    assert graph.ready(steps, {"a", "b"}, {"a", "b"}) == [steps[2]]


def test_stages_in_turn_each_need_the_one_before() -> None:
    assert list(graph.in_turn(B, C, after=("a",))) == [Step(B, ("a",)), Step(C, ("b",))]


def test_a_step_cannot_need_what_comes_later() -> None:
    with pytest.raises(ValueError, match="a cannot stand here"):
        graph.check([Step(A, ("b",)), Step(B)])


def test_a_name_stands_once() -> None:
    with pytest.raises(ValueError, match="a cannot stand here: twice"):
        graph.check([Step(A), Step(A)])
