"""What one environment runs against what it should, as a row that people and programs read."""

from collections.abc import Sequence
from dataclasses import dataclass

from shipway.model.bundle import Digest
from shipway.model.lease import Holder
from shipway.model.recovery import BEGUN
from shipway.model.revision import FAILURE, Revision, current, last_good
from shipway.model.rollout import Deployment, Done, Pod, judge

WORDS = {"deploy": "rolling out", "helm-test": "being tested", "rollback": "going back"}


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of `shipway status --output json`, in their order. Empty strings where nothing is there yet."""

    environment: str
    namespace: str
    release: str
    revision: int  # 0: nothing was ever deployed
    status: str
    tag: str
    image: str
    image_digest: str
    chart_version: str
    chart_digest: str
    bundle: str
    replicas: int  # wanted; an autoscaler's minimum counts as the wish
    ready: int
    url: str
    live: tuple[Digest, ...] = ()  # of the images that its pods run, most pods first
    proven: bool | None = False  # the bundle, in this environment; None: nobody could be asked
    holder: str = ""  # who changes it now
    state: str = "not deployed"


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at an environment."""

    history: Sequence[Revision] = ()
    deployment: Deployment | None = None
    pods: Sequence[Pod] = ()  # of the newest ReplicaSet
    images: Sequence[Digest] = ()  # that its pods run, one for each; empty for what nobody knows
    holder: Holder | None = None  # who changes it now


def state(seen: Seen) -> str:
    """In a few words, the most telling thing first."""
    if seen.holder:
        return _underway(seen.holder)
    now = current(seen.history)
    if now is None:
        return "not deployed"
    if now.status in BEGUN:
        return f"{now.status}, nobody works on it"
    if now.status == "failed" or FAILURE in now.description:
        why = now.description.partition(FAILURE)[2] or now.description
        return f"failed: {why}; {_serving(seen, now)}"
    if now.status != "deployed":
        return now.status
    return _deployed(seen, now)


def _deployed(seen: Seen, now: Revision) -> str:
    if seen.deployment is None:
        return "its Deployment is gone"
    if now.unproven:
        return "rolled out, nobody saw it serve"
    others = sum(digest not in {"", now.image_digest} for digest in seen.images)
    if now.image_digest and others:
        return f"{others} of {len(seen.images)} pods run another image"
    ready = _ready(seen.pods)
    if ready < seen.deployment.wanted:
        return f"{ready} of {seen.deployment.wanted} pods ready"
    return "as released"


def _underway(holder: Holder) -> str:
    """`rolling out (alice on laptop)`."""
    verb = holder.doing.partition(" ")[0]
    return f"{WORDS.get(verb, verb or 'changing')} ({holder.who})"


def _serving(seen: Seen, now: Revision) -> str:
    if seen.deployment and isinstance(judge(seen.deployment, seen.pods), Done):
        return f"{now.tag} serves" if now.tag else "it serves"
    before = last_good(seen.history)
    if before and seen.deployment and seen.deployment.ready > _ready(seen.pods):
        return f"{before.tag or f'revision {before.number}'} serves"
    return "nothing serves"


def _ready(pods: Sequence[Pod]) -> int:
    return sum(pod.ready and not pod.terminating for pod in pods)
