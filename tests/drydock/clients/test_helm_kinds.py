"""A chart with one object of every common kind, with either helm."""

from pathlib import Path

import pytest

from tests.drydock.clients.conftest import Drydock, Run
from tests.drydock.clients.release import Release
from tests.drydock.clients.said import Said

pytestmark = pytest.mark.real

NAMED = {
    "configmap/app",
    "cronjob.batch/app",
    "daemonset.apps/app",
    "deployment.apps/app",
    "horizontalpodautoscaler.autoscaling/app",
    "ingress.networking.k8s.io/app",
    "job.batch/app",
    "limitrange/app",
    "networkpolicy.networking.k8s.io/app",
    "poddisruptionbudget.policy/app",
    "resourcequota/app",
    "role.rbac.authorization.k8s.io/app",
    "rolebinding.rbac.authorization.k8s.io/app",
    "secret/app",
    "service/app",
    "service/app-each",
    "serviceaccount/app",
    "statefulset.apps/app",
}
KINDS = ",".join(sorted({each.partition("/")[0] for each in NAMED}))


@pytest.fixture(params=["helm", "helm3"])
def app(request: pytest.FixtureRequest, charts: Path, drydock: Drydock) -> Release:
    helm: Run = request.getfixturevalue(request.param)
    return Release(helm, "app", charts / "everything", f"{drydock.images}:1")


async def test_every_kind_is_installed_changed_and_removed(
    app: Release, kubectl: Run, namespace: str
) -> None:
    installed = await app.install("--wait", "--wait-for-jobs")
    assert installed.code == 0, installed
    there = set((await kubectl("get", KINDS, "-o=name")).out.split())
    assert there >= NAMED
    cluster_wide = (
        f"clusterrole.rbac.authorization.k8s.io/{namespace}-app\n"
        f"clusterrolebinding.rbac.authorization.k8s.io/{namespace}-app\n"
    )
    found = await kubectl(
        "get", f"clusterrole/{namespace}-app", f"clusterrolebinding/{namespace}-app", "-o=name"
    )
    assert found == Said(0, cluster_wide)
    ready = await kubectl("get", "statefulset,daemonset,deployment,job", "-o=json")
    status = {each["kind"]: each["status"] for each in ready.data["items"]}
    assert status["Deployment"]["readyReplicas"] == 1
    assert status["StatefulSet"]["readyReplicas"] == 2
    assert status["DaemonSet"]["numberReady"] == 1
    assert status["Job"]["succeeded"] == 1
    lasting = KINDS.replace("secret,", "")  # helm adds one for every revision
    versions = ("get", lasting, "-o=custom-columns=:.kind,:.metadata.name,:.metadata.generation")
    before = await kubectl(*versions)
    unchanged = await app.upgrade("--wait")
    assert unchanged.code == 0, unchanged
    assert await kubectl(*versions) == before
    assert (await app.helm("rollback", "app", 1)).code == 0
    assert await app("uninstall", "--wait") == Said(0, 'release "app" uninstalled\n')
    left = await kubectl("get", KINDS, "-o=name")
    assert set(left.out.split()) == {"configmap/kube-root-ca.crt", "serviceaccount/default"}
