"""What a client was told is stored, is stored: whenever the process was killed."""

import asyncio
import json
import random
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2

from tests.drydock.durability.conftest import Drydock

MAPS = "/api/v1/namespaces/default/configmaps"
WRITERS = 8
SEED = 5


@dataclass
class Known:
    """What one client may expect of its objects: by name the text in it, or that there is none."""

    text: dict[str, str | None] = field(default_factory=dict)
    doubtful: tuple[str, str | None] | None = (
        None  # the request that the kill left without an answer
    )
    versions: list[int] = field(default_factory=list)

    def expects(self, name: str, text: str | None) -> bool:
        return text == self.text.get(name) or (name, text) == self.doubtful


async def write(api: httpx2.AsyncClient, known: Known, prefix: str) -> None:
    """Create, update and delete objects of its own until the server is gone."""
    dice = random.Random(f"{SEED} {prefix}")
    number = 0
    try:
        while True:
            there = sorted(name for name, text in known.text.items() if text is not None)
            deed = dice.choice(("create", "update", "delete")) if len(there) > 3 else "create"
            if deed == "delete":
                name = dice.choice(there)
                known.doubtful = (name, None)
                answer = await api.delete(f"{MAPS}/{name}")
            else:
                number += 1
                name = dice.choice(there) if deed == "update" else f"{prefix}-{number}"
                body = {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": name},
                    "data": {"text": f"{number} " * dice.randrange(1, 400)},
                }
                known.doubtful = (name, body["data"]["text"])  # type: ignore[index]  # it is JSON
                if deed == "create":
                    answer = await api.post(MAPS, json=body)
                else:
                    answer = await api.put(f"{MAPS}/{name}", json=body)
            answer.raise_for_status()
            known.text[name], known.doubtful = known.doubtful[1], None
            metadata = answer.json().get("metadata", {})
            known.versions.append(int(metadata.get("resourceVersion") or 0))
    except httpx2.TransportError:
        return


async def listed(api: httpx2.AsyncClient) -> tuple[int, dict[str, tuple[str, int]]]:
    """The version of the list, and of each of our objects its text and its version."""
    answer = (await api.get(MAPS)).raise_for_status().json()
    items = {
        item["metadata"]["name"]: (item["data"]["text"], int(item["metadata"]["resourceVersion"]))
        for item in answer["items"]
        if "text" in item.get("data", {})
    }
    return int(answer["metadata"]["resourceVersion"]), items


async def watched(api: httpx2.AsyncClient, since: int) -> AsyncIterator[tuple[str, int]]:
    """Types and versions of events; an expired watch is one event of type ERROR."""
    query = {"watch": "1", "resourceVersion": str(since), "timeoutSeconds": "60"}
    async with api.stream("GET", MAPS, params=query) as answer:
        if answer.status_code == 410:
            yield "ERROR", 410
            return
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            event = json.loads(line)
            about = event["object"]
            yield event["type"], int(about.get("code") or about["metadata"]["resourceVersion"])


async def test_after_kills_at_any_moment_all_that_was_answered_is_there(drydock: Drydock) -> None:
    dice = random.Random(SEED)
    clients = [Known() for _ in range(WRITERS)]
    newest = 0
    await drydock.up()
    for life in range(3):
        async with drydock.api() as api:
            writers = [
                asyncio.create_task(write(api, known, f"life{life}-writer{number}"))
                for number, known in enumerate(clients)
            ]
            await asyncio.sleep(dice.uniform(0.2, 0.7))  # the moment itself is what is tried
            await drydock.kill()
            await asyncio.gather(*writers)
        newest = max(newest, *(max(known.versions) for known in clients))
        await killed_while_starting(drydock, dice.uniform(0.05, 0.8))
        await drydock.up()
        async with drydock.api() as api:
            version, stored = await listed(api)
            assert version >= newest
            mine = {name for known in clients for name in known.text}
            in_doubt = {known.doubtful[0] for known in clients if known.doubtful}
            assert stored.keys() <= mine | in_doubt
            for known in clients:
                names = {*known.text, *([known.doubtful[0]] if known.doubtful else [])}
                there = {name: stored.get(name, (None, 0))[0] for name in names}
                assert all(known.expects(name, text) for name, text in there.items())
                known.text, known.doubtful = there, None
            versions = [at for _, at in stored.values()]
            assert len(set(versions)) == len(versions)
            assert max(versions) <= version
            fresh = {"metadata": {"name": f"after-{life}"}, "data": {"a": "b"}}
            watch = watched(api, newest)
            created = (await api.post(MAPS, json=fresh)).raise_for_status().json()
            newer = int(created["metadata"]["resourceVersion"])
            assert newer > version
            async with asyncio.timeout(60):
                async for type_, at in watch:
                    if type_ == "ERROR":
                        assert at == 410
                        break
                    assert at > newest
                    if at == newer:
                        break
            await watch.aclose()  # type: ignore[attr-defined]  # it is a generator
    assert sum(len(known.versions) for known in clients) > 100
    assert drydock.tracebacks == []


async def killed_while_starting(drydock: Drydock, seconds: float) -> None:
    process = await drydock.start("up")
    await asyncio.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    await process.communicate()


async def test_a_namespace_that_was_being_emptied_goes_on_to_its_end(drydock: Drydock) -> None:
    await drydock.up()
    async with drydock.api() as api:
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dev"}}
        (await api.post("/api/v1/namespaces", json=space)).raise_for_status()
        maps = "/api/v1/namespaces/dev/configmaps"
        for number in range(50):
            body = {"metadata": {"name": f"map-{number}"}, "data": {}}
            (await api.post(maps, json=body)).raise_for_status()
        (await api.delete("/api/v1/namespaces/dev")).raise_for_status()
        await drydock.kill()
    await drydock.up()
    async with drydock.api() as api, asyncio.timeout(60):
        while (await api.get("/api/v1/namespaces/dev")).status_code != 404:  # noqa: ASYNC110  # a client sees by asking
            await asyncio.sleep(0.02)
        assert (await api.get(maps)).json()["items"] == []
