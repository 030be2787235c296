"""The last lines that a container wrote, also those of the run before: of what is long, its end."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from lightkube import AsyncClient
from lightkube.resources.core_v1 import PodLog

LINES = 2000
SIZE = 1024 * 1024  # bytes


async def tail(
    client: AsyncClient, namespace: str, pod: str, container: str, *, previous: bool = False
) -> bytes:
    """At most LINES lines and SIZE bytes. `ApiError` where the container never ran, or not twice."""
    api: Any = client._client  # noqa: SLF001  # lightkube's log() knows no `previous`, and loads all of it
    wanted = {"container": container, "previous": previous or None, "tailLines": LINES}
    request = api.prepare_request("get", PodLog, name=pod, namespace=namespace, params=wanted)
    response = await api.send(api.build_adapter_request(request), stream=True)
    try:
        if response.is_error:
            await response.aread()
            api.raise_for_status(response)
        end = Tail(SIZE)
        async for chunk in response.aiter_bytes():
            end.add(chunk)
        return end.bytes
    finally:
        await response.aclose()


@dataclass
class Tail:
    """The last `size` bytes of a stream, from the beginning of a line."""

    size: int
    _chunks: deque[bytes] = field(default_factory=deque)
    _kept: int = 0

    def add(self, chunk: bytes) -> None:
        """What is cut off is cut so that one byte more than needed stays: it tells whether a line begins."""
        self._chunks.append(chunk)
        self._kept += len(chunk)
        while self._kept - len(self._chunks[0]) > self.size:
            self._kept -= len(self._chunks.popleft())

    @property
    def bytes(self) -> bytes:
        whole = b"".join(self._chunks)
        if len(whole) <= self.size:
            return whole
        _, line_end, lines = whole[-self.size - 1 :].partition(b"\n")
        return lines if line_end else whole[-self.size :]
