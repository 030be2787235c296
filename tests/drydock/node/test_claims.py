"""Claims are folders of the node that outlive the pods that mount them."""

from pathlib import Path
from typing import Any

import pytest

from drydock.home import WantedNode
from drydock.node.environment import Configs, Downward
from drydock.node.volumes import CannotMount, materialise
from drydock.resources import PERSISTENT_VOLUME_CLAIMS
from tests.drydock.node.conftest import Cluster, possible, until

POD: dict[str, Any] = {
    "metadata": {"name": "web-0", "namespace": "dev", "uid": "u"},
    "spec": {
        "containers": [],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}],
    },
}
DOWNWARD = Downward(POD, "127.77.0.1", "127.0.0.1", {})


def configs(claims: dict[str, str]) -> Configs:
    nothing: dict[str, dict[str, bytes]] = {}
    return Configs("dev", nothing.get, nothing.get, claims.get)


def test_what_is_written_to_a_claim_is_there_for_the_next_pod(tmp_path: Path) -> None:
    claimed = tmp_path / "claims" / "c"
    claimed.mkdir(parents=True)
    for pod in ("first", "second"):
        volumes = tmp_path / pod / "volumes"
        for _ in range(2):  # a container that starts again finds its volumes made
            materialise(volumes, POD, DOWNWARD, configs({"data-web-0": str(claimed)}), None)
        with (volumes / "data" / "log").open("a") as log:
            log.write(pod)
    assert (claimed / "log").read_text() == "firstsecond"


def test_a_pod_waits_for_its_claim(tmp_path: Path) -> None:
    with pytest.raises(CannotMount, match='persistentvolumeclaim "data-web-0" not found'):
        materialise(tmp_path, POD, DOWNWARD, configs({}), None)


APPEND = """
import os, pathlib, tempfile
file = pathlib.Path(tempfile.gettempdir(), "names")
file.open("a").write(os.environ["POD"] + " ")
print(file.read_text(), flush=True)
"""


@pytest.fixture(params=["loopback", "isolated"])
def mode(request: pytest.FixtureRequest) -> WantedNode:
    return possible(request.param)


async def test_pods_share_what_a_claim_holds_until_it_is_deleted(
    cluster: Cluster, image: str, mode: WantedNode
) -> None:
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    mounts = [{"name": "data", "mountPath": "/tmp"}]
    app = {"image": image, "command": ["python", "-c", APPEND], "volumeMounts": mounts}
    cluster.run("first", app, volumes=volumes, restartPolicy="Never")
    missing = '0/1 nodes are available: persistentvolumeclaim "data" not found.'
    await until(lambda: ("FailedScheduling", missing) in cluster.events("first"))
    claim = {"metadata": {"name": "data", "namespace": "default"}, "spec": {}}
    cluster.store.create(PERSISTENT_VOLUME_CLAIMS, claim)
    assert await cluster.ended("first") == "Succeeded"
    await cluster.delete("first")
    cluster.run("second", app, volumes=volumes, restartPolicy="Never")
    assert await cluster.ended("second") == "Succeeded"
    assert await cluster.logs("second") == "first second \n"
    cluster.store.delete(PERSISTENT_VOLUME_CLAIMS, "default", "data")
    await until(lambda: not list((cluster.home / "claims").iterdir()))
