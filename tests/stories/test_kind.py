"""A release to Kind, with the real helm and kubectl.

drydock plays the cluster that `shipway setup kind` leaves: a kubeconfig with kind's context, the ConfigMap that names
the registry, an ingress on one port. Its pods share one machine, so the test adds `bindAddress: podIP` to the values,
and its node lends this machine's Python to images, which stand on an empty base that asks for it.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
import yaml

from shipway.images.config import CONFIG, RUNTIME_LABEL
from shipway.images.curl import curl_image
from shipway.images.runtime import Runtime
from shipway.model.bundle import ImageRef
from shipway.oci import bundles
from shipway.oci.artifact import Artifact, Blob
from shipway.oci.registry import Registry
from shipway.targets.kind import CONTEXT
from shipway.testing.workbench import Workbench
from tests.stories.base_image import empty_base, fetch_wheels

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

BASE = "docker.io/library/python:3.12-slim"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kind(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workbench]:
    bench = Workbench(tmp_path_factory.mktemp("project"))
    said = await bench.shipway("setup", "embedded")
    assert said.code == 0, said.err
    try:
        await as_kind(bench)
        await bench.commit("first")
        await fetch_wheels(bench)
        yield bench
    finally:
        await bench.down()


async def as_kind(bench: Workbench) -> None:
    base = empty_base({RUNTIME_LABEL: "host"})
    async with Registry(bench.registry) as registry:
        await registry.upload("python", base)
        await registry.tag("python", base.digest, "slim")
    await bench.kubectl("create", "namespace", "kube-public")
    said = await bench.kubectl(
        *("create", "configmap", "local-registry-hosting", "-n", "kube-public"),
        f'--from-literal=localRegistryHosting.v1=host: "{bench.registry.host}"',
    )
    assert said.code == 0, said.err
    config = yaml.safe_load(bench.kubeconfig.read_text(encoding="utf-8"))
    context = {**config["contexts"][0], "name": CONTEXT}
    path = bench.state / "kind" / "kubeconfig"
    path.parent.mkdir()
    path.write_text(
        yaml.safe_dump({**config, "contexts": [context], "current-context": CONTEXT}),
        encoding="utf-8",
    )
    bench.edit("shipway.yaml", BASE, f"{bench.registry.host}/python:slim")
    bench.edit("shipway.yaml", "port: 80", f"port: {ingress(bench)}")
    curl = f"{bench.registry.host}/shipway/curl@{curl_image().digest}"
    for name in ("dev", "staging", "prod"):
        file = f"environments/{name}.yaml"
        bench.edit(file, "replicas:", f"bindAddress: podIP\ntests: {{image: '{curl}'}}\nreplicas:")


def ingress(bench: Workbench) -> int:
    return int(yaml.safe_load((bench.state / "embedded" / "status.json").read_text())["ingress"])


async def answer(bench: Workbench, host: str) -> dict[str, str]:
    """Through the ingress, once it has heard of the route."""
    async with httpx2.AsyncClient(trust_env=False) as client, asyncio.timeout(45):
        while True:
            response = await client.get(
                f"http://localhost:{ingress(bench)}/health", headers={"Host": host}
            )
            if response.is_success:
                body: dict[str, str] = response.json()
                return body
            await asyncio.sleep(0.05)


async def test_a_plain_run_is_for_dev_on_kind_while_its_cluster_answers(kind: Workbench) -> None:
    said = await kind.shipway("run", "--tag", "v1")
    assert said.code == 0, said.err
    first, *rest = said.out.splitlines()
    assert first == "run on kind: its cluster is reachable"
    stages = [line.split()[1:3] for line in rest if line.startswith(("✓ deploy", "✓ helm-test"))]
    assert stages == [["deploy", "dev"], ["helm-test", "dev"]]
    kubectl = "kubectl" if shutil.which("kubectl") else ".shipway/tools/kubectl"
    helm = "helm" if shutil.which("helm") else ".shipway/tools/helm"
    way = "--kubeconfig .shipway/kind/kubeconfig"
    assert [line.strip() for line in said.out.splitlines()[-3:]] == [
        f"curl -H 'Host: sample-app.local' http://localhost:{ingress(kind)}/health",
        f"{kubectl} {way} --context {CONTEXT} get pods -A -l app.kubernetes.io/name=sample-app",
        f"{helm} {way} --kube-context {CONTEXT} history sample-app-dev -n dev",
    ]
    assert await answer(kind, "sample-app.local") == {"status": "ok"}


async def test_deploy_env_names_another_one(kind: Workbench) -> None:
    said = await kind.shipway("run", "--tag", "v1", DEPLOY_ENV="staging", DEPLOYMENT_TARGET="kind")
    assert said.code == 0, said.err
    first, *rest = said.out.splitlines()
    assert first == "run on kind"
    stages = [line.split()[1:3] for line in rest if " deploy " in line]
    assert stages == [["deploy", "staging"]]


async def test_all_takes_it_through_the_three_in_turn(kind: Workbench) -> None:
    said = await kind.shipway("run", "--tag", "v1", "--env", "all")
    assert said.code == 0, said.err
    stages = [line.split()[:3] for line in said.out.splitlines() if " deploy " in line]
    assert stages == [["=", "deploy", "dev"], ["=", "deploy", "staging"], ["✓", "deploy", "prod"]]
    ready = {name: row["ready"] for name, row in (await kind.status()).items()}
    assert ready == {"dev": 1, "staging": 2, "prod": 3}


async def test_an_image_that_needs_the_hosts_python_is_refused_with_the_remedy(
    kind: Workbench,
) -> None:
    """The one of this story has the label, because drydock plays the node."""
    said = await kind.shipway("deploy", "--env", "dev", "--tag", "v1")
    assert (said.code, said.err) == (
        3,
        f"resolve failed: {kind.registry.host}/sample-app:v1 has no Python of its own "
        "and cannot run on kind\n"
        "  try: set image.base in shipway.yaml, then: shipway build --target kind\n"
        f"  {journal(said.err)}\n",
    )


async def test_an_image_for_other_machines_is_refused_before_helm_is_asked(
    kind: Workbench,
) -> None:
    async with Registry(kind.registry) as registry:
        found = await bundles.find(registry, "sample-app", "v1")
        config = {"architecture": "s390x", "os": "linux", "config": {}}
        image = Artifact(Blob.of(CONFIG, json.dumps(config).encode()), ())
        await registry.upload("sample-app", image)
        bundle = replace(found.bundle, image=ImageRef("sample-app", image.digest), tag="mainframe")
        await bundles.push(registry, replace(found, bundle=bundle), image.descriptor)
    before = await kind.status()
    said = await kind.shipway("deploy", "--env", "dev", "--tag", "mainframe")
    assert (said.code, said.err.splitlines()[0]) == (
        3,
        f"deploy dev failed: {kind.registry.host}/sample-app:mainframe is made for s390x, "
        f"and the nodes of kind are {Runtime.host().architecture}",
    )
    assert await kind.status() == before


def journal(text: str) -> str:
    """The line that says where the rest is, whatever this run is called."""
    return text.splitlines()[-1].strip()


async def test_a_cluster_that_names_no_registry_is_told(kind: Workbench) -> None:
    await kind.kubectl("delete", "configmap", "local-registry-hosting", "-n", "kube-public")
    said = await kind.shipway("status", "--target", "kind")
    assert (said.code, said.err) == (
        2,
        "error: the kind cluster names no registry: kube-public/local-registry-hosting is not there, "
        "or names no host\n  try: shipway setup kind\n",
    )


async def test_a_stopped_cluster_is_told_and_a_plain_run_goes_elsewhere(kind: Workbench) -> None:
    await kind.down()
    said = await kind.shipway("status", "--target", "kind")
    assert said.code == 1
    assert said.err.startswith("error: the cluster at https://127.0.0.1:")
    assert said.err.endswith("\n  try: shipway setup kind\n")
    said = await kind.shipway("status")
    assert said.err == "error: there is no embedded cluster to ask\n  try: shipway setup embedded\n"


async def test_it_is_told_that_no_cluster_was_set_up(tmp_path: Path) -> None:
    said = await Workbench(tmp_path).shipway("run", "--target", "kind")
    assert said.code == 2
    assert "there is no kind cluster to ask\n  try: shipway setup kind\n" in said.err
