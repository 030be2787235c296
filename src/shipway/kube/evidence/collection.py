"""What is there of a release that failed, saved before anything is undone."""

import asyncio
import itertools
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml
from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
from lightkube.core.resource import api_info
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.core_v1 import Event, Pod, ResourceQuota, Secret
from lightkube.resources.policy_v1 import PodDisruptionBudget

from shipway.commands.helm import Release
from shipway.kube import releases, workload
from shipway.kube.contact import Contact
from shipway.kube.evidence import events, index
from shipway.kube.evidence.containers import Log, logs, troubled_first
from shipway.kube.evidence.logs import tail
from shipway.kube.evidence.redaction import redact
from shipway.kube.evidence.standing import Standing
from shipway.model.diagnosis import Cause, causes, diagnose
from shipway.model.revision import Revision, current
from shipway.model.rollout import Deployment as Facts
from shipway.model.rollout import Done, judge

SECONDS = 10.0
PATIENCE = 2.0  # seconds for an API that is in trouble to answer
AT_ONCE = 4  # requests: a cluster in trouble is not to be troubled more
SHOWN = 4  # pods that are asked for their causes: more say nothing new
LOGGED = 20  # pods whose logs are kept

T = TypeVar("T")
Kind = TypeVar(
    "Kind", Pod, Event, ReplicaSet, HorizontalPodAutoscaler, PodDisruptionBudget, ResourceQuota
)


@dataclass(frozen=True, slots=True)
class Evidence:
    folder: Path
    causes: tuple[Cause, ...]  # most telling first; empty where no pod shows one
    missing: Mapping[str, str]  # what could not be had, and why

    @property
    def place(self) -> str:
        """As it can be typed."""
        return os.path.relpath(self.folder)


async def collect(
    client: AsyncClient,
    release: Release,
    deployment: str,
    folder: Path,
    *,
    seconds: float = SECONDS,
    now: datetime | None = None,
) -> Evidence:
    """Into `folder`, or one beside it where that holds evidence already. Never raises but for cancellation."""
    collection = _Collection(client, release, deployment, _fresh(folder), now or datetime.now(UTC))
    try:
        async with asyncio.timeout(seconds):
            await collection.everything()
    except TimeoutError:
        pass  # what is missing says so
    finally:
        collection.close()
    return Evidence(collection.folder, collection.causes, collection.missing)


