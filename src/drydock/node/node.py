"""The node: takes pods, runs them as processes, and tells how they are."""

import asyncio
import contextlib
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path

from drydock.events import Recorder
from drydock.metadata import deleting
from drydock.node import logs, machine
from drydock.node.addresses import Addresses, NoAddress
from drydock.node.back_off import KUBELET, Schedule
from drydock.node.binding import Binder
from drydock.node.context import PodContext
from drydock.node.environment import Configs, Downward, config_map_data, secret_data
from drydock.node.images import Images, ImageSource
from drydock.node.launch import Host
from drydock.node.pod import PodRunner
from drydock.node.process import Processes
from drydock.node.service_proxy import ServiceProxy
from drydock.node.status import HOST_IP
from drydock.node.usage import CpuMeter, measure
from drydock.pods import container_status, finished
from drydock.resources import CONFIG_MAPS, NODES, PODS, SECRETS, Object, Resource
from drydock.store import Change, Gone, NotFound, Store

HOST_PYTHON = Path(sys.executable).resolve()
"""The interpreter below the virtual environment that drydock itself may run in."""

log = logging.getLogger(__name__)
_MEMORY_PERIOD = 1.0  # seconds between two looks at what limited containers use
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
    ) -> None:
        self._store = store
        self._home = home
        self._images = Images(home / "images", images, registry_hosts)
        self._processes = Processes(home / "processes")
        self._proxy = ServiceProxy(store)
        self._addresses = Addresses()
        self._recorder = Recorder(store, "kubelet", machine.NAME)
        self._binder = Binder(store)
        self._host = Host(home / "programs", os.environ.get("PATH", os.defpath))
        self._host_python = host_python
        self._schedule = schedule
        self._allocatable = machine.allocatable()
        self._runners: dict[str, PodRunner] = {}
        self._meter = CpuMeter()
        self._configs_changed = asyncio.Event()

    async def run(self) -> None:
        self._lend_programs()
        if orphans := self._processes.start():
            log.warning("ended %d processes that a former drydock left behind", orphans)
        await self._proxy.start()
        self._register()
        self._sweep()
        guard = asyncio.create_task(self._guard_memory())
        try:
            await self._watch()
        finally:
            guard.cancel()
            await asyncio.gather(*(runner.abandon(_FAREWELL) for runner in self._runners.values()))
            await self._proxy.stop()
            self._processes.stop()

    def usage(self, namespace: str, pod_name: str) -> float | None:
        """CPU cores over the last seconds; None for a pod that does not run here or was not measured twice yet."""
        pod = self._store.get(PODS, namespace, pod_name)
        runner = self._runners.get(pod["metadata"]["uid"]) if pod else None
        if runner is None or not runner.groups:
            return None
        return self._meter.cores(runner.context.uid, runner.groups)

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

    def _sweep(self) -> None:
        """Folders of pods that were deleted while no node ran, and images that nobody has used for long."""
        pods = self._store.list(PODS)
        self._images.prune(pods)
        living = {pod["metadata"]["uid"] for pod in pods}
        for folder in (self._home / "pods").glob("*"):
            if folder.name not in living:
                shutil.rmtree(folder, ignore_errors=True)

    # Changes

    async def _watch(self) -> None:
        watched = (PODS, CONFIG_MAPS, SECRETS, NODES)
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
        if change.resource in {CONFIG_MAPS, SECRETS}:
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
            shutil.rmtree(self._folder(pod), ignore_errors=True)

    def _remove(self, pod: Object) -> None:
        metadata = pod["metadata"]
        shutil.rmtree(self._folder(pod), ignore_errors=True)
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
        context = PodContext(
            pod=pod,
            ip=address.ip,
            folder=self._folder(pod),
            images=self._images,
            processes=self._processes,
            recorder=self._recorder,
            configs=self._configs(metadata["namespace"]),
            downward=Downward(pod, address.ip, HOST_IP, self._allocatable),
            host=self._host,
            schedule=self._schedule,
            proxy=self._proxy.admit(pod, address.ip),
            configs_changed=self._next_configs,
        )
        runner = PodRunner(self._store, context, address, self._forget)
        self._runners[metadata["uid"]] = runner
        runner.start()

    def _forget(self, runner: PodRunner) -> None:
        self._proxy.expel(runner.context.proxy)
        self._meter.forget(runner.context.uid)
        del self._runners[runner.context.uid]

    def _configs(self, namespace: str) -> Configs:
        def reader(resource: Resource, decode: _Decode) -> Callable[[str], _Data | None]:
            def read(name: str) -> _Data | None:
                obj = self._store.get(resource, namespace, name)
                return None if obj is None else decode(obj)

            return read

        return Configs(
            namespace, reader(CONFIG_MAPS, config_map_data), reader(SECRETS, secret_data)
        )

    async def _next_configs(self) -> None:
        await self._configs_changed.wait()

    async def _guard_memory(self) -> None:
        while True:
            await asyncio.sleep(_MEMORY_PERIOD)
            limited = {
                container.current.process.pid: (container, container.memory_limit)
                for runner in self._runners.values()
                for container in runner.runners
                if container.current and container.memory_limit
            }
            for group, usage in measure(limited).items() if limited else ():
                container, limit = limited[group]
                if usage.memory > limit:
                    container.kill(out_of_memory=True)
