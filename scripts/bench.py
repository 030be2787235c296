"""`make bench`: how long set-up and a release take, beside a plain script that calls the same tools in turn."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

import click
import psutil
from bench_docker import unchanged_rebuild

from shipway.commands.command import Command
from shipway.errors import ShipwayError
from shipway.shell.local import LocalShell

ROOT = Path(__file__).parents[1]
INFRA = ROOT / ".venv-infra" / "bin" / "python"
ENVIRONMENTS = 3
KEPT = "ports.json"  # a fresh cluster on the ports of the last one: the values stay the same


@dataclass(slots=True)
class Samples:
    """Seconds of one thing, measured several times."""

    seconds: list[float] = field(default_factory=list)

    async def take(self, action: Callable[[], Awaitable[object]]) -> None:
        begin = perf_counter()
        await action()
        self.seconds.append(perf_counter() - begin)

    @property
    def median(self) -> float:
        return median(self.seconds)

    def __str__(self) -> str:
        low, high = min(self.seconds), max(self.seconds)
        return f"{self.median:.2f} s ({low:.2f} to {high:.2f})"


@dataclass(slots=True)
class Bench:
    """A clone of its own: nobody's cluster is touched."""

    clone: Path
    shell: LocalShell
    setup: Samples = field(default_factory=Samples)
    ready: Samples = field(default_factory=Samples)
    shipway: dict[str, Samples] = field(
        default_factory=lambda: {"cold": Samples(), "warm": Samples()}
    )
    script: dict[str, Samples] = field(
        default_factory=lambda: {"cold": Samples(), "warm": Samples()}
    )
    memory: int = 0  # bytes
    synth: Samples = field(default_factory=Samples)
    eks: dict[str, float] = field(default_factory=dict)  # what bench_eks.py prints
    docker: str = ""
    kind: float = 0.0  # seconds, what bench_kind.py prints
    runners: dict[str, float | str] = field(default_factory=dict)  # what bench_runners.py prints
    drydock: dict[str, str] = field(default_factory=dict)  # what the scripts about drydock print
    verdicts: dict[str, tuple[float, float]] = field(default_factory=dict)  # bench_verdict.py's

    @property
    def home(self) -> Path:
        return self.clone / ".shipway" / "embedded"

    async def measure(self, rounds: int) -> None:
        say("set-up in a fresh clone")
        await self.setup.take(lambda: self._run("make", "setup"))
        for number in range(1, rounds + 1):
            say(f"round {number} of {rounds}")
            await self._drydock()
            await self.fresh()
            await self.shipway["cold"].take(self._release)
            self.memory = max(self.memory, self._resident())
            await self.shipway["warm"].take(self._release)
            await self.script["warm"].take(self._script)
            await self.fresh()
            await self.script["cold"].take(self._script)
            await self.script["warm"].take(self._script)
            await self._release()  # fills the new registry with what a second run finds
            await self.shipway["warm"].take(self._release)
            if INFRA.exists():
                await self.synth.take(self._synth)
        say("releases under load")
        await self._release()
        await self._about_drydock("bench_rollout.py", str(self.clone), str(rounds))
        say("releases beside plain helm")
        await self._about_drydock("bench_releases.py", str(self.clone), str(rounds))
        say("releases that cannot work, beside helm upgrade --wait")
        await self._verdicts()
        say("drydock's API")
        await self._about_drydock("bench_drydock.py", str(rounds))
        say("drydock's registry")
        await self._about_drydock("bench_registry.py", str(rounds))
        say("an unchanged image with the docker builder")
        self.docker = await unchanged_rebuild(self.clone)
        say("lint and test where they run")
        await self._runners(rounds)
        say("a second set-up of kind, on the tests' stand-in")
        await self._kind(rounds)
        say("a release to EKS, on the tests' stand-in")
        await self._eks(rounds)

    async def fresh(self) -> None:
        """No cluster, no registry, nothing built."""
        if (self.home / "status.json").exists():
            await self._shipway("teardown", "embedded")
        for path in self.home.glob("*"):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != KEPT:
                path.unlink()
        shutil.rmtree(self.clone / ".shipway" / "cache", ignore_errors=True)

    def table(self) -> str:
        rows = [
            ("set-up, fresh clone", str(self.setup), "", ""),
            ("drydock ready", str(self.ready), "", ""),
            ("drydock's memory, three environments", f"{self.memory / 2**20:.0f} MiB", "", ""),
        ]
        rows += [(name, words, "", "") for name, words in self.drydock.items()]
        rows += [
            (f"{name}, till it is told", f"{ours:.2f} s", f"{helm:.2f} s", f"{ours / helm:.2f}")
            for name, (ours, helm) in self.verdicts.items()
        ]
        synth = str(self.synth) if self.synth.seconds else "left out: make infra-setup first"
        rows.append(("synth of infra/", synth, "", ""))
        rows.append(("unchanged rebuild, docker builder", self.docker, "", ""))
        rows += [(name, words, "", "") for name, words in self._beside_the_host()]
        rows.append(("second setup kind, less docker and kind", f"{self.kind:.2f} s", "", ""))
        ours, plain, login = (self.eks[name] for name in ("ours", "plain", "login"))
        rows.append(
            ("EKS: one environment", f"{ours:.2f} s", f"{plain:.2f} s", f"{ours / plain:.2f}")
        )
        own = ours - plain + login / ENVIRONMENTS
        rows.append(
            ("EKS: of which shipway's own, with its share of the login", f"{own:.2f} s", "", "")
        )
        for kind, shipway in self.shipway.items():
            script = self.script[kind]
            ratio = f"{shipway.median / script.median:.2f}"
            rows.append((f"release, {kind}", str(shipway), str(script), ratio))
        lines = [("", "shipway", "plain script", "ratio"), ("-", "-", "-", "-"), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    async def _drydock(self) -> None:
        with tempfile.TemporaryDirectory(prefix="shipway-bench-") as home:
            drydock = (str(self.clone / ".venv/bin/drydock"),)
            try:
                await self.ready.take(lambda: self._run(*drydock, "up", "--home", home, "--detach"))
            finally:
                await self._run(*drydock, "down", "--home", home)

    async def _release(self) -> None:
        await self._shipway("run")

    async def _script(self) -> None:
        await self._run(str(self.clone / "scripts/sequential.sh"), str(self._values()))

    async def _shipway(self, *words: str) -> None:
        await self._run(str(self.clone / ".venv/bin/shipway"), "--output", "plain", *words)

    async def _synth(self) -> None:
        settings = {
            "AWS_REGION": "eu-central-1",
            "EKS_ADMIN_ARNS": "arn:aws:iam::123456789012:role/bench",
            "EKS_API_CIDRS": "198.51.100.7/32",
            "CDK_OUTDIR": str(self.clone / ".shipway" / "cdk.out"),
        }
        await self.shell.run(Command((str(INFRA), "-m", "infra.app"), settings))

    async def _verdicts(self) -> None:
        argv = (str(self.clone / ".venv/bin/python"), "scripts/bench_verdict.py", str(self.clone))
        said = await self.shell.run(Command(argv))
        self.verdicts = json.loads(said.stdout)

    async def _kind(self, rounds: int) -> None:
        argv = (str(self.clone / ".venv/bin/python"), "scripts/bench_kind.py", str(rounds))
        said = await self.shell.run(Command(argv, {"PYTHONPATH": str(self.clone)}))
        self.kind = json.loads(said.stdout)["second"]

    async def _about_drydock(self, script: str, *words: str) -> None:
        argv = (str(self.clone / ".venv/bin/python"), f"scripts/{script}", *words)
        said = await self.shell.run(Command(argv, {"PYTHONPATH": str(self.clone)}))
        self.drydock |= json.loads(said.stdout)

    async def _runners(self, rounds: int) -> None:
        argv = (str(self.clone / ".venv/bin/python"), "scripts/bench_runners.py", str(rounds))
        said = await self.shell.run(Command(argv, {"PYTHONPATH": str(self.clone)}))
        self.runners = json.loads(said.stdout)

    def _beside_the_host(self) -> Iterator[tuple[str, str]]:
        host = self.runners["host"]
        assert isinstance(host, float)
        yield "lint and test on the host", f"{host:.2f} s"
        for name, way in (("docker", "in Docker"), ("dagger", "by Dagger, its engine played")):
            took = self.runners[name]
            words = f"left out: {took}" if isinstance(took, str) else f"{took - host:+.2f} s"
            yield f"the same {way}", words

    async def _eks(self, rounds: int) -> None:
        argv = (str(self.clone / ".venv/bin/python"), "scripts/bench_eks.py", str(rounds))
        said = await self.shell.run(Command(argv, {"PYTHONPATH": str(self.clone)}))
        self.eks = json.loads(said.stdout)

    async def _run(self, *words: str) -> None:
        await self.shell.run(Command(words))

    def _resident(self) -> int:
        status = json.loads((self.home / "status.json").read_text(encoding="utf-8"))
        return psutil.Process(status["pid"]).memory_info().rss

    def _values(self) -> Path:
        """The values that the last release was made with."""
        runs = (self.clone / ".shipway" / "runs").glob("*/values-prod.yaml")
        return max(runs, key=lambda path: path.stat().st_mtime).parent


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """Leaves nothing behind: no cluster, no folder."""
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as folder:
        clone = Path(folder) / "shipway"
        await LocalShell(ROOT).run(Command(("git", "clone", "--quiet", str(ROOT), str(clone))))
        new = Bench(clone, LocalShell(clone))
        try:
            yield new
        finally:
            await new.fresh()


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1))
def main(rounds: int) -> None:
    """Measure the last commit: medians of interleaved runs, with the fastest and the slowest."""

    async def measured() -> str:
        async with bench() as new:
            await new.measure(rounds)
            return new.table()

    try:
        print(asyncio.run(measured()))
    except ShipwayError as error:
        raise SystemExit("\n".join([f"error: {error.problem}", *error.details])) from error


if __name__ == "__main__":
    main()
