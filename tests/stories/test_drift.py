"""Three environments as they were released; then somebody goes by with kubectl, and `shipway drift` tells what they did."""

import asyncio
import base64
import json

import pytest
from lightkube.resources.apps_v1 import Deployment

from shipway.charts import render
from shipway.commands.helm import Release
from shipway.kube import drift
from shipway.kube.access import Access, connect
from shipway.testing.workbench import Said, Workbench

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE = f"localhost/sample-app@sha256:{'ab' * 32}"
MORE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: hello, "app.conf": "a=1"}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {password: first, token: second}
"""
SIDECAR = {
    "spec": {
        "template": {
            "metadata": {"labels": {"tier": "front"}},
            "spec": {"containers": [{"name": "side", "image": "localhost/side:1"}]},
        }
    }
}
DATA = {"data": {"greeting": "hi", "extra.conf": "b=2"}}
KEYS = {"stringData": {"password": "third", "extra": "fourth"}}
DEPLOYMENT = "deployment/sample-app"
PROD, DEV = ("--namespace", "prod"), ("--namespace", "dev")
BY_HAND = (
    (*DEV, "scale", DEPLOYMENT, "--replicas", "3"),
    (*PROD, "set", "image", DEPLOYMENT, "sample-app=localhost/other:1"),
    (*PROD, "set", "env", DEPLOYMENT, "PORT=3001", "EXTRA=x", "DRAIN_SECONDS-"),
    (*PROD, "label", DEPLOYMENT, "team=web"),
    (*PROD, "patch", DEPLOYMENT, "--patch", json.dumps(SIDECAR)),
    (*PROD, "annotate", "ingress/sample-app", "example.com/rewrite=/"),
    (*PROD, "patch", "configmap/settings", "--patch", json.dumps(DATA)),
    (*PROD, "patch", "secret/keys", "--patch", json.dumps(KEYS)),
    (*PROD, "delete", "service/sample-app"),
)
WITHOUT_EFFECT = (
    ("scale", DEPLOYMENT, "--replicas", "4"),  # it has an autoscaler
    ("rollout", "restart", DEPLOYMENT),
    ("set", "resources", DEPLOYMENT, "--requests", "cpu=0.05,memory=65536Ki"),
    ("annotate", DEPLOYMENT, "kubernetes.io/change-cause=a restart"),
)
POD = "Deployment/sample-app spec.template.spec.containers"
SIDE = (
    '{"name": "side", "image": "localhost/side:1", "resources": {}, "terminationMessagePath": '
    '"/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent"}'
)
DRIFTED = f"""\
✗ dev: 1 difference from what was released (revision 1, v1), 6 objects
  Deployment/sample-app spec.replicas: release says 1, live is 3 (kubectl)
  try: shipway deploy --env dev --tag v1
✓ staging: as released (revision 1, v1), 8 objects
✗ prod: 13 differences from what was released (revision 1, v1), 9 objects
  Secret/keys data.password: release says (hidden), live is (hidden) (kubectl-patch)
  Secret/keys data.extra: release does not name it, live is (hidden) (kubectl-patch)
  ConfigMap/settings data.greeting: release says "hello", live is "hi" (kubectl-patch)
  ConfigMap/settings data[extra.conf]: release does not name it, live is "b=2" (kubectl-patch)
  Service/sample-app: is not there
  {POD}[sample-app].env[PORT].value: release says "3000", live is "3001" (kubectl-set)
  {POD}[sample-app].env[DRAIN_SECONDS]: release says {{"name": "DRAIN_SECONDS", "value": "10"}}, live is not there
  {POD}[sample-app].image: release says "{IMAGE}", live is "localhost/other:1" (kubectl-set)
  Deployment/sample-app metadata.labels.team: release does not name it, live is "web" (kubectl-label)
  Deployment/sample-app spec.template.metadata.labels.tier: release does not name it, live is "front" (kubectl-patch)
  {POD}[sample-app].env[EXTRA]: release does not name it, live is {{"name": "EXTRA", "value": "x"}} (kubectl-set)
  {POD}[side]: release does not name it, live is {SIDE} (kubectl-patch)
  Ingress/sample-app metadata.annotations[example.com/rewrite]: release does not name it, live is "/" (kubectl-annotate)
  try: shipway deploy --env prod --tag v1
