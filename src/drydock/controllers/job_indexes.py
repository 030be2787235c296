"""Indexed jobs: which completion index each pod works on, and which are done."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from drydock import pods
from drydock.metadata import annotations, labels
from drydock.resources import Object

INDEX: Final = "batch.kubernetes.io/job-completion-index"
_VARIABLE: Final = {
    "name": "JOB_COMPLETION_INDEX",
    "valueFrom": {"fieldRef": {"fieldPath": f"metadata.labels['{INDEX}']"}},
}


def indexed(job: Object) -> bool:
    return bool(job["spec"].get("completionMode") == "Indexed")


def index(pod: Object) -> int | None:
    found = annotations(pod).get(INDEX, "")
    return int(found) if found.isdecimal() else None


def completed(job: Object, mine: Iterable[Object]) -> set[int]:
    """Of an indexed job; a job without indexes completes none."""
    if not indexed(job):
        return set()
    done = {index(pod) for pod in mine if pods.phase(pod) == "Succeeded"}
    return {each for each in done if each is not None and each < job["spec"]["completions"]}


def free(job: Object, done: set[int], active: Iterable[Object]) -> list[int]:
    """The indexes that nobody works on, the lowest first."""
    taken = done | {index(pod) for pod in active}
    return [each for each in range(job["spec"]["completions"]) if each not in taken]


def surplus(job: Object, done: set[int], active: Sequence[Object]) -> list[Object]:
    """Pods whose index is done, or another's, or none at all."""
    seen: set[int | None] = {None, *done}
    extra = []
    for pod in active:
        place = index(pod)
        if place in seen or (place or 0) >= job["spec"]["completions"]:
            extra.append(pod)
        seen.add(place)
    return extra


def spelled(indexes: Iterable[int]) -> str:
    """`0-2,4`."""
    runs: list[list[int]] = []
    for each in sorted(indexes):
        if runs and runs[-1][1] == each - 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def placed(pod: Object, job: Object, place: int) -> Object:
    """`pod`, from the job's template, at this index."""
    name = job["metadata"]["name"]
    spec: dict[str, Any] = {**pod["spec"], "hostname": f"{name}-{place}"}
    for field in ("initContainers", "containers"):
        if field in spec:
            spec[field] = [_told(each) for each in spec[field]]
    metadata = {
        **pod["metadata"],
        "generateName": f"{name}-{place}-",
        "labels": {**labels(pod), INDEX: str(place)},
        "annotations": {**annotations(pod), INDEX: str(place)},
    }
    return {**pod, "metadata": metadata, "spec": spec}


def _told(container: Object) -> Object:
    env = container.get("env") or []
    if any(each["name"] == _VARIABLE["name"] for each in env):
        return container
    return {**container, "env": [*env, _VARIABLE]}
