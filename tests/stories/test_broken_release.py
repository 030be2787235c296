"""A release that cannot work stops where it is tried first, says why, and costs nobody a request."""

import json
import re
import time

import pytest

from shipway.oci.registry import Registry
from shipway.testing.workbench import Said, Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

SERVICE = "app/sample_app/service.py"
GREETING = {"message": "Hello from sample-app"}
ROLLOUT = 120  # seconds that shipway.yaml gives to a rollout
CRASH = "container sample-app exits with code 1: RuntimeError: no database"
PODS = "describe pods --namespace staging --selector app.kubernetes.io/instance=sample-app-staging"


def check(text: str, *patterns: str) -> None:
    """Line by line: as many lines as patterns, and each as its pattern says."""
    lines = text.splitlines()
    assert len(lines) == len(patterns), text
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line), f"{line!r} is not {pattern!r}"


def next_step(environment: str, what: str) -> str:
    """Commands that can be typed where the failed one was."""
    kubectl = re.escape(f"kubectl --kubeconfig .shipway/embedded/kubeconfig {what}")
    rollback = re.escape(f"  try: shipway rollback {environment}, or look closer: ")
    return rf"{rollback}(?:\.shipway/tools/)?{kubectl}"


def evidence(bench: Workbench, environment: str) -> str:
    """Where that of the last run is."""
    return rf"  evidence: \.shipway/runs/{bench.journal[0]['run']}/evidence/{environment}"


async def build(bench: Workbench, tag: str, old: str = "", new: str = "") -> None:
    """The service with one edit, which is undone again."""
    if old:
        bench.edit(SERVICE, old, new)
    said = await bench.shipway("build", "--tag", tag)
    assert said.code == 0, said.err
    await bench.restore()


async def fail(bench: Workbench, line: str) -> tuple[Said, float]:
    start = time.monotonic()
    said = await bench.shipway(*line.split())
    assert said.code == 1, said.out
    return said, time.monotonic() - start


async def test_what_was_not_tried_in_dev_is_not_taken_by_staging(bench: Workbench) -> None:
    await build(bench, "v1")
    said = await bench.shipway("deploy-all", "--tag", "v1")
    assert said.code == 0, said.err
    await build(
        bench,
        "broken",
        "    app = FastAPI(",
        '    raise RuntimeError("no database")\n    app = FastAPI(',
    )
    before = await bench.status()
    said = await bench.shipway("deploy", "--env", "staging", "--tag", "broken")
    assert said.code == 3, said.out
    check(
        said.err,
        r"deploy staging failed: staging does not take broken \(sha256:\w{12}\): it is not proven in dev",
        r"  try: shipway promote broken --to dev; or insist: --force --reason TEXT",
        rf"  all of it: \.shipway/runs/{bench.journal[0]['run']}",
    )
    assert await bench.status() == before


async def test_a_service_that_crashes_at_its_start_is_told_within_the_rollout_time(
    bench: Workbench,
) -> None:
    before = await bench.status()
    said, seconds = await fail(bench, "deploy --env staging --tag broken --force --reason haste")
    assert seconds < ROLLOUT
    check(
        said.err,
        r"deploy staging failed: staging: 0 of 2 pods became ready: " + CRASH,
        r"  pod sample-app-\w+-\w+ in namespace staging: CrashLoopBackOff",
        *[r"   .+"] * 11,
        r"    RuntimeError: no database",
        evidence(bench, "staging"),
        next_step("staging", PODS),
        rf"  all of it: \.shipway/runs/{bench.journal[0]['run']}",
    )
    now = await bench.status()
    assert (now["dev"], now["prod"]) == (before["dev"], before["prod"])
    row = now["staging"]
    assert (row["revision"], row["status"], row["tag"], row["ready"]) == (2, "failed", "broken", 0)


async def test_what_served_before_the_broken_release_still_does(bench: Workbench) -> None:
    for environment in ("dev", "staging", "prod"):
        assert (await bench.get(environment)).json() == GREETING
    assert (await bench.get("staging", "/version")).json()["tag"] == "v1"


