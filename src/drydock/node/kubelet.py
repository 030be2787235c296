"""The pods that are bound to this node: taken up, run, ended and cleared away, as the store says."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from drydock.events import Recorder
from drydock.metadata import deleting
from drydock.node import machine
from drydock.node.addresses import Addresses, NoAddress
from drydock.node.back_off import Schedule
from drydock.node.binding import Binder
from drydock.node.context import PodContext
from drydock.node.environment import Configs, Downward, config_map_data, secret_data
from drydock.node.folders import discard, pod_folder
from drydock.node.images import Images
from drydock.node.mishaps import Mishaps
from drydock.node.network.network import Network
from drydock.node.network.service_proxy import ServiceProxy
from drydock.node.pod import PodRunner
from drydock.node.runtime import Runtime
from drydock.node.status import HOST_IP
from drydock.pods import finished
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

_Data = Mapping[str, bytes]
_Decode = Callable[[Object], _Data]


class Kubelet:
    """`run` until cancelled. The pods' runners are in `runners`, by uid, and outlive it: their processes go on."""

    def __init__(
        self,
        store: Store,
        runners: dict[str, PodRunner],
        *,
        home: Path,
        runtime: Runtime,
        images: Images,
        network: Network,
        proxy: ServiceProxy,
        binder: Binder,
        recorder: Recorder,
        schedule: Schedule,
        mishaps: Mishaps,
        allocatable: Mapping[str, str],
    ) -> None:
        self._store = store
        self._runners = runners
        self._home = home
        self._runtime = runtime
        self._images = images
        self._network = network
        self._proxy = proxy
        self._binder = binder
        self._recorder = recorder
        self._schedule = schedule
        self._mishaps = mishaps
        self._allocatable = allocatable
        self._addresses = Addresses()
        self._configs_changed = asyncio.Event()

    async def run(self) -> None:
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
            if change.resource == PERSISTENT_VOLUME_CLAIMS:
                self._binder.notice(change)
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
            discard(pod_folder(self._home, pod))

    def _remove(self, pod: Object) -> None:
        metadata = pod["metadata"]
        discard(pod_folder(self._home, pod))
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
            folder=pod_folder(self._home, pod),
            images=self._images,
            sandbox=self._runtime.sandbox(
                pod, ip=address.ip, folder=pod_folder(self._home, pod), proxy=proxy
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
