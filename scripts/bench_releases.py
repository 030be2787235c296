"""What shipway adds to the helm commands that it runs, how fast a bad release is undone, and how fast one sees what runs.

It wants a clone with a release on the embedded target. Two versions of the sample take turns there, once by shipway and
once by plain helm with the same chart and the same values.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench_rollout import own_start

from shipway.commands.command import Command
from shipway.shell.local import LocalShell

ENVIRONMENTS = ("dev", "staging", "prod")
ONE, OTHER = "bench-one", "bench-other"
SERVICE = "app/sample_app/service.py"
GREETINGS = ("Hello from sample-app", "Hello from the bench")


@dataclass(frozen=True, slots=True)
class Bench:
    clone: Path
    shell: LocalShell

    @property
    def state(self) -> Path:
        return self.clone / ".shipway"

    async def build(self) -> None:
        await self.shipway("build", "--tag", ONE)
        file = self.clone / SERVICE
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(*GREETINGS), encoding="utf-8")
        try:
            await self.shipway("build", "--tag", OTHER)
        finally:
            file.write_text(text, encoding="utf-8")

    async def shipway(self, *words: str) -> None:
        line = (str(self.clone / ".venv/bin/shipway"), "--target", "embedded", *words)
        await self.shell.run(Command((*line, "--output", "plain")))

    async def release(self, tag: str) -> dict[str, Path]:
        """By shipway; the values that it gave to helm, by environment."""
        await self.shipway("deploy-all", "--tag", tag)
        last = self.state / "runs" / str(self.journal[0]["run"])
        return {name: last / f"values-{name}.yaml" for name in ENVIRONMENTS}

    async def plain(self, values: dict[str, Path], chart: str) -> None:
        for name in ENVIRONMENTS:
            release, place = f"sample-app-{name}", ("--namespace", name, "--timeout", "120s")
            settings = ("--values", str(values[name]), "--wait", "--plain-http")
            await self.helm("upgrade", release, chart, "--install", *place, *settings)
            await self.helm("test", release, *place)

    async def helm(self, *words: str) -> None:
        line = (str(self.state / "tools" / "helm"), *words)
        kubeconfig = str(self.state / "embedded" / "kubeconfig")
        await self.shell.run(Command(line, {"KUBECONFIG": kubeconfig}))

    @property
    def journal(self) -> list[dict[str, Any]]:
        """Of the last run."""
        last = max((self.state / "runs").iterdir(), key=lambda folder: folder.stat().st_mtime_ns)
        lines = (last / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    async def chart(self) -> str:
        """As the embedded registry has it."""
        said = await self.shell.run(
            Command((str(self.clone / ".venv/bin/shipway"), "status", "--output", "json"))
        )
        digest = json.loads(said.stdout.splitlines()[0])["chart_digest"]
        status = json.loads((self.state / "embedded" / "status.json").read_text(encoding="utf-8"))
        return f"oci://localhost:{status['registry']}/charts/sample-app@{digest}"

    async def undo(self) -> float:
        """Seconds from Enter until all pods of dev are ready on the release before."""
        insist = ("--force", "--reason", "bench")
        await self.shipway("promote", ONE, "--to", "dev", *insist)
        await self.shipway("promote", OTHER, "--to", "dev", *insist)
        enter = datetime.now(UTC)
        await self.shipway("rollback", "dev")
        (ready,) = [
            event["at"]
            for event in self.journal
            if (event["event"], event.get("effect")) == ("EffectDone", "rollout")
        ]
        return (datetime.fromisoformat(ready) - enter).total_seconds()


async def measure(clone: Path, rounds: int) -> dict[str, str]:
    """What was measured, in words, by its name."""
    bench = Bench(clone, LocalShell(clone))
    await bench.build()
    await bench.release(ONE)
    values = await bench.release(OTHER)
    chart = await bench.chart()
    ours, plain, starts, looks = [], [], [], []
    for _ in range(rounds):
        ours.append(await _seconds(partial(bench.release, ONE)))
        plain.append(await _seconds(partial(bench.plain, values, chart)))
        starts.append(await own_start(bench.state))
        looks.append(await _seconds(partial(bench.shipway, "status")))
    undo = [await bench.undo() for _ in range(rounds)]
    own = (median(ours) - median(plain)) / len(ENVIRONMENTS)
    return {
        "release of three environments": f"{median(ours):.2f} s",
        "the same by helm upgrade --wait and helm test": f"{median(plain):.2f} s",
        "shipway's own, for each environment": f"{own:+.2f} s",
        "rollback, from Enter to ready pods": f"{median(undo):.2f} s",
        "rollback, over the sample's own start": f"{median(undo) - median(starts):+.2f} s",
        "status of three environments": f"{median(looks):.2f} s",
    }


async def _seconds(action: Callable[[], Awaitable[object]]) -> float:
    begin = perf_counter()
    await action()
    return perf_counter() - begin


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1]), int(sys.argv[2]))), indent=1))
