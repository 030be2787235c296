"""A pipe's descriptor in the hands of a transport, which closes it once."""

import asyncio
import os


class PipeEnd:
    """What `connect_read_pipe` takes, and owns from then on.

    uvloop closes the descriptor by itself and then closes this, as if a second time did no harm: by then the
    number may be another thread's file.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ours = isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)

    def fileno(self) -> int:
        return self._descriptor

    def close(self) -> None:
        if self._ours:
            self._ours = False
            os.close(self._descriptor)
