"""The engine runs stages side by side, stops at a failure, and tells everything as events."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from shipway.errors import REFUSED, ShipwayError
from shipway.pipeline import engine
from shipway.pipeline.events import (
    EffectDone,
    Event,
    Line,
    Progress,
    RunFinished,
    RunStarted,
    StageFinished,
    StageStarted,
)
from shipway.pipeline.stage import Facts, Outcome, Say, Step

BEGIN = RunStarted("1", "run", "embedded", ())


@dataclass(eq=False)
class Refused(ShipwayError):
    exit_code = REFUSED

    @property
    def problem(self) -> str:
        return "not today"

    @property
    def remedy(self) -> str:
        return "come again tomorrow"


@dataclass
class Scripted:
    name: str
    act: Callable[[Facts, Say], Awaitable[Outcome]] | None = None
    error: Exception | None = None
    outcome: Outcome = field(default_factory=lambda: Outcome("done"))

    async def run(self, so_far: Facts, say: Say) -> Outcome:
        if self.error:
            raise self.error
        return await self.act(so_far, say) if self.act else self.outcome


def without_times(events: list[Event]) -> list[Event]:
    return [
        replace(event, seconds=0.0) if isinstance(event, StageFinished | RunFinished) else event
        for event in events
    ]


async def test_a_stage_is_told_from_start_to_end() -> None:
    async def act(_so_far: Facts, say: Say) -> Outcome:
        say.line("hello")
        say.progress("half")
        return Outcome("said hello")

    events: list[Event] = []
    report = await engine.run([Step(Scripted("a", act))], BEGIN, events.append)
    assert without_times(events) == [
        BEGIN,
        StageStarted("a"),
        Line("a", "hello"),
        Progress("a", "half"),
        StageFinished("a", "done", "said hello", 0.0),
        RunFinished("done", 0.0),
    ]
    assert (report.exit_code, report.unchanged) == (0, frozenset())


async def test_what_is_independent_runs_at_once() -> None:
    both = asyncio.Barrier(2)

    async def meet(_so_far: Facts, _say: Say) -> Outcome:
        await both.wait()
        return Outcome("met")

    steps = [Step(Scripted("a", meet)), Step(Scripted("b", meet))]
    async with asyncio.timeout(45):
        report = await engine.run(steps, BEGIN, lambda _event: None)
    assert report.exit_code == 0


async def test_facts_travel_to_later_stages_by_type() -> None:
    async def use(so_far: Facts, _say: Say) -> Outcome:
        return Outcome(f"{so_far.of(str)} {so_far.of(int)}", unchanged=True)

    events: list[Event] = []
    report = await engine.run(
        [
            Step(Scripted("a", outcome=Outcome("", facts=("answer",)))),
            Step(Scripted("b", use), ("a",)),
        ],
        BEGIN,
        events.append,
        Facts([42]),
    )
    assert StageFinished("b", "unchanged", "answer 42", 0.0) in without_times(events)
    assert report.unchanged == frozenset({"b"})


async def test_a_failure_lets_what_runs_finish_and_nothing_new_begin() -> None:
    failed = asyncio.Event()

    async def slow(_so_far: Facts, _say: Say) -> Outcome:
        await failed.wait()
        return Outcome("finished all the same")

    async def fail(_so_far: Facts, _say: Say) -> Outcome:
        failed.set()
        raise Refused

    events: list[Event] = []
    report = await engine.run(
        [
            Step(Scripted("slow", slow)),
            Step(Scripted("bad", fail)),
            Step(Scripted("later"), ("slow",)),
        ],
        BEGIN,
        events.append,
    )
    ended = [event for event in without_times(events) if isinstance(event, StageFinished)]
    assert sorted(ended, key=lambda event: event.stage) == [
        StageFinished("bad", "failed", "not today", 0.0, remedy="come again tomorrow"),
        StageFinished("later", "skipped", "not reached", 0.0),
        StageFinished("slow", "done", "finished all the same", 0.0),
    ]
    assert report.exit_code == REFUSED


async def test_a_bug_is_a_failure_that_keeps_its_trace() -> None:
    events: list[Event] = []
    report = await engine.run([Step(Scripted("a", error=KeyError("x")))], BEGIN, events.append)
    (ended,) = [event for event in events if isinstance(event, StageFinished)]
    assert (ended.ending, ended.summary) == ("failed", "a bug in shipway: KeyError: 'x'")
    assert ended.traceback is not None
    assert "KeyError" in ended.traceback
    assert report.exit_code == 1


async def test_a_cancelled_run_ends_its_stages_and_says_so() -> None:
    running = asyncio.Event()

    async def forever(_so_far: Facts, _say: Say) -> Outcome:
        running.set()
        await asyncio.Event().wait()
        raise AssertionError

    events: list[Event] = []
    task = asyncio.create_task(
        engine.run(
            [Step(Scripted("a", forever)), Step(Scripted("b"), ("a",))], BEGIN, events.append
        )
    )
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert without_times(events)[2:] == [
        StageFinished("a", "cancelled", "stopped", 0.0),
        RunFinished("cancelled", 0.0),
    ]


async def test_what_a_run_has_taken_is_given_back_before_it_says_that_it_ended() -> None:
    def ends(events: list[Event]) -> Callable[[], Awaitable[None]]:
        async def leave() -> None:
            events.append(EffectDone("a", "lease released"))

        return leave

    async def interrupted(_so_far: Facts, _say: Say) -> Outcome:
        raise asyncio.CancelledError

    given_back = EffectDone("a", "lease released")
    done: list[Event] = []
    await engine.run([Step(Scripted("a"))], BEGIN, done.append, leave=ends(done))
    assert without_times(done)[-2:] == [given_back, RunFinished("done", 0.0)]
    cancelled: list[Event] = []
    steps = [Step(Scripted("a", interrupted))]
    with pytest.raises(asyncio.CancelledError):
        await engine.run(steps, BEGIN, cancelled.append, leave=ends(cancelled))
    assert without_times(cancelled)[-2:] == [given_back, RunFinished("cancelled", 0.0)]


async def test_a_journal_that_cannot_be_written_is_told_as_itself() -> None:
    full = OSError(28, "No space left on device")

    def emit(event: Event) -> None:
        if isinstance(event, StageStarted):
            raise full

    with pytest.raises(OSError, match="No space left") as raised:
        await engine.run([Step(Scripted("lint"))], BEGIN, emit)
    assert raised.value is full
