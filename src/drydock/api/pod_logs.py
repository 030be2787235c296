"""`GET …/pods/NAME/log`: which container's lines, and how many."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from drydock.api import status
from drydock.api.request import Request
from drydock.api.streaming import closing
from drydock.pods import container_status
from drydock.resources import Object
from drydock.timestamps import moment

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


class LogReader(Protocol):
    """The node's side of it."""

    def read(
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
        ...


def read(request: Request, pod: Object, reader: LogReader) -> AsyncIterator[bytes]:
    """The chunks of the answer; what is wrong with the request is raised before the first one."""
    container = _container(request, pod)
    previous = request.flag("previous")
    _check_started(pod, container, previous=previous)
    chunks = reader.read(
        pod,
        container,
        previous=previous,
        follow=request.flag("follow"),
        tail_lines=request.number("tailLines"),
        since=_since(request),
        timestamps=request.flag("timestamps"),
    )
    limit = request.number("limitBytes")
    return chunks if limit is None else _limited(chunks, limit)


def _container(request: Request, pod: Object) -> str:
    name = pod["metadata"]["name"]
    spec = pod["spec"]
    mains = [container["name"] for container in spec["containers"]]
    inits = [container["name"] for container in spec.get("initContainers", ())]
    default = pod["metadata"].get("annotations", {}).get(_DEFAULT_CONTAINER, "")
    asked = request.query.get("container") or (default if default in mains else "")
    if not asked and len(mains) > 1:
        choices = f"choose one of: [{' '.join(mains)}]"
        if inits:
            choices += f" or one of the init containers: [{' '.join(inits)}]"
        raise status.bad_request(f"a container name must be specified for pod {name}, {choices}")
    if asked and asked not in {*mains, *inits}:
        raise status.bad_request(f"container {asked} is not valid for pod {name}")
    return asked or mains[0]


def _check_started(pod: Object, container: str, *, previous: bool) -> None:
    """A container that has not written yet is told apart from one that wrote nothing."""
    name = pod["metadata"]["name"]
    state = container_status(pod, container)
    ended_before = "terminated" in state.get("lastState", {})
    if previous and not ended_before:
        raise status.bad_request(
            f'previous terminated container "{container}" in pod "{name}" not found'
        )
    if "running" in state.get("state", {}) or "terminated" in state.get("state", {}):
        return
    if not ended_before:
        reason = state.get("state", {}).get("waiting", {}).get("reason", "ContainerCreating")
        why = {
            "ErrImagePull": "image can't be pulled",
            "ImagePullBackOff": "trying and failing to pull image",
        }.get(reason, reason)
        raise status.bad_request(
            f'container "{container}" in pod "{name}" is waiting to start: {why}'
        )


def _since(request: Request) -> datetime | None:
    if seconds := request.number("sinceSeconds"):
        return datetime.now(UTC) - timedelta(seconds=seconds)
    if text := request.query.get("sinceTime"):
        try:
            return moment(text)
        except ValueError as error:
            raise status.bad_request(f"sinceTime: {error}") from error
    return None


async def _limited(chunks: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    left = limit
    async with closing(chunks):
        async for chunk in chunks:
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return
