"""Helm's release Secrets, read and marked. The recorded one was written by helm 4.2.3."""

import asyncio
import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from lightkube import AsyncClient
from lightkube.models.core_v1 import Secret

from shipway.commands.helm import Release
from shipway.kube import releases
from shipway.model.revision import Revision
from tests.kube.conftest import Api, recorded

TINY = Release("tiny", "tiny")
NAME = "sh.helm.release.v1.tiny.v1"


@pytest.fixture
def secret() -> dict[str, Any]:
    found: dict[str, Any] = recorded("helm_release.json")
    return found


def read(secret: dict[str, Any]) -> dict[str, Any]:
    return releases.decode(Secret(data=secret["data"]))


def revision(secret: dict[str, Any], number: int) -> dict[str, Any]:
    """The same release as a later revision."""
    stored = read(secret)
    later = copy.deepcopy(secret)
    later["metadata"]["name"] = f"sh.helm.release.v1.tiny.v{number}"
    later["data"]["release"] = releases.encode({**stored, "version": number})
    return later


def test_what_helm_wrote_is_read(secret: dict[str, Any]) -> None:
    stored = read(secret)
    assert (stored["name"], stored["version"], stored["info"]["status"]) == ("tiny", 1, "deployed")


def test_what_we_write_is_read_again(secret: dict[str, Any]) -> None:
    stored = read(secret)
    assert releases.decode(Secret(data={"release": releases.encode(stored)})) == stored


def test_the_same_release_is_written_as_the_same_bytes(secret: dict[str, Any]) -> None:
    stored = read(secret)
    assert releases.encode(stored) == releases.encode(copy.deepcopy(stored))


async def test_the_history_is_oldest_first_and_of_one_release_alone(
    client: AsyncClient, api: Api, secret: dict[str, Any]
) -> None:
    stranger = copy.deepcopy(secret)
    stranger["metadata"]["labels"]["name"] = "other"
    api.objects["secrets"] = [*(revision(secret, number) for number in (10, 2)), secret, stranger]
    history = await releases.history(client, TINY)
    assert [each.number for each in history] == [1, 2, 10]
    assert history[0] == Revision(
        number=1,
        status="deployed",
        chart_version="1.2.3",
        updated=history[0].updated,
        description="v1, bundle sha256:bb",
        values={
            "note": "one",
            "image": {"repository": "localhost:5000/app", "tag": "v1", "digest": "sha256:aa"},
        },
        created=datetime(2026, 11, 22, 20, 59, 39, tzinfo=UTC),
    )
    assert datetime.fromisoformat(history[0].updated[:19])
    assert (history[0].tag, history[0].image) == ("v1", "localhost:5000/app@sha256:aa")


async def test_where_nothing_was_installed_there_is_no_history(client: AsyncClient) -> None:
    assert await releases.history(client, TINY) == []
    assert await releases.latest(client, TINY) is None


async def test_a_revision_whose_pods_serve_loses_the_words_that_say_otherwise(
    client: AsyncClient, api: Api, secret: dict[str, Any]
) -> None:
    info = {**read(secret)["info"], "description": "v1, bundle sha256:bb; rollout underway"}
    secret["data"]["release"] = releases.encode({**read(secret), "info": info})
    api.objects["secrets"] = [secret]
    found = await releases.latest(client, TINY)
    assert found
    assert found.unproven
    await releases.mark_proven(client, TINY, found)
    (written,) = api.written
    assert read(written)["info"] == {**info, "description": "v1, bundle sha256:bb"}
    assert written["metadata"]["labels"] == secret["metadata"]["labels"]


async def interrupted(client: AsyncClient, before: Revision | None) -> None:
    async with releases.marking_interrupted(client, TINY, before):
        await asyncio.Event().wait()


