"""kubectl cordon, drain, uncordon and taint: the last tests of the node, which has no other to drain to."""

from collections.abc import Iterator

import pytest

from tests.drydock.clients.conftest import DEADLINE, Drydock, Run
from tests.drydock.clients.manifests import budget, ok, refused, rolled_out, tidy, web
from tests.drydock.clients.said import Said

pytestmark = pytest.mark.real

NODE = "/api/v1/nodes/drydock"
OURS = ("--pod-selector=app=drained", "--force")


async def start(kubectl: Run, drydock: Drydock, replicas: int = 1) -> None:
    """Pods that no other test has labelled so: a drain knows no namespaces."""
    manifest = web(drydock.images, replicas=replicas).replace("app: web", "app: drained")
    await ok(kubectl, "apply", "-f", "-", stdin=manifest)
    await rolled_out(kubectl)


@pytest.fixture(autouse=True)
def schedulable(drydock: Drydock) -> Iterator[None]:
    yield
    merge = {"Content-Type": "application/merge-patch+json"}
    patch = {"spec": {"unschedulable": None, "taints": None}}
    drydock.api.patch(NODE, json=patch, headers=merge).raise_for_status()


async def test_a_drain_respects_the_budget(kubectl: Run, drydock: Drydock) -> None:
    await start(kubectl, drydock, replicas=2)
    await ok(kubectl, "apply", "-f", "-", stdin=budget(2).replace("app: web", "app: drained"))
    await ok(
        kubectl,
        *("wait", "pdb/web", f"--timeout={DEADLINE:.0f}s"),
        "--for=jsonpath={.status.currentHealthy}=2",
    )
    said = await kubectl("drain", "drydock", *OURS, "--timeout=2s")
    assert said.code == 1
    assert "node/drydock cordoned\n" in said.out
    assert "Cannot evict pod as it would violate the pod's disruption budget." in said.err
    assert "global timeout reached: 2s" in said.err
    assert tidy(await ok(kubectl, "get", "nodes", "--no-headers")) == (
        "drydock  Ready,SchedulingDisabled  control-plane  AGE  v1.36.0\n"
    )
    await ok(kubectl, "delete", "pdb", "web")
    said = await kubectl("drain", "drydock", *OURS, f"--timeout={DEADLINE:.0f}s")
    assert said.code == 0
    lines = tidy(said.out).splitlines()
    assert (lines[0], lines[-1]) == ("node/drydock already cordoned", "node/drydock drained")
    assert sorted(lines[1:-1]) == [
        *["evicting pod NAMESPACE/web-POD"] * 2,
        *["pod/web-POD evicted"] * 2,
    ]
    assert tidy(await ok(kubectl, "get", "pods", "--no-headers")) == (
        "web-POD  0/1  Pending  0  AGE\n" * 2
    )
    assert await ok(kubectl, "uncordon", "drydock") == "node/drydock uncordoned\n"
    await rolled_out(kubectl)


async def test_a_dry_drain_evicts_nothing(kubectl: Run, drydock: Drydock) -> None:
    await start(kubectl, drydock)
    said = await kubectl("drain", "drydock", *OURS, "--dry-run=server")
    assert (said.code, tidy(said.out)) == (
        0,
        "node/drydock cordoned (server dry run)\n"
        "evicting pod NAMESPACE/web-POD (server dry run)\n"
        "node/drydock drained (server dry run)\n",
    )
    assert tidy(await ok(kubectl, "get", "pods", "--no-headers")) == (
        "web-POD  1/1  Running  0  AGE\n"
    )


@pytest.mark.parametrize("version", ["kubectl", "kubectl_1_31"])
async def test_cordons_and_taints(version: str, request: pytest.FixtureRequest) -> None:
    kubectl: Run = request.getfixturevalue(version)
    assert await ok(kubectl, "cordon", "drydock") == "node/drydock cordoned\n"
    assert await ok(kubectl, "cordon", "drydock") == "node/drydock already cordoned\n"
    assert await ok(kubectl, "uncordon", "drydock") == "node/drydock uncordoned\n"
    taint = ("taint", "node", "drydock")
    assert await ok(kubectl, *taint, "a=b:PreferNoSchedule") == "node/drydock tainted\n"
    assert (await kubectl(*taint, "a=c:PreferNoSchedule")).code == 1
    assert await ok(kubectl, *taint, "a-") == "node/drydock untainted\n"
    assert await refused(kubectl, "drain", "none") == (
        'Error from server (NotFound): nodes "none" not found\n'
    )
    assert await kubectl("get", "node", "none", "--ignore-not-found") == Said(0)
