"""Which image each pod of a release runs, from what its node and its spec say."""

from typing import Any

import pytest
from lightkube import AsyncClient

from shipway.commands.helm import Release
from shipway.kube import running
from tests.kube.conftest import Api

RELEASE = Release("app-dev", "dev")
ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def pod(name: str, image: str, image_id: str = "", owner: str = "app-5d4f", **meta: str) -> Any:
    owners = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": "u"}]
    status = {"name": "app", "image": image, "imageID": image_id, "ready": True, "restartCount": 0}
    return {
        "metadata": {
            "name": name,
            "namespace": "dev",
            "labels": {"app.kubernetes.io/instance": "app-dev"},
            "ownerReferences": owners if owner else [],
            **meta,
        },
        "spec": {"containers": [{"name": "app", "image": image}, {"name": "side", "image": "s"}]},
        "status": {"containerStatuses": [status]} if image_id else {},
    }


@pytest.mark.parametrize(
    ("told", "digest"),
    [
        (pod("a", f"r/app@{ONE}", f"r/app@{TWO}"), TWO),
        (pod("a", "r/app:v1", f"docker-pullable://r/app@{TWO}"), TWO),
        (pod("a", f"r/app@{ONE}", TWO), ONE),  # that of the image's config, as some runtimes say
        (pod("a", f"r/app@{ONE}"), ONE),
        (pod("a", "r/app:v1"), ""),
    ],
)
async def test_a_nodes_word_counts_where_it_is_of_a_manifest(
    client: AsyncClient, api: Api, told: Any, digest: str
) -> None:
    api.objects = {"pods": [told]}
    assert await running.digests(client, RELEASE, "app") == [digest]


async def test_pods_of_tests_of_other_deployments_and_about_to_end_do_not_count(
    client: AsyncClient, api: Api
) -> None:
    api.objects = {
        "pods": [
            pod("a", f"r/app@{ONE}"),
            pod("test", f"r/curl@{TWO}", owner=""),
            pod("worker", f"r/worker@{TWO}", owner="app-worker-77bc"),
            pod("old", f"r/app@{TWO}", deletionTimestamp="2026-01-02T03:04:05Z"),
        ]
    }
    assert await running.digests(client, RELEASE, "app") == [ONE]
