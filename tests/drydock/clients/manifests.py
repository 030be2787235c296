"""What the batteries of kubectl share: manifests, and outputs without what differs from run to run."""

import re
from textwrap import dedent

from tests.drydock.clients.conftest import DEADLINE, Drydock, Run
from tests.drydock.clients.said import plain

_VARYING = (
    (r"\bweb-[bcdfghjklmnpqrstvwxz2456789]{8,10}\b", "web-HASH"),
    (r"pod-template-hash=[a-z0-9]+", "pod-template-hash=HASH"),
    (r"\bdev\d{3}\b", "NAMESPACE"),
    (r"drydock://[0-9a-f]{64}", "CONTAINER"),
    (r"\b127\.77\.\d+\.\d+\b", "POD-IP"),
    (r"\b10\.(9[6-9]|1\d\d)\.\d+\.\d+\b", "CLUSTER-IP"),
    (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} [+-]\d{4}", "TIME"),
)


def tidy(text: str) -> str:
    text = plain(text)
    for pattern, word in _VARYING:
        text = re.sub(pattern, word, text)
    return text


async def ok(kubectl: Run, *words: object, stdin: str = "", **more: str) -> str:
    """What a command that should work writes; it warns of nothing."""
    said = await kubectl(*words, stdin=stdin, **more)
    assert (said.code, said.err) == (0, ""), (words, said)
    return said.out


async def refused(kubectl: Run, *words: object, stdin: str = "", **more: str) -> str:
    """What a command that should fail complains of."""
    said = await kubectl(*words, stdin=stdin, **more)
    assert said.code == 1, (words, said)
    return said.err


async def start_web(kubectl: Run, drydock: Drydock, replicas: int = 1) -> None:
    await ok(kubectl, "apply", "-f", "-", stdin=web(drydock.images, replicas=replicas))
    await rolled_out(kubectl)


async def rolled_out(kubectl: Run) -> None:
    await ok(kubectl, "rollout", "status", "deployment/web", f"--timeout={DEADLINE:.0f}s")


def web(image: str, *, replicas: int = 1, tag: str = "1", colour: str = "blue") -> str:
    """A Deployment of the small program, and a Service before it."""
    return dedent(f"""\
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          labels: {{app: web}}
        spec:
          replicas: {replicas}
          selector:
            matchLabels: {{app: web}}
          template:
            metadata:
              labels: {{app: web}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: web
                image: {image}:{tag}
                ports:
                - {{name: http, containerPort: 8080}}
                env:
                - name: COLOUR
                  value: {colour}
                - name: IP
                  valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}
                - name: POD
                  valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}
                resources:
                  requests: {{memory: 16Mi}}
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: web
        spec:
          selector: {{app: web}}
          ports:
          - {{port: 80, targetPort: http}}
        """)


def settings(**data: str) -> str:
    lines = "".join(f'  {key}: "{value}"\n' for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n{lines}"


def budget(at_least: int) -> str:
    return dedent(f"""\
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata:
          name: web
        spec:
          minAvailable: {at_least}
          selector:
            matchLabels: {{app: web}}
        """)
