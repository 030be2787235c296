"""The arithmetic of a rolling update: surge, unavailability, and proportional scaling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drydock.metadata import annotations
from drydock.resources import Object

DESIRED = "deployment.kubernetes.io/desired-replicas"
MAX = "deployment.kubernetes.io/max-replicas"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a Deployment's strategy allows at its present size, in pods."""

    replicas: int
    max_surge: int
    max_unavailable: int

    @property
    def most(self) -> int:
        return self.replicas + self.max_surge

    @property
    def least(self) -> int:
        return self.replicas - self.max_unavailable

    @property
    def annotations(self) -> Mapping[str, str]:
        return {DESIRED: str(self.replicas), MAX: str(self.most)}


def limits(deployment: Object) -> Limits:
    spec = deployment["spec"]
    replicas = spec.get("replicas", 1)
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return Limits(replicas, 0, 0)
    rolling = strategy.get("rollingUpdate") or {}
    surge = share(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = share(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1  # both may round to zero, and then nothing could ever move
    return Limits(replicas, surge, min(unavailable, replicas))


def share(value: int | str, total: int, *, up: bool) -> int:
    """An IntOrString of `total`: `2` is 2, `25%` of 10 is 3 or 2."""
    if isinstance(value, int):
        return value
    if not value.endswith("%"):
        return int(value)
    parts = int(value[:-1]) * total
    return -(-parts // 100) if up else parts // 100


def size(replica_set: Object) -> int:
    return int(replica_set["spec"].get("replicas", 1))


def count(replica_sets: Sequence[Object], key: str) -> int:
    return sum((each.get("status") or {}).get(key, 0) for each in replica_sets)


def grown(new: int, everyone: int, limits: Limits) -> int:
    """The new ReplicaSet's next size when `everyone` is the size of all, itself included."""
    if new >= limits.replicas:
        return limits.replicas
    return new + max(0, min(limits.most - everyone, limits.replicas - new))


def shrunk(new: Object, old: Sequence[Object], limits: Limits) -> dict[str, int]:
    """The next sizes of the old ReplicaSets: pods that never became available go first."""
    sizes = {each["metadata"]["name"]: size(each) for each in old}
    unavailable_new = size(new) - count([new], "availableReplicas")
    room = size(new) + sum(sizes.values()) - limits.least - unavailable_new
    if room <= 0:
        return sizes
    for each in old:
        gone = max(0, min(room, size(each) - count([each], "availableReplicas")))
        sizes[each["metadata"]["name"]] -= gone
        room -= gone
    spare = count([new, *old], "availableReplicas") - limits.least
    for name, left in sizes.items():
        gone = max(0, min(spare, left))
        sizes[name] = left - gone
        spare -= gone
    return sizes


def proportional(replica_sets: Sequence[Object], limits: Limits) -> dict[str, int]:
    """A Deployment resized in the middle of a rollout spreads the change over all of its sets."""
    sizes = {each["metadata"]["name"]: size(each) for each in replica_sets}
    left = (limits.most if limits.replicas else 0) - sum(sizes.values())
    growing = left > 0
    young_first = sorted(replica_sets, key=_created, reverse=growing)
    by_size = [each for each in sorted(young_first, key=size, reverse=True) if size(each)]
    for each in by_size:
        fraction = _fraction(each, limits)
        part = max(0, min(fraction, left)) if growing else min(0, max(fraction, left))
        sizes[each["metadata"]["name"]] += part
        left -= part
    if by_size and left:
        largest = by_size[0]["metadata"]["name"]
        sizes[largest] = max(0, sizes[largest] + left)
    return sizes


def _created(replica_set: Object) -> str:
    return str(replica_set["metadata"]["creationTimestamp"])


def _fraction(replica_set: Object, limits: Limits) -> int:
    if limits.replicas == 0:
        return -size(replica_set)
    before = int(annotations(replica_set).get(MAX, 0)) or limits.most
    return (2 * size(replica_set) * limits.most + before) // (2 * before) - size(replica_set)
