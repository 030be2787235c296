"""The node: takes pods, runs them as processes, and tells how they are."""

import asyncio
import contextlib
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator, Collection, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drydock.events import Recorder
from drydock.home import Hindered, WantedNode
from drydock.node import logs, machine
from drydock.node.access import Access
from drydock.node.back_off import KUBELET, Schedule
from drydock.node.binding import Binder
from drydock.node.ending import to_the_end
from drydock.node.folders import discard, pod_folder
from drydock.node.heartbeat import beat
from drydock.node.images import Images, ImageSource
from drydock.node.isolation.choice import choose
from drydock.node.kubelet import Kubelet
from drydock.node.launch import Host
from drydock.node.mishaps import PEACE, Mishaps, Trouble, conditions
from drydock.node.network.network import Network
from drydock.node.network.service_proxy import ServiceProxy
from drydock.node.pod import PodRunner
from drydock.node.process import Processes
from drydock.node.runtime import Mode, Runtime
from drydock.node.suffering import suffer
from drydock.node.usage import MACHINE, PERIOD, Meter, measure, measure_machine
from drydock.pods import container_status
from drydock.resources import NODES, PERSISTENT_VOLUME_CLAIMS, PODS, Object
from drydock.store import Store

HOST_PYTHON = Path(sys.executable).resolve()
"""The interpreter below the virtual environment that drydock itself may run in."""

log = logging.getLogger(__name__)
_FAREWELL = 2.0  # seconds that pods get when drydock itself ends


