"""What the kill matrix walks through, where it looks afterwards, and the table that it makes."""

import asyncio
import os
import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from shipway.commands.helm import Release
from shipway.kube import lease, releases, workload
from shipway.kube.access import Access, connect
from shipway.model.revision import current
from shipway.oci import bundles
from shipway.oci.records import Ledger
from shipway.oci.registry import Registry
from shipway.testing.workbench import ROOT, Said, Workbench

TABLE = ROOT / "docs" / "reference" / "crashes.md"
SERVICE = "app/sample_app/service.py"
AT_ONCE = 3  # lanes: a run waits for helm and for pods most of its time
LONG = ("helm", "rollout")  # how effects begin in the middle of which a run dies, too

RUN = r"run \d{8}T\d{6}-\d+"
SEEN = r"revision N was left before its pods were seen to serve by run R \((.*)\): .*"
SAID = {
    r"process \d+": "process P",
    RUN: "run R",
    r"revision \d+": "revision N",
    SEEN: r"revision N was left before its pods were seen to serve by run R (\1): "
    "they do serve, or it is marked failed",
}
HOW = "(…)"
ENDED = "helm (process P) of a run that died was still at work: ended"
UNSEEN = (
    f"revision N was left before its pods were seen to serve by run R {HOW}: "
    "they do serve, or it is marked failed"
)
PENDING = f"revision N was left pending-… by run R {HOW}: marked failed"
MAY_SAY = {
    "helm upgrade": (ENDED, PENDING, UNSEEN),
    "helm rollback": (ENDED, PENDING, UNSEEN),
    "rollout": (UNSEEN,),
    "helm test": (
        ENDED,
        "test pod sample-app-test-health was left running by a run that died: removed",
    ),
}


@dataclass(frozen=True, slots=True)
class Point:
    """Right after a line of the journal's effects is on the disk, or so many seconds later."""

    line: int
    seconds: float
    name: str


def points(journal: Sequence[dict[str, Any]]) -> list[Point]:
    """Of an undisturbed run: before, between and after its effects, and in the middle of the long ones."""
    effects = [each for each in journal if each["event"] in {"EffectBegun", "EffectDone"}]
    found = [Point(1, 0.0, f"before {effects[0]['effect']}")]
    for line, effect in enumerate(effects, start=1):
        name = effect["effect"]
        if effect["event"] == "EffectDone":
            then = f", before {effects[line]['effect']}" if line < len(effects) else ""
            found.append(Point(line, 0.0, f"after {name}{then}"))
        elif name.startswith(LONG):
            found.append(Point(line, _seconds(effect, effects[line]) / 2, f"in {name}"))
    return found


def _seconds(begin: dict[str, Any], end: dict[str, Any]) -> float:
    times = [datetime.fromisoformat(each["at"]) for each in (begin, end)]
    return (times[1] - times[0]).total_seconds()


@dataclass(frozen=True, slots=True)
class World:
    """What is there, without numbers and names that differ from one undisturbed run to the next."""

    status: str
    description: str
    tag: str
    pinned: bool  # what runs is the very image that the revision names
    ready: str
    left: tuple[str, ...]  # revisions that are pending, pods that test, processes of helm
    holder: str
    records: dict[str, int]  # by tag and kind; what is proven of the revision that runs alone
    tags: tuple[str, ...]


