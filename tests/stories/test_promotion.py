"""A release on its way: who lets it into the next environment, what is told of it, and what is not known."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from shipway.testing.workbench import Said, Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

SERVICE = "app/sample_app/service.py"
CLOSED = 9  # the port `discard`: nobody listens there


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def strict(bench: Workbench) -> AsyncIterator[None]:
    """Production waits for a person's yes."""
    bench.edit("shipway.yaml", "on_failure: rollback}", "approval: true}")
    await bench.commit("approve")
    await go(bench, "build --tag v1")
    yield


async def go(bench: Workbench, line: str, code: int = 0) -> Said:
    said = await bench.shipway(*line.split())
    assert said.code == code, said.out + said.err
    return said


def stage(said: Said, name: str) -> str:
    """Its line, without its time."""
    (line,) = [line for line in said.out.splitlines() if line[2:].startswith(f"{name}  ")]
    return re.sub(r" \d+\.\d s ", " ", " ".join(line.split()))


@contextmanager
def changed(file: Path, old: str, new: str) -> Iterator[None]:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "code", "problem", "remedy"),
    [
        (
            "promote v1 --to prod",
            3,
            r"promote failed: prod does not take v1 \(sha256:\w{12}\): it is not proven in staging",
            "shipway promote v1 --to staging; or insist: --force --reason TEXT",
        ),
        (
            "promote v1 --to qa",
            2,
            "error: there is no environment qa; there is dev, staging, prod",
            "--to dev",
        ),
        (
            "promote v9 --to staging",
            3,
            r"resolve failed: localhost:\d+/sample-app holds no release v9; it holds v1",
            "shipway build --tag v9",
        ),
        (
            "approve v9 --env prod",
            3,
            r"error: localhost:\d+/sample-app holds no release v9; it holds v1",
            "shipway bundles",
        ),
        (
            "approve v1 --env qa",
            2,
            "error: there is no environment qa; there is dev, staging, prod",
            "--env dev",
        ),
    ],
)
async def test_where_it_cannot_go_is_told_with_the_way_there(
    bench: Workbench, line: str, code: int, problem: str, remedy: str
) -> None:
    said = await go(bench, line, code)
    lines = said.err.splitlines()
    assert re.fullmatch(problem, lines[0]), lines[0]
    assert f"  try: {remedy}" in lines


async def test_the_first_environment_takes_any_release(bench: Workbench) -> None:
    said = await go(bench, "promote v1 --to dev")
    assert stage(said, "promote").endswith("dev is the first environment: it takes any release")
    assert stage(said, "helm-test dev").endswith("v1 is proven")


async def test_the_next_one_takes_what_is_proven_and_says_by_whom(bench: Workbench) -> None:
    said = await go(bench, "promote v1 --to staging")
    assert "v1 goes from dev to staging: proven by " in stage(said, "promote")
    row = (await bench.status())["staging"]
    assert (row["tag"], row["state"], row["proven"]) == ("v1", "as released", True)


async def test_production_waits_for_a_persons_yes(bench: Workbench) -> None:
    said = await go(bench, "promote v1 --to prod", 3)
    assert "it is not approved for prod\n" in said.err
    assert "  try: shipway approve v1 --env prod; or insist:" in said.err
    said = await bench.shipway("approve", "v1", "--env", "prod", "--reason", "seen in staging")
    assert re.fullmatch(
        r"v1 \(sha256:\w{12}\) is approved for prod: seen in staging\n", said.out
    ), said.out
    again = await go(bench, "approve v1 --env prod")
    assert "is approved for prod already, by " in again.out
    await go(bench, "promote v1 --to prod")
    again = await go(bench, "promote v1 --to prod")
    assert "already there: revision 1" in stage(again, "deploy prod")


