"""The node: takes pods, runs them as processes, and tells how they are."""

import asyncio
import contextlib
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from drydock.events import Recorder
from drydock.home import WantedNode
from drydock.metadata import deleting
from drydock.node import logs, machine
from drydock.node.access import Access
from drydock.node.addresses import Addresses, NoAddress
from drydock.node.back_off import KUBELET, Schedule
from drydock.node.binding import Binder
from drydock.node.context import PodContext
from drydock.node.environment import Configs, Downward, config_map_data, secret_data
from drydock.node.folders import discard
from drydock.node.heartbeat import beat
from drydock.node.images import Images, ImageSource
from drydock.node.isolation.choice import choose
from drydock.node.launch import Host
from drydock.node.mishaps import PEACE, Mishaps, Trouble, conditions
from drydock.node.network.network import Network
from drydock.node.network.service_proxy import ServiceProxy
from drydock.node.pod import PodRunner
from drydock.node.runtime import Mode
from drydock.node.status import HOST_IP
from drydock.node.suffering import suffer
from drydock.node.usage import MACHINE, PERIOD, Meter, measure, measure_machine
from drydock.pods import container_status, finished
from drydock.resources import (
    CONFIG_MAPS,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    SECRETS,
    Object,
    Resource,
)
from drydock.store import Change, Gone, NotFound, Store

HOST_PYTHON = Path(sys.executable).resolve()
"""The interpreter below the virtual environment that drydock itself may run in."""

