"""kubectl delete, against a whole drydock."""

import asyncio

import pytest

from tests.drydock.clients.conftest import DEADLINE, Drydock, Run
from tests.drydock.clients.manifests import ok, refused, settings, start_web, tidy
from tests.drydock.clients.said import Said

pytestmark = pytest.mark.real

WITHIN = f"--timeout={DEADLINE:.0f}s"


def deleted(kind: str, name: str, namespace: str) -> str:
    return f'{kind} "{name}" deleted from {namespace} namespace\n'


async def names(kubectl: Run, kinds: str) -> str:
    return tidy(await ok(kubectl, "get", kinds, "-o", "name"))


async def test_in_the_background_takes_along_what_it_owns(
    kubectl: Run, drydock: Drydock, namespace: str
) -> None:
    await start_web(kubectl, drydock)
    dry = await ok(kubectl, "delete", "deployment", "web", "--dry-run=server")
    assert dry == deleted("deployment.apps", "web", namespace).replace("\n", " (server dry run)\n")
    gone = await ok(kubectl, "delete", "deployment", "web")
    assert gone == deleted("deployment.apps", "web", namespace)
    await ok(kubectl, "wait", "pods,rs", "-l", "app=web", "--for=delete", WITHIN)
    assert await names(kubectl, "pods,rs") == ""


async def test_in_the_foreground_goes_last(kubectl: Run, drydock: Drydock) -> None:
    await start_web(kubectl, drydock)
    await ok(kubectl, "delete", "deployment", "web", "--cascade=foreground")
    assert await names(kubectl, "deployments,rs") == ""


async def test_orphans_what_it_owns(kubectl: Run, drydock: Drydock) -> None:
    await start_web(kubectl, drydock)
    await ok(kubectl, "delete", "deployment", "web", "--cascade=orphan")
    await ok(kubectl, "delete", "rs", "-l", "app=web", "--cascade=orphan")
    assert await names(kubectl, "deployments,rs,pods") == "pod/web-POD\n"
    owners = await ok(kubectl, "get", "pods", "-o", "jsonpath={.items[*].metadata.ownerReferences}")
    assert owners == ""


async def test_pods_at_once_and_by_force(kubectl: Run, drydock: Drydock, namespace: str) -> None:
    image = f"--image={drydock.images}:1"
    for name in ("one", "two", "three"):
        await ok(kubectl, "run", name, image, "--restart=Never", "--command", "--", "sleep", "600")
    for name in ("one", "two", "three"):
        await ok(kubectl, "wait", f"pod/{name}", "--for=condition=Ready", WITHIN)
    assert await ok(kubectl, "delete", "pod", "one", "--now") == deleted("pod", "one", namespace)
    said = await kubectl("delete", "pod", "two", "--grace-period=0", "--force")
    assert said == Said(
        0,
        f'pod "two" force deleted from {namespace} namespace\n',
        "Warning: Immediate deletion does not wait for confirmation that the running resource has "
        "been terminated. The resource may continue to run on the cluster indefinitely.\n",
    )
    await ok(kubectl, "delete", "pod", "three", "--wait=false", "--grace-period=1")
    await ok(kubectl, "wait", "pod/three", "--for=delete", WITHIN)
    assert await names(kubectl, "pods") == ""


@pytest.mark.parametrize("version", ["kubectl", "kubectl_1_31"])
async def test_chooses(version: str, request: pytest.FixtureRequest) -> None:
    kubectl: Run = request.getfixturevalue(version)
    for name in ("a", "b", "c", "d"):
        await ok(kubectl, "create", "configmap", name)
    await ok(kubectl, "label", "configmap", "a", "b", "go=yes")
    await ok(kubectl, "delete", "configmaps", "-l", "go=yes")
    assert "configmap/c\nconfigmap/d\n" in await names(kubectl, "configmaps")
    await ok(kubectl, "delete", "configmap/c", "configmap/d")
    assert await names(kubectl, "configmaps") == "configmap/kube-root-ca.crt\n"
    assert await refused(kubectl, "delete", "configmap", "a") == (
        'Error from server (NotFound): configmaps "a" not found\n'
    )
    assert await kubectl("delete", "configmap", "a", "--ignore-not-found") == Said(0)
    assert (await ok(kubectl, "delete", "configmaps", "-l", "go=yes")) == "No resources found\n"
    assert await refused(kubectl, "delete", "namespace", "default") == (
        'Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not '
        "be deleted\n"
    )


async def test_waits_for_finalizers(kubectl: Run) -> None:
    await ok(kubectl, "apply", "-f", "-", stdin=settings(a="x"))
    patch = ("patch", "configmap", "settings", "--type=merge", "-p")
    await ok(kubectl, *patch, '{"metadata":{"finalizers":["example.com/wait"]}}')
    deletion = asyncio.create_task(kubectl("delete", "configmap", "settings", WITHIN))
    marked = "--for=jsonpath={.metadata.deletionGracePeriodSeconds}=0"
    await ok(kubectl, "wait", "configmap/settings", marked, WITHIN)
    assert not deletion.done()
    await ok(kubectl, *patch, '{"metadata":{"finalizers":null}}')
    assert (await deletion).code == 0
    assert (await kubectl("get", "configmap", "settings")).code == 1


async def test_a_namespace_goes_with_all_that_is_in_it(kubectl: Run, drydock: Drydock) -> None:
    await ok(kubectl, "create", "namespace", "passing")
    await ok(kubectl, "run", "one", f"--image={drydock.images}:1", "-n", "passing")
    assert await ok(kubectl, "delete", "namespace", "passing", WITHIN) == (
        'namespace "passing" deleted\n'
    )
    assert await refused(kubectl, "create", "configmap", "late", "-n", "passing") == (
        'error: failed to create configmap: namespaces "passing" not found\n'
    )
