"""Is the cluster that Docker knows the one we would make? A decision, no more."""

from dataclasses import dataclass

from shipway.kind.containers import Container, Containers
from shipway.kind.layout import Layout


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing has its name."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """We were cut off while making it: it is made anew."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """It is not as we would make it, and so it is somebody else's."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stopped:
    node: Container


@dataclass(frozen=True, slots=True)
class Standing:
    node: Container


Verdict = Absent | Unfinished | Foreign | Stopped | Standing


def judge(found: Containers, layout: Layout, *, unfinished: bool) -> Verdict:
    """`unfinished` says that we began to make it and never saw the end."""
    if not found.nodes:
        return Absent()
    if unfinished:
        return Unfinished()
    reasons = _reasons(found.nodes, layout)
    if reasons:
        return Foreign(reasons)
    [node] = found.nodes
    return Standing(node) if node.running else Stopped(node)


def _reasons(nodes: tuple[Container, ...], layout: Layout) -> tuple[str, ...]:
    if len(nodes) > 1:
        return (f"it has {len(nodes)} nodes, one is wanted",)
    [node] = nodes
    return tuple(
        f"port {outside} of this machine does not lead to its port {inside}"
        for inside, outside in layout.published.items()
        if outside not in node.published.get(inside, ())
    )
