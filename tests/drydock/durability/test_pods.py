"""Pods after a sudden end: no process of the former life, all pods again, in a folder that may have moved."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psutil

from drydock.home import Home
from tests.drydock.clients import objects, web_image
from tests.drydock.durability.conftest import LONG, Drydock, alive, until

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
PODS = "/api/v1/namespaces/default/pods"


def programs(mark: str) -> list[psutil.Process]:
    """Whoever their parents are."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if mark in process.cmdline():
                found.append(process)
    return alive(found)


def is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


async def settled(drydock: Drydock, count: int) -> Sequence[Mapping[str, Any]]:
    """The pods, once so many are ready and there is no other."""
    async with drydock.api() as api:
        found: Sequence[Mapping[str, Any]] = ()
        while not (len(found) == count and all(map(is_ready, found))):
            found = (await api.get(PODS)).raise_for_status().json()["items"]
    return found


def names(pods: Sequence[Mapping[str, Any]]) -> list[str]:
    return [pod["metadata"]["name"] for pod in pods]


async def test_pods_come_back_and_nothing_of_the_former_life_runs(
    drydock: Drydock, tmp_path: Path
) -> None:
    mark = f"mark-{uuid4()}"
    status = await drydock.up()
    registry = f"127.0.0.1:{status.registry}"
    with httpx2.Client(base_url=f"http://{registry}", trust_env=False, timeout=LONG) as client:
        web_image.push(client, "web", "1")
    web = objects.deployment("web", f"{registry}/web:1", 2)
    web["spec"]["template"]["spec"]["containers"][0]["args"] = [mark]
    async with drydock.api() as api:
        (await api.post(DEPLOYMENTS, json=web)).raise_for_status()
    before = await settled(drydock, 2)
    former = programs(mark)
    assert former

    await drydock.kill()
    await until(lambda: not alive(former))
    await drydock.up()
    after = await settled(drydock, 2)
    assert names(after) == names(before)
    assert [pod["status"]["containerStatuses"][0]["restartCount"] for pod in after] == [1, 1]
    assert len(programs(mark)) == len(former)

    assert await drydock.run("down") == (0, "drydock is down\n")
    assert programs(mark) == []
    drydock.home = Home(drydock.home.root.rename(tmp_path / "moved"))
    await drydock.up()
    assert names(await settled(drydock, 2)) == names(before)
    assert len(programs(mark)) == len(former)
    assert drydock.tracebacks == []