async def test_helm_knows_that_the_revision_failed_and_why(bench: Workbench) -> None:
    said = await bench.helm("history", "sample-app-staging", "-n", "staging", "-o", "json")
    first, second = json.loads(said.out)
    assert (first["revision"], first["status"]) == (1, "superseded")
    assert (second["revision"], second["status"]) == (2, "failed")
    assert second["description"] == f"rollout failed: {CRASH}"


async def test_a_test_of_the_broken_release_is_refused_and_names_what_serves(
    bench: Workbench,
) -> None:
    said = await bench.shipway("helm-test", "--env", "staging")
    assert said.code == 3, said.out
    check(
        said.err,
        r"helm-test staging failed: staging: revision 2 \(broken\) does not serve, revision 1 \(v1\) does; "
        r"there is nothing to test",
        r"  rollout failed: " + CRASH,
        r"  try: shipway rollback staging",
        rf"  all of it: \.shipway/runs/{bench.journal[0]['run']}",
    )


async def test_a_rollback_ends_the_broken_release(bench: Workbench) -> None:
    said = await bench.shipway("rollback", "staging")
    assert said.code == 0, said.err
    row = (await bench.status())["staging"]
    assert (row["revision"], row["status"], row["tag"], row["ready"]) == (3, "deployed", "v1", 2)
    pods = await bench.kubectl("get", "pods", "-n", "staging", "--no-headers")
    running = [line.split()[1:3] for line in pods.out.splitlines() if "Completed" not in line]
    assert running == [["1/1", "Running"]] * 2


async def test_an_image_that_is_gone_is_told_before_anything_is_touched(bench: Workbench) -> None:
    await build(bench, "gone", "Hello", "Goodbye")
    async with Registry(bench.registry) as registry:
        digest = await registry.digest_of("sample-app", "gone")
        assert digest
        await registry.delete("sample-app", digest)
    before = await bench.shipway("history", "staging", "--output", "json")
    said, _ = await fail(bench, "deploy --env staging --tag gone")
    assert said.err == (
        f"resolve failed: {bench.registry.host}/sample-app@{digest} is not in the registry\n"
        "  try: push it first (shipway build), or correct the reference\n"
        f"  all of it: .shipway/runs/{bench.journal[0]['run']}\n"
    )
    assert await bench.shipway("history", "staging", "--output", "json") == before
    assert (await bench.get("staging")).json() == GREETING


async def test_a_release_that_does_not_pass_its_helm_test_goes_no_further(bench: Workbench) -> None:
    before = await bench.status()
    await build(
        bench,
        "sick",
        'return JSONResponse({"status": "ok"})',
        'return JSONResponse({"status": "sick"}, status_code=500)',
    )
    said, _ = await fail(bench, "deploy-all --tag sick")
    stages = [tuple(line.split()[:3]) for line in said.out.splitlines()[3:] if line[0] not in "!…"]
    assert stages == [
        ("✓", "deploy", "dev"),
        ("✗", "helm-test", "dev"),
        ("·", "deploy", "staging"),
        ("·", "helm-test", "staging"),
        ("·", "deploy", "prod"),
        ("·", "helm-test", "prod"),
        ("failed", "in", stages[-1][2]),
    ]
    check(
        said.err,
        r"helm-test dev failed: dev: the helm test failed: 500 http://sample-app:80/health",
        r"  pod sample-app-test-health in namespace dev: Failed",
        r"    curl: \(22\) The requested URL returned error: 500",
        r"     500 http://sample-app:80/health",
        evidence(bench, "dev"),
        next_step("dev", "get services,endpointslices --namespace dev"),
        rf"  all of it: \.shipway/runs/{bench.journal[0]['run']}",
    )
    now = await bench.status()
    assert (now["staging"], now["prod"]) == (before["staging"], before["prod"])
    assert (now["dev"]["revision"], now["dev"]["status"], now["dev"]["tag"]) == (
        2,
        "failed",
        "sick",
    )


async def test_a_rollback_returns_past_the_release_that_did_not_pass(bench: Workbench) -> None:
    said = await bench.shipway("rollback", "dev")
    assert said.code == 0, said.err
    assert (await bench.status())["dev"]["tag"] == "v1"
    assert (await bench.get("dev", "/health")).json() == {"status": "ok"}
