"""Runs a graph of stages: what is independent runs at once, and a failure lets nothing new begin."""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shipway.errors import FAILED, MachineRefused, ShipwayError
from shipway.pipeline import graph
from shipway.pipeline.events import Ending, RunFinished, RunStarted, StageFinished, StageStarted
from shipway.pipeline.stage import Emit, Facts, Outcome, Say, Step


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended: `exit_code` is that of the first failure, 0 without one."""

    exit_code: int
    facts: Facts
    unchanged: frozenset[str]  # the stages that found everything as it should be


async def _nothing() -> None:
    """What most runs have to leave in order."""


async def run(
    steps: Sequence[Step],
    begin: RunStarted,
    emit: Emit,
    facts: Facts | None = None,
    *,
    leave: Callable[[], Awaitable[None]] = _nothing,
) -> Report:
    """To the end, to the first failure (what runs beside it is let finish), or to cancellation; then `leave`."""
    graph.check(steps)
    start = time.monotonic()
    emit(begin)
    try:
        try:
            report = await _work(steps, facts or Facts(), emit)
        finally:
            await leave()
    except asyncio.CancelledError:
        emit(RunFinished("cancelled", time.monotonic() - start))
        raise
    except ExceptionGroup as untold:  # of stages, only `emit` raises: a full disk, say
        raise untold.exceptions[0] from None
    emit(RunFinished("failed" if report.exit_code else "done", time.monotonic() - start))
    return report


async def _work(steps: Sequence[Step], facts: Facts, emit: Emit) -> Report:
    running: dict[asyncio.Task[Outcome | int], str] = {}
    done: dict[str, Outcome] = {}
    failed: dict[str, int] = {}
    async with asyncio.TaskGroup() as group:
        while True:
            started = {*running.values(), *done, *failed}
            for step in () if failed else graph.ready(steps, started, done):
                running[group.create_task(_one(step, facts, emit))] = step.name
            if not running:
                break
            ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                name, outcome = running.pop(task), task.result()
                if isinstance(outcome, Outcome):
                    done[name] = outcome
                    facts = facts.and_(outcome.facts)
                else:
                    failed[name] = outcome
    for step in steps:
        if step.name not in done and step.name not in failed:
            emit(StageFinished(step.name, "skipped", "not reached", 0.0))
    return Report(
        exit_code=next(iter(failed.values()), 0),
        facts=facts,
        unchanged=frozenset(name for name, outcome in done.items() if outcome.unchanged),
    )


async def _one(step: Step, facts: Facts, emit: Emit) -> Outcome | int:
    """The stage's outcome, or the exit code of its failure."""
    name, start = step.name, time.monotonic()
    emit(StageStarted(name))
    try:
        outcome = await step.stage.run(facts, Say(name, emit))
    except asyncio.CancelledError:
        emit(StageFinished(name, "cancelled", "stopped", time.monotonic() - start))
        raise
    except (ShipwayError, OSError) as caught:
        error = MachineRefused.of(caught) if isinstance(caught, OSError) else caught
        emit(
            StageFinished(
                name,
                "failed",
                error.problem,
                time.monotonic() - start,
                details=error.details,
                remedy=error.remedy,
            )
        )
        return error.exit_code
    except Exception as bug:  # noqa: BLE001  # a bug is told like a failure, and its trace kept
        emit(
            StageFinished(
                name,
                "failed",
                f"a bug in shipway: {type(bug).__name__}: {bug}",
                time.monotonic() - start,
                traceback=traceback.format_exc(),
            )
        )
        return FAILED
    ending: Ending = "unchanged" if outcome.unchanged else "done"
    seconds = time.monotonic() - start
    emit(StageFinished(name, ending, outcome.summary, seconds, outputs=outcome.outputs))
    return outcome
