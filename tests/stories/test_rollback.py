"""A release is taken back: in one environment, to a revision or a tag, and nobody who asks it notices."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

OLD, NEW = "Hello from sample-app", "Hello from the new version"


@asynccontextmanager
async def visitors(bench: Workbench, environment: str) -> AsyncIterator[list[str]]:
    """One request after the other for as long as the block lasts, and what each was answered."""
    answers: list[str] = []

    async def ask() -> None:
        while len(answers) < 2000:
            response = await bench.get(environment)
            answers.append(
                response.json()["message"] if response.is_success else str(response.status_code)
            )
            await asyncio.sleep(0.01)

    asking = asyncio.create_task(ask())
    try:
        yield answers
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert asking.cancelled(), "a request failed"


async def greeting(bench: Workbench, environment: str) -> str:
    return str((await bench.get(environment)).json()["message"])


async def settles_on(bench: Workbench, message: str) -> None:
    """Prod answers so from now on: an ingress hears of a pod's end a little later than its cluster."""
    async with asyncio.timeout(45):
        while {await greeting(bench, "prod") for _ in range(3)} != {message}:
            pass


async def test_a_new_version_goes_to_prod_alone(bench: Workbench) -> None:
    for line in ("build --tag v1", "deploy-all --tag v1"):
        said = await bench.shipway(*line.split())
        assert said.code == 0, said.err
    before = await bench.status()
    bench.edit("app/sample_app/service.py", OLD, NEW)
    for line in ("build --tag v2", "deploy --env prod --tag v2"):
        said = await bench.shipway(*line.split())
        assert said.code == 0, said.err
    now = await bench.status()
    assert (now["dev"], now["staging"]) == (before["dev"], before["staging"])
    assert (now["prod"]["revision"], now["prod"]["tag"], now["prod"]["ready"]) == (2, "v2", 3)
    assert now["prod"]["image_digest"] != before["prod"]["image_digest"]
    assert [await greeting(bench, name) for name in ("dev", "staging")] == [OLD, OLD]
    await settles_on(bench, NEW)


async def test_the_history_tells_what_was_there_newest_first(bench: Workbench) -> None:
    said = await bench.shipway("history", "prod", "--output", "json")
    assert said.code == 0, said.err
    status = await bench.status()
    told = [
        (row["revision"], row["status"], row["tag"], row["image_digest"], row["bundle"])
        for row in said.rows
    ]
    assert told == [
        (2, "deployed", "v2", status["prod"]["image_digest"], status["prod"]["bundle"]),
        (1, "superseded", "v1", status["dev"]["image_digest"], status["dev"]["bundle"]),
    ]


async def test_a_rollback_returns_to_the_version_before_and_no_request_fails(
    bench: Workbench,
) -> None:
    before = await bench.status()
    async with visitors(bench, "prod") as answers:
        said = await bench.shipway("rollback", "prod")
        await settles_on(bench, OLD)
    assert said.code == 0, said.err
    (done,) = [line for line in said.out.splitlines() if line.startswith("✓ rollback prod")]
    assert done.endswith("back to revision 1 (v1) as revision 3, 3 of 3 pods ready")
    assert set(answers) == {NEW, OLD}
    now = await bench.status()
    assert now["prod"] == {
        **before["prod"],
        **{
            name: before["dev"][name]
            for name in ("status", "tag", "image", "image_digest", "chart_digest", "bundle")
        },
        "revision": 3,
    }
    assert (now["dev"], now["staging"]) == (before["dev"], before["staging"])


@pytest.mark.parametrize(
    ("to", "revision", "tag", "message"), [("2", 4, "v2", NEW), ("v1", 5, "v1", OLD)]
)
async def test_a_rollback_goes_to_a_revision_or_to_a_tag(
    bench: Workbench, to: str, revision: int, tag: str, message: str
) -> None:
    said = await bench.shipway("rollback", "prod", "--to", to)
    assert said.code == 0, said.err
    row = (await bench.status())["prod"]
    assert (row["revision"], row["status"], row["tag"], row["ready"]) == (
        revision,
        "deployed",
        tag,
        3,
    )
    await settles_on(bench, message)


async def test_a_rollback_to_what_is_there_changes_nothing_and_says_so(bench: Workbench) -> None:
    said = await bench.shipway("rollback", "prod", "--to", "5")
    assert said.code == 0, said.err
    (done,) = [line for line in said.out.splitlines() if "rollback prod " in line]
    assert re.fullmatch(
        r"= rollback prod +\d\.\d s  revision 5 is that release already", done.rstrip()
    )


async def test_plain_helm_takes_a_release_back_too(bench: Workbench) -> None:
    said = await bench.helm(
        "rollback", "sample-app-prod", "2", "-n", "prod", "--wait", "--timeout", "60s"
    )
    assert said.code == 0, said.err
    row = (await bench.status())["prod"]
    assert (row["revision"], row["status"], row["tag"], row["ready"]) == (6, "deployed", "v2", 3)
    await settles_on(bench, NEW)


async def test_an_older_tag_is_deployed_without_a_rebuild(bench: Workbench) -> None:
    released = (await bench.status())["dev"]
    bench.edit("app/sample_app/service.py", "import time", "import time that cannot be built")
    said = await bench.shipway("deploy", "--env", "prod", "--tag", "v1", "--output", "json")
    assert said.code == 0, said.err
    assert said.rows[0]["stages"] == ["setup", "resolve", "deploy prod"]
    row = said.rows[-1]
    assert (row["revision"], row["tag"], row["image_digest"], row["bundle"]) == (
        7,
        "v1",
        released["image_digest"],
        released["bundle"],
    )
    await settles_on(bench, OLD)


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("deploy --env prod --tag v9", "shipway build --tag v9"),
        ("rollback prod --to v9", "shipway history prod"),
    ],
)
async def test_a_tag_that_nobody_built_is_refused_and_the_known_ones_are_named(
    bench: Workbench, line: str, remedy: str
) -> None:
    said = await bench.shipway(*line.split())
    assert said.code == 3
    assert said.err == (
        f"resolve failed: {bench.registry.host}/sample-app holds no release v9; it holds v1, v2\n"
        f"  try: {remedy}\n"
        f"  all of it: .shipway/runs/{bench.journal[0]['run']}\n"
    )
    history = await bench.helm("history", "sample-app-prod", "-n", "prod", "-o", "json")
    assert json.loads(history.out)[-1]["revision"] == 7


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "rollback dev",
            "dev has no earlier revision that served and differs from this one",
        ),
        ("rollback dev --to 7", "dev has no revision 7; it has 1"),
    ],
)
async def test_where_there_is_nothing_to_return_to_a_rollback_is_refused(
    bench: Workbench, line: str, problem: str
) -> None:
    said = await bench.shipway(*line.split())
    assert said.code == 3
    assert said.err == (
        f"rollback dev failed: {problem}\n"
        "  try: shipway history dev\n"
        f"  all of it: .shipway/runs/{bench.journal[0]['run']}\n"
    )
