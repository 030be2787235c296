"""kubectl rollout and wait, against a whole drydock."""

import asyncio

import pytest

from tests.drydock.clients.conftest import DEADLINE, Drydock, Run
from tests.drydock.clients.manifests import (
    ok,
    refused,
    rolled_out,
    settings,
    start_web,
    tidy,
    web,
)
from tests.drydock.clients.said import Said

pytestmark = pytest.mark.real

WITHIN = f"--timeout={DEADLINE:.0f}s"


async def colour(kubectl: Run) -> str:
    """Of the template, as the first of the container's variables says."""
    path = "jsonpath={.spec.template.spec.containers[0].env[0].value}"
    return await ok(kubectl, "get", "deployment", "web", "-o", path)


@pytest.mark.parametrize("version", ["kubectl", "kubectl_1_31"])
async def test_goes_forward_and_back(
    version: str, request: pytest.FixtureRequest, drydock: Drydock
) -> None:
    kubectl: Run = request.getfixturevalue(version)
    await start_web(kubectl, drydock)
    newer = web(drydock.images, colour="green")
    await ok(kubectl, "apply", "-f", "-", stdin=newer)
    await ok(kubectl, "annotate", "deployment/web", "kubernetes.io/change-cause=greener")
    status = await ok(kubectl, "rollout", "status", "deployment/web", WITHIN)
    assert status.splitlines()[-1] == 'deployment "web" successfully rolled out'
    assert await ok(kubectl, "rollout", "history", "deployment/web") == (
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         greener\n\n"
    )
    second = await ok(kubectl, "rollout", "history", "deployment/web", "--revision=2")
    assert second.startswith("deployment.apps/web with revision #2\nPod Template:\n")
    assert "      COLOUR:\tgreen\n" in second
    undo = ("rollout", "undo", "deployment/web")
    # newer ones warn of rolling back what was applied
    dry = await kubectl(*undo, "--dry-run=server")
    assert (dry.code, dry.out) == (0, "deployment.apps/web rolled back (server dry run)\n")
    assert await colour(kubectl) == "green"
    assert (await kubectl(*undo, "--to-revision=1")).out == "deployment.apps/web rolled back\n"
    assert await colour(kubectl) == "blue"
    await rolled_out(kubectl)
    assert await ok(kubectl, "rollout", "history", "deployment/web") == (
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n2         greener\n3         <none>\n\n"
    )
    assert (await kubectl(*undo)).out == "deployment.apps/web rolled back\n"
    assert await colour(kubectl) == "green"
    unknown = await refused(kubectl, *undo, "--to-revision=77")
    assert unknown.endswith("error: unable to find specified revision 77 in history\n")
    assert await refused(kubectl, "rollout", "history", "deployment/web", "--revision=77") == (
        "error: unable to find the specified revision\n"
    )


async def test_pauses_resumes_and_restarts(kubectl: Run, drydock: Drydock) -> None:
    await start_web(kubectl, drydock)
    rollout = ("rollout", "pause", "deployment/web")
    assert await ok(kubectl, *rollout) == "deployment.apps/web paused\n"
    assert await refused(kubectl, *rollout) == ('error: deployments.apps "web" is already paused\n')
    assert await refused(kubectl, "rollout", "restart", "deployment/web") == (
        'error: deployments.apps "web" can\'t restart paused deployment (run rollout resume '
        "first)\n"
    )
    await ok(kubectl, "set", "env", "deployment/web", "COLOUR=green")
    await ok(
        kubectl,
        *("wait", "deployment/web", WITHIN),
        "--for=jsonpath={.status.observedGeneration}=3",
    )
    assert tidy(await ok(kubectl, "get", "rs", "--no-headers")) == "web-HASH  1  1  1  AGE\n"
    assert await ok(kubectl, "rollout", "resume", "deployment/web") == (
        "deployment.apps/web resumed\n"
    )
    assert await refused(kubectl, "rollout", "resume", "deployment/web") == (
        'error: deployments.apps "web" is not paused\n'
    )
    await rolled_out(kubectl)
    assert await ok(kubectl, "rollout", "restart", "deployment/web") == (
        "deployment.apps/web restarted\n"
    )
    await rolled_out(kubectl)
    revisions = await ok(kubectl, "rollout", "history", "deployment/web")
    assert [line.split()[0] for line in revisions.split("\n")[2:5]] == ["1", "2", "3"]


async def test_a_rollout_that_cannot_succeed_says_so(kubectl: Run, drydock: Drydock) -> None:
    manifest = web(drydock.images, tag="none").replace(
        "replicas: 1", "replicas: 1\n  progressDeadlineSeconds: 1"
    )
    await ok(kubectl, "apply", "-f", "-", stdin=manifest)
    said = await kubectl("rollout", "status", "deployment/web", WITHIN)
    assert (said.code, said.err) == (
        1,
        'error: deployment "web" exceeded its progress deadline\n',
    )
    assert await refused(kubectl, "rollout", "status", "deployment/none") == (
        'Error from server (NotFound): deployments.apps "none" not found\n'
    )


@pytest.mark.parametrize("version", ["kubectl", "kubectl_1_31"])
async def test_waits(version: str, request: pytest.FixtureRequest, drydock: Drydock) -> None:
    kubectl: Run = request.getfixturevalue(version)
    created = asyncio.create_task(kubectl("wait", "configmap/settings", "--for=create", WITHIN))
    await ok(kubectl, "apply", "-f", "-", stdin=web(drydock.images))
    assert await ok(kubectl, "wait", "deployment/web", "--for=condition=Available", WITHIN) == (
        "deployment.apps/web condition met\n"
    )
    assert (
        await ok(kubectl, "wait", "pod", "-l", "app=web", "--for=condition=Ready", WITHIN)
    ).endswith(" condition met\n")
    await ok(kubectl, "apply", "-f", "-", stdin=settings(a="x"))
    assert await created == Said(0, "configmap/settings condition met\n")
    value = ("wait", "configmap/settings", "--for=jsonpath={.data.a}=red")
    red = asyncio.create_task(kubectl(*value, WITHIN))
    assert await refused(kubectl, *value, "--timeout=0.2s") == (
        "error: timed out waiting for the condition on configmaps/settings\n"
    )
    await ok(kubectl, "apply", "-f", "-", stdin=settings(a="red"))
    assert await red == Said(0, "configmap/settings condition met\n")
    gone = asyncio.create_task(kubectl("wait", "configmap/settings", "--for=delete", WITHIN))
    await ok(kubectl, "delete", "configmap", "settings")
    assert (await gone).code == 0
    assert await refused(kubectl, "wait", "pod/none", "--for=condition=Ready") == (
        'Error from server (NotFound): pods "none" not found\n'
    )
