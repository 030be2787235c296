"""How long until a release that cannot work is called one: shipway's own watch, and `helm upgrade --wait` beside it.

It wants a clone with a release on the embedded target: the image, the values and the cluster are that one's.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import yaml

from shipway.commands.command import Command
from shipway.errors import CommandFailed
from shipway.kube import rollout
from shipway.kube.access import Access, connect
from shipway.kube.rollout import RolloutFailed
from shipway.shell.local import LocalShell

TIMEOUT = 120  # seconds, for both
RELEASE, DEPLOYMENT = "verdict", "sample-app"


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    settings: tuple[str, ...] = ()
    quota: str = ""

    @property
    def namespace(self) -> str:
        return f"verdict-{self.name.replace(' ', '-')}"


@dataclass(frozen=True, slots=True)
class Bench:
    clone: Path
    shell: LocalShell

    @property
    def state(self) -> Path:
        return self.clone / ".shipway"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "embedded" / "kubeconfig"

    @property
    def values(self) -> Path:
        """Of the last release."""
        return max(self.state.glob("runs/*/values-dev.yaml"), key=lambda p: p.stat().st_mtime)

    @property
    def faults(self) -> tuple[Fault, ...]:
        curl = yaml.safe_load(self.values.read_text(encoding="utf-8"))["tests"]["image"]
        repository, digest = curl.split("@")
        return (
            Fault("image not found", (f"image.digest=sha256:{'0' * 64}",)),
            Fault("quota exceeded", quota="pods=0"),
            Fault("no node has room", ("resources.requests.cpu=1000",)),
            # curl without an address ends at once
            Fault("crash at start", (f"image.repository={repository}", f"image.digest={digest}")),
        )

    async def by_helm(self, fault: Fault) -> None:
        with contextlib.suppress(CommandFailed):
            await self._upgrade(fault, "--wait")

    async def by_shipway(self, fault: Fault) -> None:
        await self._upgrade(fault)
        access = Access("embedded", self.kubeconfig, "shipway setup embedded", local=True)
        with contextlib.suppress(RolloutFailed):
            async with connect(access) as client:
                await rollout.follow(
                    client,
                    fault.name,
                    fault.namespace,
                    DEPLOYMENT,
                    timeout_seconds=TIMEOUT,
                    look="kubectl get pods",
                    progress=lambda _text: None,
                )

    async def seconds(
        self, fault: Fault, release: Callable[[Fault], Awaitable[None]]
    ) -> tuple[str, float]:
        await self._run("kubectl", "create", "namespace", fault.namespace)
        try:
            if fault.quota:
                quota = ("quota", "full", f"--hard={fault.quota}", "-n", fault.namespace)
                await self._run("kubectl", "create", *quota)
            begin = perf_counter()
            await release(fault)
            return fault.name, perf_counter() - begin
        finally:
            await self._run("kubectl", "delete", "namespace", fault.namespace)

    async def _upgrade(self, fault: Fault, *words: str) -> None:
        chart = str(self.clone / "helm" / "sample-app")
        host = f"ingress.host={fault.namespace}.local"
        settings = [word for each in (host, *fault.settings) for word in ("--set", each)]
        place = ("--install", "--namespace", fault.namespace, "--timeout", f"{TIMEOUT}s", *words)
        await self._run(
            "helm", "upgrade", RELEASE, chart, *place, "--values", str(self.values), *settings
        )

    async def _run(self, tool: str, *words: str) -> None:
        env = {"KUBECONFIG": str(self.kubeconfig)}
        await self.shell.run(Command((str(self.state / "tools" / tool), *words), env))


async def measure(clone: Path) -> dict[str, tuple[float, float]]:
    """Seconds from the release to the verdict, shipway's and helm's, by fault. The faults do not disturb each other."""
    bench = Bench(clone, LocalShell(clone))
    ours, helms = [
        dict(await asyncio.gather(*(bench.seconds(fault, release) for fault in bench.faults)))
        for release in (bench.by_shipway, bench.by_helm)
    ]
    return {name: (seconds, helms[name]) for name, seconds in ours.items()}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1]))), indent=1))
