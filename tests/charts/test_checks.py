from collections.abc import Callable
from typing import Any

import pytest

from shipway.charts.checks import check
from shipway.charts.render import objects

SOUND = f"""
kind: Deployment
metadata: {{name: web}}
spec:
  progressDeadlineSeconds: 100
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 30
      volumes: [{{name: tmp, emptyDir: {{}}}}]
      containers:
      - name: web
        image: registry.example/web@sha256:{"ab" * 32}
        securityContext: {{readOnlyRootFilesystem: true}}
        volumeMounts: [{{name: tmp, mountPath: /tmp}}]
        lifecycle: {{preStop: {{sleep: {{seconds: 5}}}}}}
---
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}}}
---
kind: Ingress
metadata: {{name: web}}
spec: {{rules: [{{http: {{paths: [{{backend: {{service: {{name: web}}}}}}]}}}}]}}
---
kind: HorizontalPodAutoscaler
metadata: {{name: web}}
spec: {{minReplicas: 2, scaleTargetRef: {{kind: Deployment, name: web}}}}
---
kind: PodDisruptionBudget
metadata: {{name: web}}
spec: {{minAvailable: 1, selector: {{matchLabels: {{app: web}}}}}}
---
kind: NetworkPolicy
metadata: {{name: web}}
spec:
  podSelector: {{matchLabels: {{app: web}}}}
  policyTypes: [Ingress]
  ingress:
  - from: [{{podSelector: {{matchExpressions: [{{key: role, operator: In, values: [test]}}]}}}}]
---
kind: Pod
metadata:
  name: web-test
  labels: {{role: test}}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  containers: [{{name: curl, image: "curl:8"}}]
"""

Object = dict[str, Any]
DEPLOYMENT, SERVICE, INGRESS, AUTOSCALER, BUDGET, POLICY, TEST = range(7)


def pod_of(found: list[Object]) -> Object:
    spec: Object = found[DEPLOYMENT]["spec"]["template"]["spec"]
    return spec


def container_of(found: list[Object]) -> Object:
    container: Object = pod_of(found)["containers"][0]
    return container


def findings(*changes: Callable[[list[Object]], object]) -> list[str]:
    found = objects(SOUND)
    for change in changes:
        change(found)
    return [str(each) for each in check(found, timeout=120)]


def test_a_sound_release_has_no_finding() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            lambda found: container_of(found).update(image="web:v1"),
            "Deployment/web: container web runs web:v1, a tag that can move (image-by-digest)",
        ),
        (
            lambda found: found[BUDGET]["spec"].update(minAvailable=2),
            "PodDisruptionBudget/web: none of the 2 pods of Deployment/web may ever be evicted (disruption-budget)",
        ),
        (
            lambda found: found[BUDGET]["spec"].update(minAvailable="51%"),
            "PodDisruptionBudget/web: none of the 2 pods of Deployment/web may ever be evicted (disruption-budget)",
        ),
        (
            lambda found: found[DEPLOYMENT]["spec"].update(replicas=2),
            "Deployment/web: spec.replicas is set although HorizontalPodAutoscaler/web scales it (replicas-and-autoscaler)",
        ),
        (
            lambda found: container_of(found).pop("volumeMounts"),
            "Deployment/web: container web has a read-only root and no emptyDir on /tmp (writable-tmp)",
        ),
        (
            lambda found: found[TEST]["spec"]["containers"][0].update(
                securityContext={"readOnlyRootFilesystem": True}
            ),
            "Pod/web-test: container curl has a read-only root and no emptyDir on /tmp (writable-tmp)",
        ),
        (
            lambda found: found[DEPLOYMENT]["spec"].pop("progressDeadlineSeconds"),
            "Deployment/web: it counts as stuck after 600 s, but is watched for 120 s (progress-deadline)",
        ),
        (
            lambda found: found[TEST]["metadata"]["annotations"].update(
                {"helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded"}
            ),
            "Pod/web-test: its logs are lost: the delete policy says hook-succeeded (test-pod-kept)",
        ),
        (
            lambda found: found[TEST]["metadata"].pop("labels"),
            "Pod/web-test: no NetworkPolicy lets it reach Deployment/web (test-pod-admitted)",
        ),
        (
            lambda found: found[POLICY]["spec"].pop("ingress"),
            "Pod/web-test: no NetworkPolicy lets it reach Deployment/web (test-pod-admitted)",
        ),
        (
            lambda found: pod_of(found).update(terminationGracePeriodSeconds=5),
            "Deployment/web: container web is killed after 5 s, its pause takes 5 s (grace-period)",
        ),
        (
            lambda found: container_of(found).pop("lifecycle"),
            "Deployment/web: an Ingress routes to it, and it stops at once: rollouts drop requests (pause-before-stop)",
        ),
        (
            lambda found: container_of(found).update(
                lifecycle={"preStop": {"exec": {"command": ["sh", "-c", "sleep 5"]}}}
            ),
            "Deployment/web: container web needs a sleep program in its image to pause (native-sleep)",
        ),
    ],
)
def test_each_trap_is_found(change: Callable[[list[Object]], object], finding: str) -> None:
    assert findings(change) == [finding]


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[POLICY]["spec"].update(ingress=[{}]),
        lambda found: found[POLICY]["spec"].update(ingress=[{"from": [{"podSelector": {}}]}]),
        lambda found: found[POLICY]["spec"].update(policyTypes=["Egress"]),
        lambda found: found[BUDGET].update(
            spec={"maxUnavailable": "1%", "selector": found[BUDGET]["spec"]["selector"]}
        ),
        lambda found: (container_of(found).pop("lifecycle"), found.pop(INGRESS)),
    ],
)
def test_what_is_no_trap_is_left_alone(change: Callable[[list[Object]], object]) -> None:
    assert findings(change) == []


def test_without_an_autoscaler_replicas_count() -> None:
    def three(found: list[Object]) -> None:
        found[DEPLOYMENT]["spec"]["replicas"] = 3
        found[BUDGET]["spec"]["minAvailable"] = 3
        del found[AUTOSCALER]

    assert findings(three) == [
        "PodDisruptionBudget/web: none of the 3 pods of Deployment/web may ever be evicted (disruption-budget)"
    ]


def test_every_finding_comes_with_an_edit() -> None:
    found = objects(SOUND)
    container_of(found)["image"] = "web:v1"
    (finding,) = check(found, timeout=120)
    assert finding.remedy == "render the image as repository@sha256:…"


def test_an_empty_manifest_is_no_trap() -> None:
    assert check([], timeout=120) == []
