"""The loop that lets mishaps happen to running pods and to the node."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping

from drydock.node.mishaps import Mishaps, Trouble
from drydock.node.pod import PodRunner

PERIOD = 0.1  # seconds between two looks while something may happen


async def suffer(
    mishaps: Mishaps,
    runners: Mapping[str, PodRunner],
    troubled: Callable[[Collection[Trouble]], None],
) -> None:
    """Until cancelled. `runners` are looked up by the pod's uid; `troubled` hears when the node's troubles change."""
    unready: set[str] = set()
    troubles: Collection[Trouble] = ()
    while True:
        if mishaps.none and not unready and not troubles:
            await mishaps.changed()
        for doom in mishaps.doomed([r.context.pod for r in runners.values() if r.groups]):
            for container in runners[doom.pod].runners:
                container.kill(out_of_memory=doom.out_of_memory)
        before, unready = unready, {u for u, r in runners.items() if mishaps.unready(r.context.pod)}
        for uid in before ^ unready:
            if runner := runners.get(uid):
                runner.publish()
        now = mishaps.troubles()
        if set(now) != set(troubles):
            troubles = now
            troubled(now)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PERIOD):
                await mishaps.changed()