async def test_a_tag_that_moves_on_leaves_its_bundle_where_it_can_be_found(
    bench: Workbench,
) -> None:
    await go(bench, "build")
    with changed(bench.folder / SERVICE, "Hello", "Good evening"):
        await go(bench, "build")
    said = await go(bench, "bundles --output json")
    told = [(row["tag"], row["named"], row["commit"][40:]) for row in said.rows]
    assert told == [("latest", True, "-dirty"), ("latest", False, ""), ("v1", True, "")]
    new, old, v1 = said.rows
    assert (v1["proven"], v1["approved"], v1["runs"]) == (
        ["dev", "staging", "prod"],
        ["prod"],
        ["dev", "staging", "prod"],
    )
    assert (new["proven"], new["runs"], old["runs"]) == ([], [], [])
    said = await go(bench, f"deploy --env dev --tag {old['bundle']}")
    assert (await bench.status())["dev"]["bundle"] == old["bundle"]


async def test_a_values_file_that_changed_since_the_build_is_shown(bench: Workbench) -> None:
    with changed(bench.folder / "environments/dev.yaml", "replicas: 1", "replicas: 2"):
        said = await go(bench, "deploy --env dev --tag v1")
    noted = [line[2:].split(maxsplit=2)[2] for line in said.out.splitlines() if line[0] == "!"]
    assert noted == [
        "environments/dev.yaml has changed since v1 was built, which brings its own:",
        "@@ -3 +3 @@",
        "-replicas: 1",
        "+replicas: 2",
        "a new bundle takes the change: shipway build --tag TAG",
    ]
    assert (await bench.status())["dev"]["replicas"] == 1


async def test_the_history_tells_who_insisted_and_why(bench: Workbench) -> None:
    said = await go(bench, "deploy --env prod --tag latest --force --reason haste")
    latest = (await go(bench, "bundles --output json")).rows[0]["bundle"]
    assert f"latest is bundle {latest[:19]}" in stage(said, "resolve")
    assert "! deploy prod" in said.out
    said = await go(bench, "history prod --output json")
    newest, first = said.rows
    assert (newest["what"], newest["forced"], newest["proven"]) == (
        "deployed latest",
        "haste",
        False,
    )
    assert (first["what"], first["forced"], first["proven"]) == ("deployed v1", "", True)
    assert newest["who"] == first["who"] != ""


async def test_pods_that_run_another_image_than_the_released_one_are_seen(
    bench: Workbench,
) -> None:
    row = (await bench.status())["staging"]
    other = (await bench.status())["prod"]["image"]
    for args in (["set", "image", "deployment/sample-app", f"*={other}"], ["rollout", "status"]):
        where = [] if "set" in args else ["deployment/sample-app"]
        said = await bench.kubectl("-n", "staging", *args, *where)
        assert said.code == 0, said.err
    now = (await bench.status())["staging"]
    assert (now["state"], now["live"]) == (
        "2 of 2 pods run another image",
        [other.partition("@")[2]],
    )
    assert (now["tag"], now["revision"]) == (row["tag"], row["revision"])


async def test_without_the_registry_the_views_tell_what_the_cluster_knows(
    bench: Workbench,
) -> None:
    status = bench.state / "embedded" / "status.json"
    port = json.loads(status.read_text(encoding="utf-8"))["registry"]
    with changed(status, str(port), str(CLOSED)):
        rows = (await go(bench, "status --output json")).rows
        history = (await go(bench, "history prod --output json")).rows
    down = f"the registry http://localhost:{CLOSED} does not answer: "
    assert [row.get("proven", "?") for row in rows] == [None, None, None, "?"]
    assert rows[-1]["note"].startswith(f"whether it is proven is not known: {down}")
    assert [row.get("what", "?") for row in history] == [
        "deployed latest",
        "deployed v1",
        "?",
    ]
    assert down in history[-1]["note"]


async def test_without_the_cluster_the_bundles_are_told_and_nobody_knows_where_they_run(
    bench: Workbench,
) -> None:
    config = bench.kubeconfig.read_text(encoding="utf-8")
    (server,) = re.findall(r"server: (\S+)", config)
    with changed(bench.kubeconfig, server, f"https://127.0.0.1:{CLOSED}"):
        rows = (await go(bench, "bundles --output json")).rows
    assert [row.get("runs", "?") for row in rows] == [None, None, None, "?"]
    assert rows[-1]["note"].startswith("where they run is not known: the cluster at https://")
