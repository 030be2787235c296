"""`GET …/pods/NAME/log`: which container's lines, and how many."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from drydock.api import pod_containers, status
from drydock.api.request import Request
from drydock.api.streaming import closing
from drydock.pods import container_status
from drydock.resources import Object
from drydock.timestamps import moment


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
    container = pod_containers.container(request, pod)
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
