"""Which stage may start when: pure questions about steps and what they need."""

from collections.abc import Collection, Iterator, Sequence

from shipway.pipeline.stage import Stage, Step


def in_turn(*stages: Stage, after: Collection[str] = ()) -> Iterator[Step]:
    """Each stage needs the one before it, the first all of `after`."""
    needs = tuple(after)
    for stage in stages:
        yield Step(stage, needs)
        needs = (stage.name,)


def check(steps: Sequence[Step]) -> None:
    """A step needs only steps before it: so names are known and there is no circle."""
    known: set[str] = set()
    for step in steps:
        missing = [name for name in step.needs if name not in known]
        if missing or step.name in known:
            raise ValueError(f"{step.name} cannot stand here: {missing or 'twice'}")
        known.add(step.name)


def ready(steps: Sequence[Step], started: Collection[str], done: Collection[str]) -> list[Step]:
    """The steps that wait for nothing any more."""
    return [
        step
        for step in steps
        if step.name not in started and all(name in done for name in step.needs)
    ]
