"""A project with one environment per fault: the same image and chart everywhere, and each goes wrong where it should."""

import asyncio
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from shipway.testing.workbench import ROOT, Said, Workbench

DEADLINE = 120  # seconds
START = "app/sample_app/__main__.py"
DEPLOYMENT = "helm/sample-app/templates/deployment.yaml"
TAG = "seeded"
OURSELVES = ("--user-agent", "*httpx*")  # helm may not be quite done when its objects are there
FORCE = ("--force", "--reason", "to see it fail")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is told of it, by the exit code of the last command, which is `deploy` or `helm-test`."""

    name: str  # of its environment, of its namespace, and what the app is told
    what: str  # for people
    code: int
    line: str  # the first one; of a success its summary
    seconds: int = 90  # that its rollout has
    tested: bool = False  # by helm test, after its deploy
    values: dict[str, Any] = field(default_factory=dict)
    after: str = ""  # where it is told neither at once nor at the deadline

    @property
    def when(self) -> str:
        if self.after or self.code == 0:
            return self.after or "it succeeds"
        return "at the deadline" if " within " in self.line else "at once"


ONE_READY = "revision 1, 1 of 1 pods ready"
UNREADY = "deploy ENV failed: ENV: 0 of 1 pods became ready"
NO_IMAGE = f"{UNREADY}: the image cannot be pulled: REGISTRY"
IN_TIME = 20  # seconds, for what only the deadline ends

FAULTS = (
    Fault(
        "absent",
        "the image is not in the registry",
        1,
        f"{NO_IMAGE}/absent@DIGEST: not found",
    ),
    Fault(
        "denied",
        "the registry does not give the image to the node",
        1,
        f"{NO_IMAGE}/denied@DIGEST: unexpected status from HEAD request: 401 Unauthorized",
    ),
    Fault("blip", "the registry is down, and comes back", 0, ONE_READY),
    Fault(
        "down",
        "the registry stays down",
        1,
        f"{UNREADY} within 20 s: the image cannot be pulled: REGISTRY/down@DIGEST: "
        "failed to do request: i/o timeout",
        seconds=IN_TIME,
    ),
    Fault(
        "crash",
        "the service crashes at its start",
        1,
        f"{UNREADY}: container sample-app exits with code 1: RuntimeError: no database",
        after="after three restarts",
    ),
    Fault(
        "later",
        "the service crashes after it was ready",
        1,
        "helm-test ENV failed: ENV: 0 of 1 pods stayed ready: "
        "container sample-app exits with code 3: the database is gone",
        tested=True,
    ),
    Fault(
        "memory",
        "the service takes more memory than it may",
        1,
        f"{UNREADY}: container sample-app used more memory than its limit",
        values={"resources": {"limits": {"memory": "128Mi"}}},
        after="after three restarts",
    ),
    Fault(
        "unready",
        "the service never says that it is ready",
        1,
        f"{UNREADY} within 20 s: not ready: readiness probe fails: /health/ready: HTTP 503",
        seconds=IN_TIME,
    ),
    Fault("slow", "the service needs 8 s to start", 0, ONE_READY),
    Fault("secret", "a Secret is missing", 1, f"{UNREADY}: Secret ENV/api-keys is missing"),
    Fault("volume", "a volume's Secret is missing", 1, f"{UNREADY}: Secret ENV/tls is missing"),
    Fault(
        "root",
        "the container would run as root, and may not",
        1,
        f"{UNREADY}: container sample-app cannot be made: "
        "runAsUser is 0, and runAsNonRoot forbids that",
    ),
    Fault(
        "quota",
        "the namespace's quota is used up",
        1,
        f"{UNREADY}: quota none exceeded: requested pods=1, used pods=0, limited to pods=0",
    ),
    Fault(
        "unplaced",
        "no node has room",
        1,
        f"{UNREADY}: no node takes the pod: Insufficient cpu",
        seconds=IN_TIME,
        values={"resources": {"requests": {"cpu": "1000"}}},
        after="after half of the time",
    ),
    Fault(
        "sick",
        "the service runs, and does not pass its helm test",
        1,
        "helm-test ENV failed: ENV: the helm test failed: 500 http://sample-app:80/health",
        tested=True,
    ),
    Fault(
        "trouble",
        "the cluster's API answers 500 and drops watches, for 10 s of the rollout",
        0,
        ONE_READY,
    ),
    Fault(
        "gone",
        "the cluster's API answers 500 from then on",
        3,
        "deploy ENV failed: our turn in ENV is over: it could not be renewed for 14 s: "
        "Internal error occurred: drydock fault",
        values={"probes": {"startup": {"failureThreshold": 600}}},
        after="after 14 s",
    ),
    Fault(
        "skewed",
        "the lease is held by a dead run whose clock was an hour ahead",
        0,
        ONE_READY,
    ),
)

SERVICE = """
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULT = os.environ["FAULT"]
SLOW = {"slow": 8, "trouble": 20, "gone": 600}


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        sick = FAULT == "sick" and self.path == "/health"
        unready = FAULT == "unready" and self.path == "/health/ready"
        if FAULT == "later" and self.path == "/health":  # which no probe of the pod asks for
            print("the database is gone", file=sys.stderr, flush=True)
            os._exit(3)
        self.send_response(500 if sick else 503 if unready else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if FAULT == "crash":
    raise RuntimeError("no database")
if FAULT == "memory":
    hog = b"x" * (192 << 20)
    time.sleep(600)
time.sleep(SLOW.get(FAULT, 0))
address = (os.environ.get("HOST", "0.0.0.0"), int(os.environ["PORT"]))
ThreadingHTTPServer(address, Service).serve_forever()
"""

IMAGE = '{{ include "sample-app.image" . | quote }}'
SEEDED_IMAGE = """{{ $where := .Release.Namespace }}
          {{- $image := include "sample-app.image" . }}
          {{- if has $where (list "absent" "denied" "down") }}
          {{- $image = replace "/sample-app@" (printf "/%s@" $where) $image }}
          {{- else if eq $where "blip" }}
          {{- $image = printf "%s:%s" .Values.image.repository .Values.image.tag }}
          {{- end }}
          {{- $image | quote }}"""
SEEDED_POLICY = (
    '{{ has .Release.Namespace (list "denied" "down" "blip") | ternary "Always" "IfNotPresent" }}'
)
SEEDED_POD = """      {{- if eq .Release.Namespace "root" }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 0
      {{- else if eq .Release.Namespace "volume" }}
      volumes:
        - name: certificates
          secret:
            secretName: tls
      {{- end }}
      containers:
"""
SEEDED_ENVIRONMENT = """          {{- if eq .Release.Namespace "secret" }}
          envFrom:
            - secretRef:
                name: api-keys
          {{- end }}
          env:
            - name: FAULT
              value: {{ .Release.Namespace }}
"""


def seed(bench: Workbench) -> None:
    """The faults that lie in the project itself."""
    (bench.folder / START).write_text(SERVICE, encoding="utf-8")
    bench.edit(DEPLOYMENT, IMAGE, SEEDED_IMAGE)
    bench.edit(DEPLOYMENT, "imagePullPolicy: IfNotPresent", f"imagePullPolicy: {SEEDED_POLICY}")
    bench.edit(DEPLOYMENT, "      containers:\n", SEEDED_POD)
    bench.edit(DEPLOYMENT, "          env:\n", SEEDED_ENVIRONMENT)
    common = yaml.safe_load((ROOT / "environments" / "dev.yaml").read_text(encoding="utf-8"))
    for fault in FAULTS:
        file = bench.folder / "environments" / f"{fault.name}.yaml"
        file.write_text(yaml.safe_dump({**common, **fault.values}), encoding="utf-8")
    give(bench, seconds=120)


def give(bench: Workbench, *, seconds: int) -> None:
    """To each rollout that begins from now on."""
    file = bench.folder / "shipway.yaml"
    project = yaml.safe_load(file.read_text(encoding="utf-8"))
    names = ["dev", *(fault.name for fault in FAULTS)]
    project["timeout"] = f"{seconds}s"
    project["environments"] = {name: {"namespace": name} for name in names}
    project["targets"] = {
        "embedded": {
            "values": {name: f"environments/{name}.yaml" for name in names},
            "hosts": {name: f"{name}.local" for name in names},
        }
    }
    file.write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")


async def prepare(bench: Workbench) -> None:
    """The faults that lie in the cluster."""
    for name, answer in (("denied", "unauthorized"), ("down", "timeout")):
        await drydock(bench, "pull", "--image", f"*/{name}@*", "--answer", answer)
    await drydock(bench, "pull", "--image", "*/sample-app:*", "--answer", "timeout", "--count", "1")
    for name in ("quota", "skewed"):
        await kubectl(bench, "create", "namespace", name)
    await kubectl(bench, "create", "quota", "none", "--hard=pods=0", "--namespace", "quota")
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "shipway-sample-app-skewed", "namespace": "skewed"},
        "spec": {
            "holderIdentity": "a machine an hour ahead",
            "leaseDurationSeconds": 3,
            "acquireTime": "2999-01-01T00:00:00.000001Z",
            "renewTime": "2999-01-01T00:00:00.000001Z",
            "leaseTransitions": 4,
        },
    }
    file = bench.folder / "lease.json"
    file.write_text(json.dumps(lease), encoding="utf-8")
    await kubectl(bench, "apply", "--filename", str(file))


async def suffer(bench: Workbench, fault: Fault) -> Said:
    """What the last command said."""
    line = ("deploy", "--tag", TAG, "--env", fault.name, *FORCE)
    deploying = asyncio.create_task(bench.shipway(*line))
    match fault.name:
        case "trouble":
            await _applied(bench, fault)
            where = ("--namespace", fault.name, "--for", "10s")
            await drydock(bench, "api", "--answer", "500", *OURSELVES, *where)
            await drydock(bench, "watch", "--drop", "--every", "1s", *OURSELVES, *where)
        case "gone":
            await _applied(bench, fault)
            await drydock(bench, "api", "--answer", "500", *OURSELVES, "--namespace", fault.name)
    said = await deploying
    if fault.tested and said.code == 0:
        said = await bench.shipway("helm-test", "--env", fault.name)
    return said


async def reading(bench: Workbench, names: Iterable[str]) -> None:
    """Until the deploys of these have read what they are given."""
    wanted = {f'"deploy {name}"' for name in names}
    async with asyncio.timeout(DEADLINE):
        while wanted:
            journals = (bench.state / "runs").glob("*/journal.jsonl")
            text = "".join(journal.read_text(encoding="utf-8") for journal in journals)
            wanted = {name for name in wanted if name not in text}
            await asyncio.sleep(0.1)


async def _applied(bench: Workbench, fault: Fault) -> None:
    where = ("--namespace", fault.name, f"--timeout={DEADLINE}s")
    await kubectl(bench, "wait", "--for=create", "deployment/sample-app", *where)


def first_line(said: Said, fault: Fault) -> str:
    """As the table has it."""
    if said.code == 0:
        (done,) = re.findall(rf"^✓ deploy {fault.name} +[\d.]+ s +(.*)$", said.out, re.MULTILINE)
        return str(done)
    line = said.err.splitlines()[0]
    for pattern, word in (
        (r"localhost:\d+", "REGISTRY"),
        (r"@sha256:[0-9a-f]{12}\b", "@DIGEST"),
        (r"(?<=drydock fault) f\d+", ""),
        (rf"\b{fault.name}(?= failed: |: \d of)", "ENV"),
        (rf"(?<=Secret ){fault.name}(?=/)", "ENV"),
        (rf"(?<=our turn in ){fault.name}\b", "ENV"),
        (rf"(?<=ENV failed: ){fault.name}(?=: )", "ENV"),
    ):
        line = re.sub(pattern, word, line)
    return line


def table() -> str:
    rows = [("what is wrong", "the first line", "told"), ("---", "---", "---")]
    rows += [(fault.what, f"`{fault.line}`", fault.when) for fault in FAULTS]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


async def drydock(bench: Workbench, kind: str, *words: str) -> None:
    program = str(Path(sys.executable).with_name("drydock"))
    home = str(bench.state / "embedded")
    process = await asyncio.create_subprocess_exec(
        program, "fault", "add", kind, *words, "--home", home, stdout=asyncio.subprocess.DEVNULL
    )
    assert await asyncio.wait_for(process.wait(), DEADLINE) == 0


async def kubectl(bench: Workbench, *words: str) -> None:
    said = await bench.kubectl(*words)
    assert said.code == 0, said.err
