"""The one place where the controllers meet the world: changes in, reconciles, changes out."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from drydock import events
from drydock.controllers import hpa
from drydock.controllers.affected import affected
from drydock.controllers.changes import (
    After,
    Change,
    Create,
    Delete,
    NameTaken,
    Recommend,
    Reconcile,
    Record,
    Refused,
    Scale,
    Update,
    UpdateStatus,
)
from drydock.controllers.metrics import UsageOf
from drydock.controllers.plan import plan
from drydock.controllers.world import WATCHED, Key, World
from drydock.home import Hindered
from drydock.metadata import deleting, key_of
from drydock.patches.apply import track
from drydock.resources import (
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    HORIZONTAL_POD_AUTOSCALERS,
    JOBS,
    NAMESPACES,
    REPLICA_SETS,
    STATEFUL_SETS,
    Object,
    Resource,
)
from drydock.store import AlreadyExists, Conflict, Gone, NotFound, Store
from drydock.store import Change as Seen
from drydock.timestamps import timestamp

MANAGER = "kube-controller-manager"
LONGEST_RETRY = 60.0  # seconds
TIDY = 300.0  # seconds between looks for expired events

COMPONENTS = {
    DEPLOYMENTS: "deployment-controller",
    REPLICA_SETS: "replicaset-controller",
    STATEFUL_SETS: "statefulset-controller",
    DAEMON_SETS: "daemonset-controller",
    JOBS: "job-controller",
    CRON_JOBS: "cronjob-controller",
    HORIZONTAL_POD_AUTOSCALERS: "horizontal-pod-autoscaler",
}
"""Who speaks in the events about each kind."""

log = logging.getLogger(__name__)

Admit = Callable[[Resource, Object], Object]
"""Defaults and validation of an object that is to be created; raises Refused."""


def _now() -> datetime:
    return datetime.now(UTC)


class Controllers:
    """Run with `run()`, until cancelled or until the store closes."""

    def __init__(
        self,
        store: Store,
        *,
        admit: Admit,
        usage: UsageOf,
        authority: str,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._world = World(store, usage, authority)
        self._admit = admit
        self._clock = clock
        self._queue: dict[Key, None] = {}
        self._work = asyncio.Event()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._past: dict[Key, list[Recommend]] = {}
        self._recorders = {
            resource: events.Recorder(store, component, clock=clock)
            for resource, component in COMPONENTS.items()
        }

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                helpers = [tasks.create_task(self._reconcile()), tasks.create_task(self._tidy())]
                await self._listen()
                for each in helpers:
                    each.cancel()
        finally:
            for timer in self._timers.values():
                timer.cancel()

    async def _listen(self) -> None:
        while True:
            since = self._survey()
            try:
                async for change in self._store.changes(since, WATCHED):
                    self._notice(change)
            except Gone:
                log.warning("fell behind the window of changes, looking at everything again")
                continue
            return

    def _survey(self) -> int:
        """Look at all there is, as if it had just appeared."""
        self._world.forget()
        for resource in WATCHED:
            for obj in self._store.list(resource):
                self._notice(Seen(self._store.version, "ADDED", resource, obj))
        return self._store.version

    def _notice(self, change: Seen) -> None:
        # before `note` forgets whom a deleted object depended on
        keys = self._affected(change)
        self._world.note(change)
        for key in keys:
            self._enqueue(key)

    def _affected(self, change: Seen) -> list[Key]:
        """One object that nobody expected must not end the care for all others."""
        try:
            return list(affected(change, self._world))
        except Exception:
            log.exception("%s %s concerns nobody", change.resource.kind, key_of(change.object))
            return []

    def _enqueue(self, key: Key) -> None:
        self._queue[key] = None
        self._work.set()

    async def _reconcile(self) -> None:
        while True:
            await self._work.wait()
            while self._queue:
                key = next(iter(self._queue))
                del self._queue[key]
                self._attempt(key)
                await asyncio.sleep(0)  # the API answers between two reconciles
            self._work.clear()

    def _attempt(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        try:
            steps = plan(key, self._world, self._past.get(key, ()), self._clock())
            if steps is None:
                self._past.pop(key, None)
            else:
                self._play(key, steps)
        except (Conflict, NotFound):  # somebody was faster: what they wrote decides
            self._retry(key)
        except Refused as refused:
            log.warning("%s was refused: %s", key, refused)
            self._retry(key)
        except Hindered:
            return  # the store's disk: the cluster is about to end, and says so
        except Exception:
            log.exception("reconcile failed: %s", key)
            self._retry(key)
        else:
            self._failures.pop(key, None)

    def _retry(self, key: Key) -> None:
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self._later(key, min(LONGEST_RETRY, 0.005 * 2.0 ** min(failures, 20)))

    def _later(self, key: Key, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        when = loop.time() + max(0.0, seconds)
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= when:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(when, self._enqueue, key)

    def _play(self, key: Key, steps: Reconcile) -> None:
        try:
            step = next(steps)
            while True:
                try:
                    answer = self._apply(key, step)
                except Refused as refused:
                    step = steps.throw(refused)
                else:
                    step = steps.send(answer)
        except StopIteration:
            return

    def _apply(self, key: Key, change: Change) -> Object:
        match change:
            case Create(resource, obj):
                return self._create(resource, obj)
            case Update(resource, obj):
                return self._update(resource, obj, obj, "")
            case Scale(resource, obj, replicas):
                scaled = {**obj, "spec": {**obj["spec"], "replicas": replicas}}
                return self._update(resource, obj, scaled, "scale")
            case UpdateStatus(resource, obj):
                return self._store.update(resource, obj, subresource="status")
            case Delete(resource, obj, propagation):
                uid = obj["metadata"]["uid"]
                return self._store.delete(resource, *key_of(obj), propagation=propagation, uid=uid)
            case Record(resource, obj, type_, reason, message):
                self._recorders[resource].record(resource, obj, reason, message, type_=type_)
                return obj
            case After(seconds):
                self._later(key, seconds)
            case Recommend(at):
                past = [
                    each for each in self._past.get(key, ()) if at - each.at < hpa.LONGEST_WINDOW
                ]
                self._past[key] = [*past, change]
        return {}

    def _create(self, resource: Resource, obj: Object) -> Object:
        namespace = obj["metadata"].get("namespace", "")
        name = obj["metadata"].get("name", "")
        if resource.namespaced and not self._alive(namespace):
            raise Refused(f'namespace "{namespace}" is being terminated')
        try:
            return self._store.create(resource, self._admit(resource, obj))
        except AlreadyExists:
            raise NameTaken(f'{resource.qualified} "{name}" already exists') from None

    def _update(
        self, resource: Resource, before: Object, after: Object, subresource: str
    ) -> Object:
        stored = self._store.get(resource, *key_of(before))
        if stored is None:
            raise NotFound(before["metadata"]["name"])
        now = timestamp(self._clock())
        tracked = track(stored, after, manager=MANAGER, now=now, subresource=subresource)
        return self._store.update(resource, tracked)

    def _alive(self, namespace: str) -> bool:
        home = self._store.get(NAMESPACES, "", namespace)
        return home is not None and not deleting(home)

    async def _tidy(self) -> None:
        """Of all kinds only events go by themselves."""
        while True:
            events.expire(self._store, self._clock())
            await asyncio.sleep(TIDY)