class Node:
    """One node for all pods. `run` until cancelled; its processes end with it."""

    def __init__(
        self,
        store: Store,
        *,
        home: Path,
        images: ImageSource,
        registry_hosts: Collection[str],
        host_python: Path = HOST_PYTHON,
        schedule: Schedule = KUBELET,
        mishaps: Mishaps = PEACE,
        wanted: WantedNode = "auto",
    ) -> None:
        self._store = store
        self._home = home
        self._image_source = images
        self._registry_hosts = registry_hosts
        self._host_python = host_python
        self._schedule = schedule
        self._mishaps = mishaps
        self._wanted = wanted
        self._host = Host(home / "programs", os.environ.get("PATH", os.defpath))
        self._processes = Processes(home / "processes")
        self._proxy = ServiceProxy(store)
        self._recorder = Recorder(store, "kubelet", machine.NAME)
        self._network = Network(store, self._recorder)
        self._binder = Binder(store, mishaps)
        self._allocatable = machine.allocatable()
        self._runners: dict[str, PodRunner] = {}
        self._meter = Meter()
        self.access = Access(store, self._runners, self._meter)
        self._runtime: Runtime | None = None
        self._ready = asyncio.Event()

    async def mode(self) -> Mode:
        """How pods run here, once the node has registered itself and takes them."""
        await self._ready.wait()
        assert self._runtime is not None
        return self._runtime.mode

    async def run(self) -> None:
        """Raises Hindered where isolated pods are wanted and impossible."""
        try:
            await self._live()
        finally:
            await to_the_end(self._end())

    async def _live(self) -> None:
        self._lend_programs()
        if orphans := self._processes.start():
            log.warning("ended %d processes that a former drydock left behind", orphans)
        runtime = self._runtime = await choose(
            self._wanted, self._home, self._host, self._host_python, self._processes
        )
        await self._proxy.start()
        await self._network.start()
        images = Images(
            self._home / runtime.images_folder,
            self._image_source,
            self._registry_hosts,
            runtime.ownership,
        )
        self._register()
        self._sweep(images)
        self._ready.set()
        beside = (
            asyncio.create_task(self._measure()),
            asyncio.create_task(beat(self._store)),
            asyncio.create_task(suffer(self._mishaps, self._runners, self._troubled)),
        )
        try:
            await _first_of(self._kubelet(runtime, images).run(), runtime.lost())
        finally:
            for task in beside:
                task.cancel()

    def _kubelet(self, runtime: Runtime, images: Images) -> Kubelet:
        return Kubelet(
            self._store,
            self._runners,
            home=self._home,
            runtime=runtime,
            images=images,
            network=self._network,
            proxy=self._proxy,
            binder=self._binder,
            recorder=self._recorder,
            schedule=self._schedule,
            mishaps=self._mishaps,
            allocatable=self._allocatable,
        )

    async def _end(self) -> None:
        """Every step is taken, whatever becomes of those before it."""
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(self._processes.stop)
            if self._runtime is not None:
                stack.push_async_callback(self._runtime.stop)
            stack.push_async_callback(self._network.stop)
            stack.push_async_callback(self._proxy.stop)
            stack.push_async_callback(self._abandon)

    async def _abandon(self) -> None:
        runners = list(self._runners.values())
        ended = await asyncio.gather(
            *(runner.abandon(_FAREWELL) for runner in runners), return_exceptions=True
        )
        for problem in ended:
            if isinstance(problem, Exception) and not isinstance(problem, Hindered):
                log.error("a pod's end failed, which is a bug", exc_info=problem)

    async def read(
        self,
        pod: Object,
        container: str,
        *,
        previous: bool,
        follow: bool,
        tail_lines: int | None,
        since: datetime | None,
        timestamps: bool,
    ) -> AsyncIterator[bytes]:
        """Whole lines with their ends; `follow` lasts until the container ends."""
        path = self._log_path(pod, container, previous=previous)
        if not path.exists():
            return
        runner = self._runners.get(pod["metadata"]["uid"])
        current = runner.runner(container) if runner else None
        run = current.current if current and not previous else None
        async for line in logs.read(
            path,
            run.log if run else None,
            follow=follow,
            tail_lines=tail_lines,
            since=since,
            timestamps=timestamps,
        ):
            yield line

    def _log_path(self, pod: Object, container: str, *, previous: bool) -> Path:
        """A container that waits to be restarted has its latest run behind it."""
        found = container_status(pod, container)
        restart = found.get("restartCount", 0)
        if previous and "waiting" not in found.get("state", {}):
            restart -= 1
        return pod_folder(self._home, pod) / "logs" / container / f"{restart}.log"

    # Start

    def _lend_programs(self) -> None:
        """`python` and `python3` are the host's interpreter, whatever the search path says."""
        shutil.rmtree(self._host.programs, ignore_errors=True)
        self._host.programs.mkdir(parents=True)
        for name in ("python", "python3"):
            (self._host.programs / name).symlink_to(self._host_python)

    def _register(self) -> None:
        known = self._store.get(NODES, "", machine.NAME) or self._store.create(
            NODES, machine.node()
        )
        status = machine.node_status(self._allocatable)
        self._store.update(NODES, {**known, "status": status}, subresource="status")

    def _troubled(self, troubles: Collection[Trouble]) -> None:
        if known := self._store.get(NODES, "", machine.NAME):
            healthy = machine.node_status(self._allocatable)["conditions"]
            status = {**known["status"], "conditions": conditions(healthy, troubles)}
            self._store.update(NODES, {**known, "status": status}, subresource="status")
        self._binder.assign()

    def _sweep(self, images: Images) -> None:
        """Folders of what was deleted while no node ran, and images that nobody has used for long."""
        pods = self._store.list(PODS)
        images.prune(pods)
        for name, owners in (
            ("pods", pods),
            ("claims", self._store.list(PERSISTENT_VOLUME_CLAIMS)),
        ):
            living = {owner["metadata"]["uid"] for owner in owners}
            for folder in (self._home / name).glob("*"):
                if folder.name not in living:
                    discard(folder)

    async def _measure(self) -> None:
        """Ends who uses more memory than it may."""
        while True:
            containers = {
                container.current.process.pid: container
                for runner in self._runners.values()
                for container in runner.runners
                if container.current
            }
            readings = measure(containers) if containers else {}
            self._meter.note({**readings, MACHINE: measure_machine()}, datetime.now(UTC))
            for leader, reading in readings.items():
                limit = containers[leader].memory_limit
                if limit is not None and reading.memory > limit:
                    containers[leader].kill(out_of_memory=True)
            await asyncio.sleep(PERIOD)


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Until one of them is over, whose failure is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