class Lane:
    """A project with one environment."""

    def __init__(self, folder: Path, environment: str, cluster: Workbench | None = None) -> None:
        folder.mkdir()
        self.bench = Workbench(folder)
        if cluster:  # somebody else's
            (self.bench.state / "embedded").symlink_to(cluster.state / "embedded")
        for file in (folder / "environments").glob("*.yaml"):
            if file.name != "dev.yaml":
                file.unlink()
        self.move(environment)

    def move(self, environment: str) -> None:
        """To an environment in which nothing was ever released."""
        self.environment = environment
        file = self.bench.folder / "shipway.yaml"
        project = yaml.safe_load(file.read_text(encoding="utf-8"))
        for check in ("lint", "test"):
            project["checks"][check] = {"run": ["true"], "in": "app"}
        project["environments"] = {environment: {"namespace": environment}}
        project["targets"] = {
            "embedded": {
                "values": {environment: "environments/dev.yaml"},
                "hosts": {environment: f"{environment}.local"},
            }
        }
        file.write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")

    def change(self, note: str) -> None:
        file = self.bench.folder / SERVICE
        file.write_text(f"{file.read_text(encoding='utf-8')}# {note}\n", encoding="utf-8")

    async def run(self, *args: str) -> Said:
        said = await self.bench.shipway(*args)
        assert said.code == 0, f"{self.environment}: {said.out}{said.err}"
        return said

    async def die(self, point: Point, *args: str, kill: str = "shipway") -> Said:
        mortal = ("--at", str(point.line), "--during", str(point.seconds), "--kill", kill)
        return await self.bench._run(sys.executable, "-m", "shipway.testing.mortal", *mortal, *args)

    def notes(self) -> list[str]:
        """Of the last run."""
        told = [each["text"] for each in self.bench.journal if each["event"] == "Note"]
        found = [self._plain(each).replace(self.environment, "ENV") for each in told]
        for pattern, words in SAID.items():
            found = [re.sub(pattern, words, each) for each in found]
        return found

    def tag(self, name: str) -> str:
        """Lanes share a registry."""
        return f"{self.environment}-{name}"

    async def world(self) -> World:
        release = Release(f"sample-app-{self.environment}", self.environment)
        access = Access("embedded", self.bench.kubeconfig, "", local=True)
        async with connect(access) as client, Registry(self.bench.registry) as registry:
            history = await releases.history(client, release)
            now = current(history)
            assert now
            found = await workload.look(client, self.environment, "sample-app")
            assert found
            holder = (await lease.look(client, release)).holder
            tests = await workload.running_tests(client, release)
            ledger = Ledger(registry, "sample-app")
            kept = [
                (self._plain(tag), record.record)
                for tag in await bundles.known(registry, "sample-app")
                if tag.startswith(self.tag(""))
                and (there := await bundles.peek(registry, "sample-app", tag))
                for record in await ledger.read(there.bundle.id)
            ]
            tags = await registry.tags("sample-app")
        helms = [line[0] for line in self.bench.processes.values() if line[0].endswith("helm")]
        pending = [each.status for each in history if each.status.startswith("pending")]
        return World(
            status=now.status,
            description=re.sub(r"sha256:\w+|\d+$", "…", self._plain(now.description)),
            tag=self._plain(now.tag),
            pinned=now.image_digest in found.image,
            ready=f"{found.ready} of {found.deployment.wanted}",
            left=(*pending, *tests, *helms),
            holder=str(holder or ""),
            records=dict(
                Counter(
                    f"{tag} {record.kind}"
                    for tag, record in kept
                    if record.kind != "proven" or record.revision == now.number
                )
            ),
            tags=tuple(self._plain(tag) for tag in tags if tag.startswith(self.tag(""))),
        )

    def _plain(self, text: str) -> str:
        return text.replace(self.tag(""), "")


@dataclass(slots=True)
class Matrix:
    """One kind of change: where it was killed, and what came of that."""

    title: str
    walked: list[Point]
    wanted: World
    heard: dict[str, list[str]] = field(default_factory=dict)
    ended: dict[str, World] = field(default_factory=dict)

    async def killed(self, number: int, lane: Lane, *args: str) -> None:
        """At the point of that number, and given again; not killed where there are fewer."""
        if number >= len(self.walked):
            await lane.run(*args)
            return
        point = self.walked[number]
        said = await lane.die(point, *args)
        assert said.code == -9, f"{point.name}: {said.out}{said.err}"
        await lane.run(*args)
        self.heard[point.name] = lane.notes()
        self.ended[point.name] = await lane.world()

    def check(self) -> None:
        different = {name: there for name, there in self.ended.items() if there != self.wanted}
        assert different == {}, self.wanted
        assert len(self.ended) == len(self.walked)
        compare(self.title, [(point, self.heard[point.name]) for point in self.walked])


async def at_once(
    walk: Callable[[int], Awaitable[None]], numbers: Iterable[int], lanes: int = AT_ONCE
) -> None:
    gate = asyncio.Semaphore(lanes)

    async def one(number: int) -> None:
        async with gate:
            await walk(number)

    async with asyncio.TaskGroup() as group:
        for number in numbers:
            group.create_task(one(number))


def compare(title: str, rows: Sequence[tuple[Point, list[str]]]) -> None:
    """The table under this title is what was heard. `SHIPWAY_WRITE_DOCS=1` in the environment writes it."""
    begin, end = f"<!-- made by the kill matrix: {title} -->\n", "<!-- end -->\n"
    lines = ["| killed | the next one says |", "| --- | --- |"]
    lines += [f"| {point.name} | {_told(point, notes)} |" for point, notes in rows]
    made = "\n".join(lines) + "\n"
    before, _, rest = TABLE.read_text(encoding="utf-8").partition(begin)
    there, _, after = rest.partition(end)
    if os.environ.get("SHIPWAY_WRITE_DOCS"):
        TABLE.write_text(f"{before}{begin}{made}{end}{after}", encoding="utf-8")
    else:
        assert there == made


def _told(point: Point, notes: list[str]) -> str:
    """In the middle of an effect it hangs on the moment what is left: something of this, or nothing.

    On a machine that is faster now than it was the effect is over then, and it is the middle of the next one.
    """
    if not point.seconds:
        return "<br>".join(f"`{note}`" for note in notes) or "nothing"
    heard = {re.sub(r"\((?:killed|which ended).*\)", HOW, note) for note in notes}
    heard = {re.sub(r"pending-\w+", "pending-…", note) for note in heard}
    assert heard <= {each for known in MAY_SAY.values() for each in known}, point.name
    known = MAY_SAY[point.name.removeprefix("in ")]
    return "as far as it had come:<br>" + "<br>".join(f"`{note}`" for note in known)