"""
CLEAN = """\
✓ dev: as released (revision 1, v1), 6 objects
✓ staging: as released (revision 1, v1), 8 objects
✓ prod: as released (revision 1, v1), 9 objects
"""


async def test_what_was_just_released_differs_in_nothing(bench: Workbench) -> None:
    assert (await bench.shipway("setup", "embedded")).code == 0
    more = bench.folder / "helm" / "sample-app" / "templates" / "more.yaml"
    more.write_text(MORE, encoding="utf-8")
    await asyncio.gather(*(_install(bench, name) for name in ("dev", "staging", "prod")))
    assert await _drift(bench) == (CLEAN, 0)


async def test_what_was_done_by_hand_is_told_field_by_field_and_with_its_doer(
    bench: Workbench,
) -> None:
    for line in BY_HAND:
        said = await bench.kubectl(*line)
        assert said.code == 0, said.err
    assert await _drift(bench) == (DRIFTED, 1)


async def test_what_changes_nothing_is_no_difference(bench: Workbench) -> None:
    for line in WITHOUT_EFFECT:
        said = await bench.kubectl("--namespace", "staging", *line)
        assert said.code == 0, said.err
    assert await _drift(bench, "--env", "staging") == (CLEAN.splitlines(keepends=True)[1], 0)


async def test_programs_get_the_values_but_never_those_of_a_secret(bench: Workbench) -> None:
    said = await bench.shipway("drift", "--env", "prod", "--output", "json")
    assert said.code == 1
    (row,) = said.rows
    found = {(each["object"], each["field"]): each for each in row.pop("differences")}
    assert row == {
        "environment": "prod",
        "revision": 1,
        "status": "deployed",
        "tag": "v1",
        "bundle": "",
        "objects": 9,
    }
    scaled = "spec.template.spec.containers[sample-app].image"
    assert found["Deployment/sample-app", scaled] == {
        "object": "Deployment/sample-app",
        "field": scaled,
        "released": IMAGE,
        "live": "localhost/other:1",
        "by": "kubectl-set",
        "refused": "",
    }
    assert found["Secret/keys", "data.password"]["live"] == "(hidden)"
    assert base64.b64encode(b"third").decode() not in said.out


async def test_helm_sets_all_of_it_right_once_it_owns_it_again(bench: Workbench) -> None:
    refused = await _upgrade(bench, "prod")
    assert "Apply failed with" in refused.err, "it would not set back what somebody changed"
    access = Access("embedded", bench.kubeconfig, "", local=True)
    release = Release("sample-app-prod", "prod")
    async with connect(access) as client:
        objects = render.objects(await drift.manifest(client, release, 1))
        before = await client.get(Deployment, "sample-app", namespace="prod")
        told = await drift.reclaim(client, release, objects)
        after = await client.get(Deployment, "sample-app", namespace="prod")
    assert {"Secret/keys", "Deployment/sample-app"} <= {each.object for each in told}
    assert before.spec == after.spec, "no pod notices"
    await _install(bench, "prod")
    clean = "✓ prod: as released (revision 3, v1), 9 objects\n"
    assert await _drift(bench, "--env", "prod") == (clean, 0)


async def _install(bench: Workbench, environment: str) -> None:
    said = await _upgrade(bench, environment)
    assert said.code == 0, said.err


async def _upgrade(bench: Workbench, environment: str) -> Said:
    """Straight with helm: no pod needs to run for this story."""
    repository, _, digest = IMAGE.partition("@")
    return await bench.helm(
        *("upgrade", f"sample-app-{environment}", "helm/sample-app", "--install"),
        *("--namespace", environment, "--create-namespace"),
        *("--values", f"environments/{environment}.yaml"),
        *("--set", f"image.repository={repository},image.digest={digest},image.tag=v1"),
    )


async def _drift(bench: Workbench, *args: str) -> tuple[str, int]:
    said = await bench.shipway("drift", *args)
    assert said.err == ""
    return said.out, said.code
