"""The app behind a real server: TLS, streams, and lightkube as a client."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress

import httpx2
import pytest
from lightkube import ApiError, AsyncClient, KubeConfig
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap
from lightkube.types import PatchType

from drydock.pki import Identity
from drydock.resources import CONFIG_MAPS
from drydock.store import Store

CONFIG_MAPS_OF_DEV = "/api/v1/namespaces/dev/configmaps"


@pytest.fixture
def context(tls: Identity) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=tls.authority)


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(45):
        while not holds():  # noqa: ASYNC110  # nobody could set an Event: the server does not know it is watched
            await asyncio.sleep(0.005)


async def test_a_client_that_leaves_frees_its_watch(
    server: str, context: ssl.SSLContext, store: Store
) -> None:
    headers = {"Authorization": "Bearer s3cret"}
    async with httpx2.AsyncClient(base_url=server, verify=context, headers=headers) as client:
        for _ in range(3):
            watching = client.stream("GET", CONFIG_MAPS_OF_DEV, params={"watch": "true"})
            async with watching as response:
                assert response.headers["content-type"] == "application/json"
                await eventually(lambda: len(store._waiting) == 1)
            await eventually(lambda: not store._waiting)


async def test_a_store_that_closes_ends_its_watches(
    server: str, context: ssl.SSLContext, store: Store
) -> None:
    headers = {"Authorization": "Bearer s3cret"}
    async with httpx2.AsyncClient(base_url=server, verify=context, headers=headers) as client:
        watching = client.stream("GET", CONFIG_MAPS_OF_DEV, params={"watch": "true"})
        async with watching as response:
            store.close()
            async with asyncio.timeout(45):
                assert await response.aread() == b""


async def test_many_watches_see_the_same(
    server: str, context: ssl.SSLContext, store: Store
) -> None:
    headers = {"Authorization": "Bearer s3cret"}

    async def first_line() -> str:
        async with (
            httpx2.AsyncClient(base_url=server, verify=context, headers=headers) as client,
            client.stream("GET", CONFIG_MAPS_OF_DEV, params={"watch": "true"}) as response,
        ):
            return await anext(response.aiter_lines())

    reading = [asyncio.create_task(first_line()) for _ in range(10)]
    await eventually(lambda: len(store._waiting) == 10)
    store.create(CONFIG_MAPS, {"metadata": {"name": "a", "namespace": "dev"}})
    async with asyncio.timeout(45):
        lines = await asyncio.gather(*reading)
    assert len(set(lines)) == 1
    assert lines[0].startswith('{"type":"ADDED","object":{"apiVersion":"v1","kind":"ConfigMap"')


async def test_a_client_without_tls_gets_nothing(server: str) -> None:
    async with httpx2.AsyncClient() as client:
        with pytest.raises(httpx2.TransportError):
            await client.get(server.replace("https", "http") + "/version")


async def test_lightkube_works_against_it(
    server: str, isolated: Mapping[str, str], store: Store
) -> None:
    client = AsyncClient(KubeConfig.from_file(isolated["KUBECONFIG"]), namespace="dev")
    try:
        created = await client.create(
            ConfigMap(metadata=ObjectMeta(name="settings"), data={"colour": "red"})
        )
        assert created.metadata is not None
        assert created.metadata.namespace == "dev"
        seen: list[tuple[str, object]] = []

        async def watch() -> None:
            with suppress(asyncio.CancelledError):
                async for event, obj in client.watch(ConfigMap):
                    seen.append((event, obj.data))

        watching = asyncio.create_task(watch())
        await eventually(lambda: len(seen) == 1)
        patch = {"data": {"colour": "blue"}}
        await client.patch(ConfigMap, "settings", patch, patch_type=PatchType.MERGE)
        await client.delete(ConfigMap, "settings")
        await eventually(lambda: len(seen) == 3)
        assert seen == [
            ("ADDED", {"colour": "red"}),
            ("MODIFIED", {"colour": "blue"}),
            ("DELETED", {"colour": "blue"}),
        ]
        watching.cancel()
        await watching
        with pytest.raises(ApiError) as missing:
            await client.get(ConfigMap, "settings")
        assert missing.value.status.message == 'configmaps "settings" not found'
        assert [obj async for obj in client.list(ConfigMap)] == []
        applied = await client.apply(
            ConfigMap(
                apiVersion="v1",
                kind="ConfigMap",
                metadata=ObjectMeta(name="applied"),
                data={"a": "b"},
            ),
            field_manager="tests",
        )
        assert applied.data == store.list(CONFIG_MAPS)[0]["data"] == {"a": "b"}
    finally:
        await client.close()