@pytest.mark.parametrize(("made", "marked"), [(2, ["failed"]), (1, [])], ids=["new", "before"])
async def test_an_interruption_marks_the_revision_that_was_made_and_no_other(
    client: AsyncClient, api: Api, secret: dict[str, Any], made: int, marked: list[str]
) -> None:
    api.objects["secrets"] = [secret]
    before = await releases.latest(client, TINY)
    task = asyncio.create_task(interrupted(client, before))
    await asyncio.sleep(0)
    api.objects["secrets"] = [revision(secret, number) for number in range(1, made + 1)]
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert [read(written)["info"]["status"] for written in api.written] == marked


async def test_an_interruption_beside_a_broken_cluster_stays_an_interruption(
    client: AsyncClient, api: Api, secret: dict[str, Any]
) -> None:
    api.objects["secrets"] = [secret]
    task = asyncio.create_task(interrupted(client, None))
    await asyncio.sleep(0)
    api.down = True
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert api.written == []


async def test_a_revision_that_failed_is_marked_where_helm_looks_and_nowhere_else(
    client: AsyncClient, api: Api, secret: dict[str, Any]
) -> None:
    api.objects["secrets"] = [secret]
    before = read(secret)
    now = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    await releases.mark_failed(client, TINY, 1, "rollout failed: no luck", now)
    (written,) = api.written
    after = read(written)
    assert after == {
        **before,
        "info": {
            **before["info"],
            "status": "failed",
            "description": "rollout failed: no luck",
            "last_deployed": "2026-11-22T18:00:00+00:00",
        },
    }
    assert written["metadata"]["labels"] == {**secret["metadata"]["labels"], "status": "failed"}
    assert written["metadata"]["resourceVersion"] == secret["metadata"]["resourceVersion"]


@pytest.mark.parametrize(
    ("number", "labels", "made"),
    [
        (2, {}, ("", False)),
        (2, releases.labels(2, "R2", 5), ("R2", False)),
        # helm copies labels to what it makes next
        (3, releases.labels(2, "R2", 5), ("", False)),
        (3, {**releases.labels(1, "R1", 4), releases.RETURN: "3.R3"}, ("R3", True)),
        (4, {**releases.labels(1, "R1", 4), releases.RETURN: "3.R3"}, ("", False)),
        (3, {**releases.labels(3, "R3", 6), releases.RETURN: "3.R3"}, ("R3", False)),
    ],
)
async def test_who_made_a_revision_is_told_by_labels_that_name_it(
    client: AsyncClient,
    api: Api,
    secret: dict[str, Any],
    *,
    number: int,
    labels: dict[str, str],
    made: tuple[str, bool],
) -> None:
    found = revision(secret, number)
    found["metadata"]["labels"] |= labels
    api.objects["secrets"] = [found]
    there = await releases.latest(client, TINY)
    assert there
    assert (there.run, there.returning) == made


async def test_a_rollback_is_claimed_with_what_helm_left_out(
    client: AsyncClient, api: Api, secret: dict[str, Any]
) -> None:
    found = revision(secret, 2)
    found["metadata"]["labels"][releases.RETURN] = "2.R2"
    api.objects["secrets"] = [found]
    there = await releases.latest(client, TINY)
    assert there
    assert there.unproven
    await releases.claim_return(client, TINY, there, run="R2", fence=7)
    (written,) = api.written
    assert releases.labels(2, "R2", 7).items() <= written["metadata"]["labels"].items()
    assert read(written)["info"]["description"] == f"{there.description}; rollout underway"


async def test_a_rollback_that_nobody_claimed_counts_once_it_was_seen_to_serve(
    client: AsyncClient, api: Api, secret: dict[str, Any]
) -> None:
    found = revision(secret, 2)
    found["metadata"]["labels"] |= {**releases.labels(1, "R1", 6), releases.RETURN: "2.R2"}
    api.objects["secrets"] = [found]
    there = await releases.latest(client, TINY)
    assert there
    assert there.unproven
    await releases.mark_proven(client, TINY, there)
    api.objects["secrets"] = api.written
    there = await releases.latest(client, TINY)
    assert there
    assert (there.run, there.unproven) == ("R2", False)
