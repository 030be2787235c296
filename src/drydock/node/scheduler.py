"""Which pods the one node takes, decided from what they request and what is left."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from drydock import quantities
from drydock.metadata import labels
from drydock.resources import Object
from drydock.selectors import has

Amounts = Mapping[str, Decimal]


def requests(spec: Object) -> dict[str, Decimal]:
    """What the pod needs at once: its containers together, or its greediest init container."""
    sidecars = [c for c in spec.get("initContainers", ()) if c.get("restartPolicy") == "Always"]
    together = _sum(_requests(c) for c in (*spec["containers"], *sidecars))
    greediest = {
        name: amount
        for c in spec.get("initContainers", ())
        for name, amount in _requests(c).items()
        if amount > together.get(name, Decimal(0))
    }
    needed = {**together, **{n: max(a, together.get(n, Decimal(0))) for n, a in greediest.items()}}
    return _sum((needed, {k: quantities.parse(v) for k, v in spec.get("overhead", {}).items()}))


def _requests(container: Object) -> dict[str, Decimal]:
    resources = container.get("resources", {})
    amounts = {**resources.get("limits", {}), **resources.get("requests", {})}
    return {name: quantities.parse(amount) for name, amount in amounts.items()}


def _sum(parts: Iterable[Amounts]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, Decimal(0)) + amount
    return total


def _tolerates_cordon(spec: Object) -> bool:
    """As the pods of a DaemonSet do."""
    return any(
        each.get("operator") == "Exists"
        and each.get("key") in {None, "", "node.kubernetes.io/unschedulable"}
        and each.get("effect") in {None, "", "NoSchedule"}
        for each in spec.get("tolerations", ())
    )


def missing_claim(spec: Object, claims: Collection[str]) -> str | None:
    """Why a pod has to wait that mounts a claim which its namespace does not have."""
    for volume in spec.get("volumes") or ():
        claim = volume.get("persistentVolumeClaim")
        if claim and claim["claimName"] not in claims:
            return (
                f'0/1 nodes are available: persistentvolumeclaim "{claim["claimName"]}" not found.'
            )
    return None


def refusal(spec: Object, running: Iterable[Object], node: Object) -> str | None:
    """Why the node does not take a pod with this spec beside the `running` specs; None when it does."""
    reasons = []
    if not has(spec.get("nodeSelector", {}), labels(node)):
        reasons.append("1 node(s) didn't match Pod's node affinity/selector")
    if node.get("spec", {}).get("unschedulable") and not _tolerates_cordon(spec):
        reasons.append("1 node(s) were unschedulable")
    specs = list(running)
    allocatable = {k: quantities.parse(v) for k, v in node["status"]["allocatable"].items()}
    if len(specs) >= allocatable["pods"]:
        reasons.append("1 Too many pods")
    used = _sum(requests(other) for other in specs)
    for name, amount in sorted(requests(spec).items()):
        left = allocatable.get(name, Decimal(0)) - used.get(name, Decimal(0))
        if amount and amount > left:
            reasons.append(f"1 Insufficient {name}")
    return f"0/1 nodes are available: {', '.join(reasons)}." if reasons else None