@dataclass
class _Collection:
    client: AsyncClient
    release: Release
    deployment: str
    folder: Path
    moment: datetime
    causes: tuple[Cause, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def everything(self) -> None:
        async with asyncio.TaskGroup() as group:
            begin = group.create_task
            begin(self._part(("cause.txt",), self._causes))
            pods = begin(self._part(("pods.yaml",), self._pods))
            standing = begin(self._part(("rollout.txt",), self._standing))
            manifest = begin(
                self._part(("history.txt", "manifest.yaml", "values.yaml"), self._revision)
            )
            begin(self._part(("logs",), lambda: self._logs(pods)))
            begin(
                self._part(
                    ("events.txt", "events.yaml"), lambda: self._events(pods, standing, manifest)
                )
            )

    def close(self) -> None:
        """Say what is what."""
        text = index.text(self.release, self.moment, self._written(), self.missing)
        try:
            self._write("README.txt", text)
        except OSError as error:
            self.missing["README.txt"] = _reason(error)

    async def _part(self, files: Sequence[str], work: Callable[[], Awaitable[T]]) -> T | None:
        """What hinders one part hinders no other, and never hides the failure that all of this is about."""
        self.missing |= dict.fromkeys(files, "there was no time for it")
        try:
            found = await Contact(_nobody, limit=PATIENCE).ask(work)
        except Exception as error:  # noqa: BLE001  # see above
            self.missing |= {file: _reason(error) for file in files if file in self.missing}
            return None
        for file in files:
            self.missing.pop(file, None)
        return found

    async def _causes(self) -> None:
        """Of the rollout; of the test's pods where that is done: before, they are of an earlier revision."""
        namespace = self.release.namespace
        async with self._gate:
            found = await workload.look(self.client, namespace, self.deployment)
            if found is None or isinstance(judge(found.deployment, found.pods), Done):
                shown = causes(Facts(""), await workload.tests(self.client, self.release))
                slow = []
            else:
                sick = [pod for pod in found.pods if not pod.ready][:SHOWN]
                sick = [*await workload.evidence(self.client, namespace, sick)]
                shown = causes(found.deployment, sick)
                slow = [diagnose(found.deployment, sick or found.pods)]
        self.causes = tuple(shown)
        self._write("cause.txt", index.causes(shown or slow))

    async def _pods(self) -> list[Pod]:
        found = await self._list(Pod, ours=True)
        self._write("pods.yaml", _yaml(found))
        return found

    async def _standing(self) -> Standing:
        """Each kind on its own: not everybody may read quotas."""
        deployment, sets, autoscalers, budgets, quotas = await asyncio.gather(
            self._part(("the Deployment in rollout.txt",), self._deployment),
            self._part(("ReplicaSets in rollout.txt",), lambda: self._list(ReplicaSet, ours=True)),
            self._part(
                ("autoscalers in rollout.txt",),
                lambda: self._list(HorizontalPodAutoscaler, ours=True),
            ),
            self._part(
                ("disruption budgets in rollout.txt",),
                lambda: self._list(PodDisruptionBudget, ours=True),
            ),
            self._part(("quotas in rollout.txt",), lambda: self._list(ResourceQuota)),
        )
        standing = Standing(deployment, sets or (), autoscalers or (), budgets or (), quotas or ())
        if not str(standing):
            raise LookupError("there is nothing of it to see")
        self._write("rollout.txt", str(standing))
        return standing

    async def _deployment(self) -> Deployment:
        async with self._gate:
            return await self.client.get(
                Deployment, self.deployment, namespace=self.release.namespace
            )

    async def _revision(self) -> set[str]:
        """The names of the objects that the latest revision consists of."""
        async with self._gate:
            history = await releases.history(self.client, self.release)
            self._write("history.txt", index.history(history))
            latest = current(history)
            if latest is None:
                raise LookupError("nothing was released yet")
            stored = await self._stored(latest)
        self._write("values.yaml", redact(_dump(stored.get("config") or {})))
        hooks = [hook["manifest"] for hook in stored.get("hooks") or ()]
        manifest = "\n---\n".join([stored["manifest"], *hooks])
        self._write("manifest.yaml", redact(manifest))
        objects = yaml.load_all(manifest, Loader=yaml.CSafeLoader)
        return {each["metadata"]["name"] for each in objects if each and "metadata" in each}

    async def _stored(self, revision: Revision) -> dict[str, Any]:
        name = f"sh.helm.release.v1.{self.release.name}.v{revision.number}"
        found = await self.client.get(Secret, name, namespace=self.release.namespace)
        return releases.decode(found)

    async def _events(
        self,
        pods: Awaitable[list[Pod] | None],
        standing: Awaitable[Standing | None],
        manifest: Awaitable[set[str] | None],
    ) -> None:
        """Of what cannot be listed, the events cannot be told from others'."""
        found = await self._list(Event)
        stands = await standing
        sets = {_name(each) for each in (stands.replica_sets if stands else ())}
        names = {self.deployment, *map(_name, await pods or ()), *sets, *(await manifest or ())}
        ours = events.of(found, names, sets)
        self._write("events.txt", events.text(ours))
        self._write("events.yaml", _yaml(ours))

    async def _logs(self, pods: Awaitable[list[Pod] | None]) -> None:
        found = troubled_first(await pods or ())
        if found[LOGGED:]:
            left_out = f"those of {LOGGED} are enough, and of the ones in trouble first"
            self.missing[f"logs of {len(found) - LOGGED} more pods"] = left_out
        wanted = [log for pod in found[:LOGGED] for log in logs(pod)]
        self.missing |= {log.file: log.never for log in wanted if log.never}
        await asyncio.gather(*(self._log(log) for log in wanted if not log.never))

    async def _log(self, log: Log) -> None:
        async def work() -> None:
            async with self._gate:
                text = await tail(
                    self.client,
                    self.release.namespace,
                    log.pod,
                    log.container,
                    previous=log.previous,
                )
            self._write(log.file, text)

        await self._part((log.file,), work)

    async def _list(self, kind: type[Kind], *, ours: bool = False) -> list[Kind]:
        labels: dict[str, Any] = {"app.kubernetes.io/instance": self.release.name} if ours else {}
        async with self._gate:
            found = self.client.list(kind, namespace=self.release.namespace, labels=labels)
            return [each async for each in found]

    def _write(self, file: str, content: str | bytes) -> None:
        path = self.folder / file
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.missing.pop(file, None)

    def _written(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()
        )


def _nobody(_trouble: str) -> None:
    """Needs to hear that a question is asked again."""


def _fresh(folder: Path) -> Path:
    """What an earlier failure of the same run left is evidence, too."""
    beside = (folder.with_name(f"{folder.name}-{number}") for number in itertools.count(2))
    return next(each for each in itertools.chain([folder], beside) if not each.exists())


def _reason(error: Exception) -> str:
    """In one line; the API's own words where it has some."""
    words = error.status.message if isinstance(error, ApiError) else str(error)
    return " ".join((words or type(error).__name__).split())


def _yaml(objects: Sequence[Kind]) -> str:
    """As `kubectl get --output yaml` would, without what only the API server reads."""
    items = []
    for each in objects:
        about = api_info(type(each)).resource
        item = {"apiVersion": about.api_version, "kind": about.kind, **each.to_dict()}
        item["metadata"].pop("managedFields", None)
        items.append(item)
    return redact(_dump({"apiVersion": "v1", "kind": "List", "items": items}))


def _dump(value: Any) -> str:
    return yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True, width=1000)


def _name(found: Kind) -> str:
    return (found.metadata and found.metadata.name) or ""
