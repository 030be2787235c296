"""kubectl on what a cluster has beside its namespaces: the node's lease, priorities, storage classes."""

from collections.abc import Iterator
from textwrap import dedent

import pytest

from tests.drydock.clients import objects
from tests.drydock.clients.conftest import Drydock, Run
from tests.drydock.clients.manifests import ok, refused, tidy

pytestmark = pytest.mark.real


@pytest.fixture
def priority(drydock: Drydock, namespace: str) -> Iterator[str]:
    """A name for a class of the whole cluster, which is gone afterwards."""
    name = f"high-{namespace}"
    yield name
    drydock.api.delete(f"/apis/scheduling.k8s.io/v1/priorityclasses/{name}")


async def test_a_node_shows_its_lease(kubectl: Run) -> None:
    shown = tidy(await ok(kubectl, "describe", "node", "drydock"))
    assert "Lease:\n  HolderIdentity:  drydock\n  AcquireTime:  <unset>\n" in shown
    leases = tidy(await ok(kubectl, "get", "leases", "--namespace=kube-node-lease"))
    assert leases == "NAME  HOLDER  AGE\ndrydock  drydock  AGE\n"


async def test_a_pod_has_the_priority_of_its_class(
    kubectl: Run, drydock: Drydock, priority: str
) -> None:
    made = await ok(kubectl, "create", "priorityclass", priority, "--value=1000")
    assert made == f"priorityclass.scheduling.k8s.io/{priority} created\n"
    names = (priority, "system-cluster-critical", "system-node-critical")
    assert tidy(await ok(kubectl, "get", "priorityclasses", *names)) == dedent("""\
        NAME  VALUE  GLOBAL-DEFAULT  AGE  PREEMPTIONPOLICY
        high-NAMESPACE  1000  false  AGE  PreemptLowerPriority
        system-cluster-critical  2000000000  false  AGE  PreemptLowerPriority
        system-node-critical  2000001000  false  AGE  PreemptLowerPriority
        """)
    pod = objects.pod("web", f"{drydock.images}:1")
    pod["spec"]["priorityClassName"] = priority
    path = f"/api/v1/namespaces/{priority.removeprefix('high-')}/pods"
    assert drydock.api.post(path, json=pod).json()["spec"]["priority"] == 1000
    run = ("run", "other", f"--image={drydock.images}:1")
    override = '--overrides={"spec": {"priorityClassName": "none"}}'
    assert await refused(kubectl, *run, override) == (
        'Error from server (Forbidden): pods "other" is forbidden: no PriorityClass with name none was found\n'
    )
