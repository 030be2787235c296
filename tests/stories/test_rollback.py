"""A release is taken back: in one environment, to what is proven there, and nobody who asks it notices."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shipway.oci import bundles
from shipway.oci.records import Ledger
from shipway.oci.registry import Registry
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


async def everything(bench: Workbench, namespace: str) -> dict[str, str]:
    """Of what a release leaves in a namespace: names, with what changes whenever one of them does."""
    said = await bench.kubectl(
        "get", "pods,secrets,leases,deployments", "-n", namespace, "-o", "json"
    )
    assert said.code == 0, said.err
    return {
        f"{each['kind']} {each['metadata']['name']}": each["metadata"]["resourceVersion"]
        for each in json.loads(said.out)["items"]
    }


def notes(bench: Workbench) -> list[str]:
    """What everybody was told in the last run."""
    return [each["text"] for each in bench.journal if each["event"] == "Note"]


async def records(bench: Workbench, kind: str, bundle: str) -> list[str]:
    """The reasons that are recorded for a bundle in prod."""
    async with Registry(bench.registry) as registry:
        kept = [each.record for each in await Ledger(registry, "sample-app").read(bundle)]
    return [each.reason for each in kept if (each.kind, each.environment) == (kind, "prod")]


async def bundle_of(bench: Workbench, tag: str) -> str:
    async with Registry(bench.registry) as registry:
        return (await bundles.find(registry, "sample-app", tag)).bundle.id


async def test_a_new_version_goes_to_prod_alone(bench: Workbench) -> None:
    for line in ("build --tag v1", "deploy-all --tag v1"):
        said = await bench.shipway(*line.split())
        assert said.code == 0, said.err
    before = await bench.status()
    bench.edit("app/sample_app/service.py", OLD, NEW)
    for line in ("build --tag v2", "promote v2 --to prod --force --reason hotfix"):
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
    others = [await everything(bench, name) for name in ("dev", "staging")]
    async with visitors(bench, "prod") as answers:
        said = await bench.shipway("rollback", "prod")
        await settles_on(bench, OLD)
    assert said.code == 0, said.err
    stages = [line.split()[:3] for line in said.out.splitlines() if line.startswith("✓")]
    assert stages[1:] == [["✓", "rollback", "prod"], ["✓", "helm-test", "prod"]]
    assert "back to revision 1 (v1) as revision 3, 3 of 3 pods ready" in said.out
    assert set(answers) == {NEW, OLD}
    now = await bench.status()
    assert now["prod"] == {
        **before["prod"],
        **{
            name: before["dev"][name]
            for name in ("status", "tag", "image", "image_digest", "chart_digest", "bundle", "live")
        },
        "revision": 3,
    }
    assert [await everything(bench, name) for name in ("dev", "staging")] == others
    kinds = [{name.partition(" ")[0] for name in each} for each in others]
    assert kinds == [{"Pod", "Secret", "Lease", "Deployment"}] * 2


async def test_what_was_left_is_quarantined_and_not_taken_again(bench: Workbench) -> None:
    v2 = await bundle_of(bench, "v2")
    (reason,) = await records(bench, "quarantined", v2)
    assert reason == "rolled back"
    before = await bench.status()
    said = await bench.shipway("promote", "v2", "--to", "prod")
    assert said.code == 3
    assert f"prod does not take v2 ({v2[:19]}): it is quarantined in prod: {reason} (" in said.err
    said = await bench.shipway("rollback", "prod", "--to", "v2")
    assert said.code == 3
    first = f"prod does not go back to revision 2 (v2): quarantined in prod: {reason} ("
    assert first in said.err
    assert "  try: shipway history prod; or insist: --force --reason TEXT\n" in said.err
    assert await bench.status() == before


async def test_a_second_rollback_does_not_go_forward_again(bench: Workbench) -> None:
    said = await bench.shipway("rollback", "prod")
    assert said.code == 3
    first, newer, older, remedy, _ = said.err.splitlines()
    assert first == (
        "rollback prod failed: prod has no earlier revision that is proven there and differs "
        "from what is there now"
    )
    assert newer.startswith("  revision 2 (v2): quarantined in prod: ")
    assert older == "  revision 1 (v1): the image, chart and values that are there"
    assert remedy == (
        "  try: shipway history prod; or insist: shipway rollback prod --to REVISION --force --reason TEXT"
    )


async def test_a_person_with_a_reason_takes_a_rollback_back(bench: Workbench) -> None:
    said = await bench.shipway(
        "rollback", "prod", "--to", "2", "--force", "--reason", "it was not v2's fault"
    )
    assert said.code == 0, said.err
    row = (await bench.status())["prod"]
    assert (row["revision"], row["status"], row["tag"], row["ready"]) == (4, "deployed", "v2", 3)
    (forced,) = [each for each in notes(bench) if each.startswith("forced")]
    assert forced.startswith(
        "forced (it was not v2's fault): revision 2 (v2): quarantined in prod: "
    )
    v1, v2 = [await bundle_of(bench, tag) for tag in ("v1", "v2")]
    assert "it was not v2's fault" in await records(bench, "forced", v2)
    assert await records(bench, "quarantined", v1) == []
    await settles_on(bench, NEW)


async def test_a_rollback_goes_to_a_tag_and_keeps_the_reason(bench: Workbench) -> None:
    said = await bench.shipway("rollback", "prod", "--to", "v1", "--reason", "it greets wrongly")
    assert said.code == 0, said.err
    assert "back to revision 3 (v1) as revision 5, 3 of 3 pods ready" in said.out
    assert notes(bench) == ["v2 is quarantined in prod: it greets wrongly"]
    await settles_on(bench, OLD)


async def test_a_rollback_to_what_is_there_changes_nothing_and_says_so(bench: Workbench) -> None:
    said = await bench.shipway("rollback", "prod", "--to", "5")
    assert said.code == 0, said.err
    (done,) = [line for line in said.out.splitlines() if "rollback prod " in line]
    assert re.fullmatch(
        r"= rollback prod +\d\.\d s  revision 5 \(v1\) is that release already", done.rstrip()
    )


async def test_what_is_gone_from_what_is_there_is_set_back(bench: Workbench) -> None:
    gone = await bench.kubectl("delete", "service", "sample-app", "-n", "dev")
    assert gone.code == 0, gone.err
    before = (await bench.status())["dev"]["revision"]
    said = await bench.shipway("rollback", "dev", "--to", str(before))
    assert said.code == 0, said.out + said.err
    assert f"back to revision {before} (v1) as revision {before + 1}, 1 of 1" in said.out
    assert notes(bench) == ["sets back Service/sample-app: is not there"]


async def test_a_good_release_is_not_blamed_for_what_somebody_deleted(bench: Workbench) -> None:
    before = (await bench.status())["dev"]
    await bench.kubectl("delete", "service/sample-app", "-n", "dev")
    said = await bench.shipway("helm-test", "--env", "dev")
    assert said.code == 1, said.out
    assert said.err.splitlines()[1] == (
        f"  revision {before['revision']} (v1) passed this test before, and is left as it is"
    )
    row = (await bench.status())["dev"]
    assert (row["revision"], row["status"]) == (before["revision"], "deployed")
    said = await bench.shipway("diagnose", "dev")
    assert "it was changed by hand since: shipway drift --env dev" in said.out
    said = await bench.shipway("promote", "v1", "--to", "dev")
    assert said.code == 0, said.out + said.err
    assert notes(bench) == ["sets back Service/sample-app: is not there"]


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


async def test_what_helm_has_forgotten_comes_from_the_registry(bench: Workbench) -> None:
    names = [f"secret/sh.helm.release.v1.sample-app-prod.v{number}" for number in (2, 4, 6)]
    said = await bench.kubectl("delete", "-n", "prod", *names)
    assert said.code == 0, said.err
    said = await bench.shipway("rollback", "prod", "--to", "v2")
    assert said.code == 3
    assert "prod does not go back to v2: quarantined in prod: it greets wrongly (" in said.err
    said = await bench.shipway(
        "rollback", "prod", "--to", "v2", "--force", "--reason", "the old greeting is worse"
    )
    assert said.code == 0, said.err
    row = (await bench.status())["prod"]
    assert (row["revision"], row["status"], row["tag"], row["ready"]) == (8, "deployed", "v2", 3)
    await settles_on(bench, NEW)


async def test_what_is_gone_from_the_registry_is_told_before_anything_is_touched(
    bench: Workbench,
) -> None:
    before = await bench.status()
    async with Registry(bench.registry) as registry:
        await registry.delete("sample-app", before["dev"]["image_digest"])
    said = await bench.shipway("rollback", "prod")
    assert said.code == 3
    image = f"{bench.registry.host}/sample-app@{before['dev']['image_digest']}"
    assert said.err.splitlines()[0] == (
        "rollback prod failed: prod does not go back to revision 7 (v1): "
        f"its image {image} is not in the registry"
    )
    assert await bench.status() == before
    assert await records(bench, "quarantined", before["dev"]["bundle"]) == []


@pytest.mark.parametrize(
    ("line", "stage", "remedy"),
    [
        ("deploy --env prod --tag v9", "resolve", "shipway build --tag v9"),
        ("rollback prod --to v9", "rollback prod", "shipway history prod"),
    ],
)
async def test_a_tag_that_nobody_built_is_refused_and_the_known_ones_are_named(
    bench: Workbench, line: str, stage: str, remedy: str
) -> None:
    said = await bench.shipway(*line.split())
    assert said.code == 3
    assert said.err == (
        f"{stage} failed: {bench.registry.host}/sample-app holds no release v9; it holds v1, v2\n"
        f"  try: {remedy}\n"
        f"  all of it: .shipway/runs/{bench.journal[0]['run']}\n"
    )
    history = await bench.helm("history", "sample-app-prod", "-n", "prod", "-o", "json")
    assert json.loads(history.out)[-1]["revision"] == 8


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("rollback staging", "staging has no earlier revision"),
        ("rollback staging --to 7", "staging has no revision 7; it has 1"),
    ],
)
async def test_where_there_is_nothing_to_return_to_a_rollback_is_refused(
    bench: Workbench, line: str, problem: str
) -> None:
    said = await bench.shipway(*line.split())
    assert said.code == 3
    assert said.err == (
        f"rollback staging failed: {problem}\n"
        "  try: shipway history staging\n"
        f"  all of it: .shipway/runs/{bench.journal[0]['run']}\n"
    )
