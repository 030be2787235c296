"""Whatever is done in whatever order: prod runs nothing that was not proven, and nothing that is quarantined, unless forced.

The machine does what the stages do, with the functions that decide for them; what may happen is written down a second
time, as sets, and compared at every revision that is made.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from drydock.registry.app import create
from shipway.model.bundle import Bundle, ChartRef, ImageRef
from shipway.model.environment import Rules
from shipway.model.promotion import Obstacle, obstacles
from shipway.model.record import Kept, Kind, Record, quarantines
from shipway.model.revision import FAILURE, UNDERWAY, Revision, current, previous_good
from shipway.model.rollback import Known, Unknown, choose, condemned, distrust
from shipway.oci import bundles
from shipway.oci.bundles import Released
from shipway.oci.records import Ledger
from shipway.oci.registry import Registry
from tests.oci.conftest import HASTE, image, serve

ORDER = ("dev", "staging", "prod")
REPOSITORY = "app"
BUNDLES = 4  # few enough to meet again
Ending = Literal["proven", "rollout fails", "test fails", "killed"]

ENVIRONMENTS = st.sampled_from(ORDER)
ENDINGS = st.sampled_from(["proven", "proven", "rollout fails", "test fails", "killed"])
REASONS = st.sampled_from(["", "", "a person insists"])


class Keeper(Protocol):
    """Where bundles and records are."""

    def build(self, number: int) -> str: ...

    def read(self, bundle: str) -> list[Kept]: ...

    def write(self, record: Record) -> Kept: ...

    def lose(self, kept: Kept) -> None: ...


@dataclass
class Memory:
    records: list[Kept] = field(default_factory=list)

    def build(self, number: int) -> str:
        return f"bundle {number}"

    def read(self, bundle: str) -> list[Kept]:
        return [each for each in self.records if each.record.bundle == bundle]

    def write(self, record: Record) -> Kept:
        kept = Kept(f"record {record.run}", record)
        self.records.append(kept)
        return kept

    def lose(self, kept: Kept) -> None:
        self.records.remove(kept)


@dataclass
class Stored:
    """By the real client in a real registry. Each example has a repository of its own."""

    runner: asyncio.Runner
    registry: Registry
    repository: str

    def build(self, number: int) -> str:
        return self.runner.run(self._build(number))

    def read(self, bundle: str) -> list[Kept]:
        return self.runner.run(self._ledger.read(bundle))

    def write(self, record: Record) -> Kept:
        return self.runner.run(self._ledger.write(record))

    def lose(self, kept: Kept) -> None:
        self.runner.run(self._lose(kept))

    @property
    def _ledger(self) -> Ledger:
        return Ledger(self.registry, self.repository)

    async def _build(self, number: int) -> str:
        made = image(f"{self.repository} {number}")
        await self.registry.upload(self.repository, made)
        bundle = Bundle(
            image=ImageRef(self.repository, made.digest),
            chart=ChartRef("charts/app", "1.0.0", "sha256:c"),
            values={},
            commit="",
            tag=f"v{number}",
        )
        await bundles.push(self.registry, Released(bundle, {}), made.descriptor)
        return bundle.id

    async def _lose(self, kept: Kept) -> None:
        named = await self.registry.digest_of(
            self.repository, bundles.bundle_tag(kept.record.bundle)
        )
        assert named
        for each in await self.registry.referrers(self.repository, named):
            layers = (await self.registry.manifest(self.repository, each.digest)).content["layers"]
            if kept.digest in [layer["digest"] for layer in layers]:
                await self.registry.delete(self.repository, each.digest)


@dataclass
class Truth:
    """What happened, told without records."""

    proven: set[tuple[str, str]] = field(default_factory=set)
    held: dict[str, tuple[str, str]] = field(default_factory=dict)  # quarantines, by record
    lifted: dict[str, set[str]] = field(default_factory=dict)  # by the record that lifted them

    def quarantined(self, bundle: str, environment: str) -> bool:
        free = set().union(*self.lifted.values())
        return any(
            where == (bundle, environment) and digest not in free
            for digest, where in self.held.items()
        )


class Releases(RuleBasedStateMachine):
    """Builds, promotions, approvals, rollbacks, failures, kills and lost records in three environments."""

    def __init__(
        self,
        keeper: Keeper,
        judge: Callable[[Rules, Sequence[Kept]], list[Obstacle]] = obstacles,
        chooser: Callable[[Sequence[Revision], Known, str], Revision | Unknown | None] = choose,
    ) -> None:
        super().__init__()
        self.keeper, self.judge, self.chooser = keeper, judge, chooser
        self.built: list[str] = []
        self.kept: list[Kept] = []
        self.history: dict[str, list[Revision]] = {name: [] for name in ORDER}
        self.truth = Truth()
        self.moment = 0

    @precondition(lambda self: len(self.built) < BUNDLES)
    @rule()
    def build(self) -> None:
        self.built.append(self.keeper.build(len(self.built)))

    @precondition(lambda self: self.built)
    @rule(data=st.data(), environment=ENVIRONMENTS)
    def approve(self, data: st.DataObject, environment: str) -> None:
        self._record("approved", data.draw(st.sampled_from(self.built)), environment)

    @precondition(lambda self: self.built)
    @rule(data=st.data(), environment=ENVIRONMENTS, reason=REASONS, ending=ENDINGS)
    def deploy(self, data: st.DataObject, environment: str, reason: str, ending: Ending) -> None:
        self._deploy(data.draw(st.sampled_from(self.built)), environment, reason, ending)

    @precondition(lambda self: self.built)
    @rule(data=st.data())
    def ship(self, data: st.DataObject) -> None:
        """Through all environments: what a person does most often."""
        bundle = data.draw(st.sampled_from(self.built))
        for environment in ORDER:
            self._record("approved", bundle, environment)
            self._deploy(bundle, environment, "", "proven")

    @precondition(lambda self: any(self.history.values()))
    @rule(environment=ENVIRONMENTS, ending=ENDINGS)
    def rollback(self, environment: str, ending: Ending) -> None:
        self._go_back(environment, ending)

    @precondition(lambda self: any(self.history.values()))
    @rule(data=st.data(), environment=ENVIRONMENTS, reason=REASONS, ending=ENDINGS)
    def rollback_to(
        self, data: st.DataObject, environment: str, reason: str, ending: Ending
    ) -> None:
        history = self.history[environment]
        if not history:
            return
        back = data.draw(st.sampled_from(history))
        against = distrust(back, self.keeper.read(back.bundle), environment)
        if against and not reason:
            return
        if against:
            self._insist(back.bundle, environment, reason)
        self._return(back, environment, ending, forced=bool(against))

    @precondition(lambda self: any(self.history.values()))
    @rule(environment=ENVIRONMENTS)
    def helm_test(self, environment: str) -> None:
        """Of what a killed run left there."""
        now = current(self.history[environment])
        if now and now.status == "deployed" and not now.unproven:
            self._prove(now, environment)

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        kept = data.draw(st.sampled_from(self.kept))
        self.kept.remove(kept)
        self.keeper.lose(kept)
        self.truth.held.pop(kept.digest, None)
        self.truth.lifted.pop(kept.digest, None)

    def _deploy(self, bundle: str, environment: str, reason: str, ending: Ending) -> None:
        against = self.judge(rules(environment), self.keeper.read(bundle))
        if against and not reason:
            return
        if against:
            self._insist(bundle, environment, reason)
        self._run(bundle, environment, ending, forced=bool(against))
        if ending in {"rollout fails", "test fails"} and environment == "prod":
            self._go_back(environment, "proven")

    def _go_back(self, environment: str, ending: Ending) -> None:
        known: dict[str, list[Kept]] = {}
        history = self.history[environment]
        while isinstance(found := self.chooser(history, known, environment), Unknown):
            known |= {bundle: self.keeper.read(bundle) for bundle in found.bundles}
        if found:
            assert (found.bundle, environment) in self.truth.proven, "back to what was never proven"
            assert FAILURE not in found.description, "back to what failed"
            self._return(found, environment, ending, forced=False)

    def _return(self, back: Revision, environment: str, ending: Ending, *, forced: bool) -> None:
        now = current(self.history[environment])
        assert now
        known = {each: self.keeper.read(each) for each in (now.bundle, back.bundle)}
        if condemned(now, back.bundle, known, environment):
            quarantine = self._record("quarantined", now.bundle, environment, revision=now.number)
            self.truth.held[quarantine.digest] = (now.bundle, environment)
        self._run(back.bundle, environment, ending, forced=forced)

    def _insist(self, bundle: str, environment: str, reason: str) -> None:
        held = quarantines(self.keeper.read(bundle), environment)
        lifts = tuple(each.digest for each in held)
        forced = self._record("forced", bundle, environment, reason=reason, lifts=lifts)
        self.truth.lifted[forced.digest] = {
            digest for digest, where in self.truth.held.items() if where == (bundle, environment)
        }

    def _run(self, bundle: str, environment: str, ending: Ending, *, forced: bool) -> None:
        """What must never be: here it would show."""
        if not forced:
            assert not self.truth.quarantined(bundle, environment), "a quarantined bundle runs"
            before = rules(environment).before
            been = {(bundle, environment), (bundle, before)} & self.truth.proven
            assert before is None or been, f"{environment} runs what nobody proved"
        history = self.history[environment]
        for place, each in enumerate(history):
            if each.status == "deployed":
                history[place] = revision(each.number, each.bundle, "superseded", each.description)
        number = len(history) + 1
        match ending:
            case "killed":
                history.append(revision(number, bundle, "deployed", f"applied{UNDERWAY}"))
            case "proven":
                history.append(revision(number, bundle, "deployed", "applied"))
                self._prove(history[-1], environment)
            case _:
                history.append(revision(number, bundle, "failed", f"release {FAILURE}{ending}"))
                self._record("failed", bundle, environment, revision=number)

    def _prove(self, now: Revision, environment: str) -> None:
        self.truth.proven.add((now.bundle, environment))
        self._record("proven", now.bundle, environment, revision=now.number)

    def _record(self, kind: Kind, bundle: str, environment: str, **facts: Any) -> Kept:
        self.moment += 1
        at, run = f"{1000 - self.moment:04}", f"run {self.moment}"  # clocks decide nothing
        record = Record(kind, bundle, at, "ann", run, environment, **facts)
        self.kept.append(self.keeper.write(record))
        return self.kept[-1]


def rules(environment: str) -> Rules:
    place = ORDER.index(environment)
    before = ORDER[place - 1] if place else None
    return Rules(environment, before, timeout_seconds=120, approval=environment == "prod")


def revision(number: int, bundle: str, status: str, description: str) -> Revision:
    values = {"image": {"digest": f"image of {bundle}"}, "release": {"bundle": bundle}}
    return Revision(number, status, "1.0.0", "", description, values)


def check(
    keeper: Callable[[], Keeper], examples: int, steps: int = 30, **holes: Callable[..., Any]
) -> None:
    class Machine(Releases):
        def __init__(self) -> None:
            super().__init__(keeper(), **holes)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=[Phase.generate] if holes else [Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_nothing_unproven_or_quarantined_runs_unless_it_was_forced() -> None:
    check(Memory, examples=200)


@pytest.fixture
def stored() -> Iterator[Callable[[], Stored]]:
    """A new repository in the same registry each time."""
    names = iter(range(1000))
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        app = create(Path(folder) / "registry", allowed_hosts={"127.0.0.1"})
        serving = serve(app)
        registry = Registry(runner.run(serving.__aenter__()), patience=HASTE)
        yield lambda: Stored(runner, registry, f"{REPOSITORY}{next(names)}")
        runner.run(registry.__aexit__(None, None, None))
        runner.run(serving.__aexit__(None, None, None))


def test_the_same_holds_for_records_in_a_registry(stored: Callable[[], Stored]) -> None:
    check(stored, examples=4, steps=15)


def without(*words: str) -> Callable[[Rules, Sequence[Kept]], list[Obstacle]]:
    """The rule, with a hole in it."""

    def judge(rules: Rules, kept: Sequence[Kept]) -> list[Obstacle]:
        return [each for each in obstacles(rules, kept) if not each.why.startswith(words)]

    return judge


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"judge": without("is not proven")}, "runs what nobody proved"),
        ({"judge": without("is quarantined")}, "a quarantined bundle runs"),
        ({"chooser": lambda history, *_: previous_good(history)}, "back to what|a quarantined"),
        (
            {"chooser": lambda history, *_: (history[:-1] or [None])[-1]},
            "back to what|a quarantined",
        ),
    ],
    ids=[
        "proof is not asked for",
        "quarantine is not",
        "any that served",
        "blindly the one before",
    ],
)
def test_a_rule_with_a_hole_is_found_out(broken: dict[str, Any], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check(Memory, examples=400, **broken)
