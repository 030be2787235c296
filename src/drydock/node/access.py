"""What others may ask of the pods that run here: what they use, a command beside them, their ports."""

import asyncio
import os
from collections.abc import Mapping, Sequence

from drydock.node import machine, sessions
from drydock.node.network.dial import dial
from drydock.node.pod import PodRunner
from drydock.node.run import Run
from drydock.node.sessions import Attachment, Command
from drydock.node.usage import MACHINE, Meter
from drydock.resources import PODS, Object
from drydock.sessions import Streams, Unavailable
from drydock.store import Store
from drydock.usage import Measurement, Usage

_LOCALHOST = "127.0.0.1"


class Access:
    """`runners` are those of the living pods, by uid."""

    def __init__(self, store: Store, runners: Mapping[str, PodRunner], meter: Meter) -> None:
        self._store = store
        self._runners = runners
        self._meter = meter

    def usage(self, namespace: str, pod_name: str) -> Usage | None:
        """Of the whole pod; None for one that does not run here or was not measured twice yet."""
        pod = self._store.get(PODS, namespace, pod_name)
        measured = self.measured(pod) if pod else None
        return measured.total if measured else None

    def measured(self, pod: Object) -> Measurement | None:
        """None as long as any of its running containers was not measured twice."""
        runner = self._runners.get(pod["metadata"]["uid"])
        if runner is None:
            return None
        rates = {
            container.name: self._meter.rate(container.current.process.pid)
            for container in runner.runners
            if container.current
        }
        known = {name: rate for name, rate in rates.items() if rate}
        if not known or len(known) < len(rates):
            return None
        shortest = min(known.values(), key=lambda rate: rate.window)
        usages = {name: rate.usage for name, rate in known.items()}
        return Measurement(shortest.at, shortest.window, usages)

    def measured_node(self, name: str) -> Measurement | None:
        rate = self._meter.rate(MACHINE) if name == machine.NAME else None
        return Measurement(rate.at, rate.window, {name: rate.usage}) if rate else None

    async def execute(
        self, pod: Object, container: str, command: Sequence[str], streams: Streams
    ) -> Command:
        """Raises Unavailable."""
        return await sessions.execute(self._run(pod, container), command, streams)

    async def attach(self, pod: Object, container: str, streams: Streams) -> Attachment:
        """Raises Unavailable."""
        return Attachment(self._run(pod, container), streams)

    async def dial(
        self, pod: Object, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """From inside the pod, where it has a network of its own: to what listens on localhost there, or only on the
        pod's address. Raises Unavailable.
        """
        runner = self._runners.get(pod["metadata"]["uid"])
        if runner is None:
            metadata = pod["metadata"]
            raise Unavailable(f'pod not found ("{metadata["name"]}_{metadata["namespace"]}")')
        island, ip = runner.context.sandbox.island, runner.context.ip
        try:
            if island is not None:
                try:
                    return await dial(island, _LOCALHOST, port)
                except ConnectionRefusedError:
                    pass
            return await dial(island, ip, port)
        except OSError as problem:
            why = os.strerror(problem.errno).lower() if problem.errno else str(problem)
            raise Unavailable(
                f"failed to connect to localhost:{port} inside pod {runner.context.full_name}: "
                f"dial tcp4 {ip}:{port}: connect: {why}"
            ) from problem

    def _run(self, pod: Object, container: str) -> Run:
        runner = self._runners.get(pod["metadata"]["uid"])
        found = runner.runner(container) if runner else None
        if found is None or found.current is None:
            raise Unavailable(f'unable to upgrade connection: container not found ("{container}")')
        return found.current