log = logging.getLogger(__name__)
_FAREWELL = 2.0  # seconds that pods get when drydock itself ends
_Data = Mapping[str, bytes]
_Decode = Callable[[Object], _Data]


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
        """Raises Hindered where isolated pods are wanted and impossible."""
        self._store = store
        self._home = home
        self._proxy = ServiceProxy(store)
        self._addresses = Addresses()
        self._recorder = Recorder(store, "kubelet", machine.NAME)
        self._network = Network(store, self._recorder)
        self._mishaps = mishaps
        self._binder = Binder(store, mishaps)
        self._host = Host(home / "programs", os.environ.get("PATH", os.defpath))
        self._runtime = choose(wanted, home, self._host, host_python)
        self._images = Images(
            home / self._runtime.images_folder, images, registry_hosts, self._runtime.ownership
        )
        self._host_python = host_python
        self._schedule = schedule
        self._allocatable = machine.allocatable()
        self._runners: dict[str, PodRunner] = {}
        self._meter = Meter()
        self.access = Access(store, self._runners, self._meter)
        self._configs_changed = asyncio.Event()

    @property
    def mode(self) -> Mode:
        return self._runtime.mode

    async def run(self) -> None:
        self._lend_programs()
        if orphans := await self._runtime.start():
            log.warning("ended %d processes that a former drydock left behind", orphans)
        await self._proxy.start()
        await self._network.start()
        self._register()
        self._sweep()
        beside = (
            asyncio.create_task(self._measure()),
            asyncio.create_task(beat(self._store)),
            asyncio.create_task(suffer(self._mishaps, self._runners, self._troubled)),
        )
        try:
            await self._until_lost(self._watch())
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*(runner.abandon(_FAREWELL) for runner in self._runners.values()))
            await self._proxy.stop()
            await self._network.stop()
            await self._runtime.stop()

    async def _until_lost(self, work: Coroutine[Any, Any, None]) -> None:
        working = asyncio.ensure_future(work)
        lost = asyncio.ensure_future(self._runtime.lost())
        try:
            await asyncio.wait((working, lost), return_when=asyncio.FIRST_COMPLETED)
            for task in (working, lost):
                if task.done():
                    task.result()
        finally:
            working.cancel()
            lost.cancel()
            await asyncio.wait((working, lost))

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
        return self._folder(pod) / "logs" / container / f"{restart}.log"

    def _folder(self, pod: Object) -> Path:
        return self._home / "pods" / str(pod["metadata"]["uid"])

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

    def _sweep(self) -> None:
        """Folders of what was deleted while no node ran, and images that nobody has used for long."""
        pods = self._store.list(PODS)
        self._images.prune(pods)
        for name, owners in (
            ("pods", pods),
            ("claims", self._store.list(PERSISTENT_VOLUME_CLAIMS)),
        ):
            living = {owner["metadata"]["uid"] for owner in owners}
            for folder in (self._home / name).glob("*"):
                if folder.name not in living:
                    discard(folder)

    # Changes

    async def _watch(self) -> None:
        watched = (PODS, CONFIG_MAPS, SECRETS, PERSISTENT_VOLUME_CLAIMS, NODES)
        closed = False
        while not closed:
            since = self._store.version
            for pod in self._store.list(PODS):
                self._consider(pod)
            self._binder.assign()
            with contextlib.suppress(Gone):
                async for change in self._store.changes(since, watched):
                    self._see(change)
                closed = True

    def _see(self, change: Change) -> None:
        if change.resource in {CONFIG_MAPS, SECRETS, PERSISTENT_VOLUME_CLAIMS}:
            if change.resource == PERSISTENT_VOLUME_CLAIMS and change.type == "DELETED":
                discard(self._home / "claims" / str(change.object["metadata"]["uid"]))
            self._configs_changed.set()
            self._configs_changed = asyncio.Event()
            return
        if change.resource == PODS:
            if change.type == "DELETED":
                self._lose(change.object)
            else:
                self._consider(change.object)
        self._binder.notice(change)

    def _consider(self, pod: Object) -> None:
        metadata = pod["metadata"]
        if pod["spec"].get("nodeName") != machine.NAME:
            return
        runner = self._runners.get(metadata["uid"])
        if deleting(pod):
            grace = metadata.get("deletionGracePeriodSeconds") or 0
            if runner:
                runner.end(grace)
            else:
                self._remove(pod)
        elif runner is None and not finished(pod):
            self._start(pod)

    def _lose(self, pod: Object) -> None:
        """Deleted by force, or after its end."""
        if runner := self._runners.get(pod["metadata"]["uid"]):
            runner.end(0)
        else:
            discard(self._folder(pod))

    def _remove(self, pod: Object) -> None:
        metadata = pod["metadata"]
        discard(self._folder(pod))
        with contextlib.suppress(NotFound):
            self._store.delete(PODS, metadata["namespace"], metadata["name"], grace_seconds=0)

    def _start(self, pod: Object) -> None:
        try:
            address = self._addresses.claim()
        except NoAddress as problem:
            reason, message = "FailedCreatePodSandBox", str(problem)
            self._recorder.record(PODS, pod, reason, message, type_="Warning")
            return
        metadata = pod["metadata"]
        proxy = self._proxy.admit(pod, address.ip)
        context = PodContext(
            pod=pod,
            ip=address.ip,
            folder=self._folder(pod),
            images=self._images,
            sandbox=self._runtime.sandbox(
                pod, ip=address.ip, folder=self._folder(pod), proxy=proxy
            ),
            recorder=self._recorder,
            configs=self._configs(metadata["namespace"]),
            downward=Downward(pod, address.ip, HOST_IP, self._allocatable),
            schedule=self._schedule,
            proxy=proxy,
            configs_changed=self._next_configs,
            mishaps=self._mishaps,
        )
        runner = PodRunner(self._store, context, address, self._network, self._forget)
        self._runners[metadata["uid"]] = runner
        runner.start()

    def _forget(self, runner: PodRunner) -> None:
        self._proxy.expel(runner.context.proxy)
        del self._runners[runner.context.uid]

    def _configs(self, namespace: str) -> Configs:
        def reader(resource: Resource, decode: _Decode) -> Callable[[str], _Data | None]:
            def read(name: str) -> _Data | None:
                obj = self._store.get(resource, namespace, name)
                return None if obj is None else decode(obj)

            return read

        return Configs(
            namespace,
            reader(CONFIG_MAPS, config_map_data),
            reader(SECRETS, secret_data),
            partial(self._claim, namespace),
        )

    def _claim(self, namespace: str, name: str) -> str | None:
        claim = self._store.get(PERSISTENT_VOLUME_CLAIMS, namespace, name)
        if claim is None or deleting(claim):
            return None
        folder = self._home / "claims" / str(claim["metadata"]["uid"])
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)

    async def _next_configs(self) -> None:
        await self._configs_changed.wait()

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
