"""Thousands of requests that no client should send: nothing of them is an error of the server."""

import random
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

import httpx2
import msgspec

from drydock.resources import SERVED, Resource
from tests.drydock.api.conftest import TOKEN

REQUESTS = 4000
METHODS = (*("GET", "POST", "PUT", "PATCH", "DELETE") * 4, "HEAD", "OPTIONS")
NAMESPACES = ("default", "dev", "nowhere", "A_b", "%00", "..", "x" * 300)
NAMES = ("web", "a", "no such", "%ff", "..", "*", "x" * 300, "a/b/c")
SUBRESOURCES = ("", "", "", "status", "scale", "log", "eviction", "finalize", "exec", "nope")
TYPES = (
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
    "text/html",
    "",
)
ACCEPTS = (
    "application/json",
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    "application/vnd.kubernetes.protobuf",
    "text/html",
    ";;=,,",
)
QUERIES = (
    "limit",
    "continue",
    "labelSelector",
    "fieldSelector",
    "resourceVersion",
    "resourceVersionMatch",
    "dryRun",
    "fieldManager",
    "fieldValidation",
    "force",
    "gracePeriodSeconds",
    "propagationPolicy",
    "includeObject",
    "timeoutSeconds",
    "tailLines",
    "sinceTime",
    "limitBytes",
    "pretty",
)
WORDS: tuple[object, ...] = (
    None, True, False, 0, -1, 1, 2**63, 2**70, 1.5, 1e300, "", "a", "1", "-1", "all", "All", "é",
    "\x00", "x" * 400, "10%", "Infinity", "NaN", "1Ei", "a=b", "a in (b", "metadata.name=a", "{}",
    "2020-01-01T00:00:00Z", "Background", "Strict", [], {}, [None], {"": None}, [[]], [{}],
)  # fmt: skip
FIELDS = (
    "apiVersion", "kind", "metadata", "spec", "status", "data", "name", "namespace", "labels",
    "annotations", "finalizers", "ownerReferences", "managedFields", "resourceVersion", "uid",
    "replicas", "selector", "matchLabels", "matchExpressions", "template", "containers", "ports",
    "env", "valueFrom", "volumes", "resources", "limits", "rules", "type", "op", "path", "value",
    "from", "$patch", "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/a",
    "preconditions", "gracePeriodSeconds", "dryRun", "deleteOptions", "clusterIP", "maxSurge",
    "strategy", "rollingUpdate", "minAvailable", "metrics", "conditions", "fieldsV1", "operation",
    "backoffLimit", "creationTimestamp", "deletionTimestamp", "generateName", "schedule",
)  # fmt: skip


class Noise:
    """The same noise from the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one(self, of: Sequence[str]) -> str:
        return self.random.choice(of)

    def path(self) -> str:
        if self.random.random() < 0.05:
            return "/" + "/".join(
                self.one(("api", "apis", "v1", "apps", "openapi", "v3", "v2", "version", "%2f", ""))
                for _ in range(self.random.randint(0, 5))
            )
        kind = self.random.choice(SERVED)
        parts = [collection(kind, self.one(NAMESPACES[:2] * 6 + NAMESPACES))]
        if self.random.random() < 0.75:
            parts.append(self.one(NAMES[:2] * 6 + NAMES))
            parts.append(self.one(SUBRESOURCES))
        return "/".join(quote(part, safe="%/") for part in parts if part)

    def value(self, depth: int = 0) -> object:
        chance = self.random.random()
        if depth > 4 or chance < 0.35:
            return self.random.choice(WORDS)
        if chance < 0.5:
            return [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]
        return {self.one(FIELDS): self.value(depth + 1) for _ in range(self.random.randint(0, 5))}

    def bent(self, value: object) -> object:
        """Something valid with one part of it changed."""
        if isinstance(value, dict) and value and self.random.random() < 0.85:
            key = self.random.choice(sorted(value))
            return {**value, key: self.bent(value[key])}
        if isinstance(value, list) and value and self.random.random() < 0.8:
            at = self.random.randrange(len(value))
            return [*value[:at], self.bent(value[at]), *value[at + 1 :]]
        return self.random.choice(WORDS) if self.random.random() < 0.6 else self.value(3)

    def body(self) -> bytes:
        if self.random.random() < 0.3:
            beginning = self.one(BEGINNINGS).encode("latin-1")
            return beginning + self.random.randbytes(self.random.choice((0, 0, 4, 40)))
        raw = encoded(self.value())
        return raw[: self.random.randrange(len(raw))] if self.random.random() < 0.1 else raw

    def nearly_valid(self) -> tuple[str, str, str, bytes]:
        """A write that a client might well send, but for one or two of its parts."""
        sent: Mapping[str, object] = self.random.choice(VALID)
        kind = KINDS[str(sent["kind"])]
        method = self.one(("POST", "PUT", "PATCH", "PATCH"))
        path = collection(kind, "dev") + ("" if method == "POST" else "/web")
        bent: object = sent
        for _ in range(self.random.choice((1, 1, 2))):
            bent = self.bent(bent)
        if method != "PATCH":
            return method, path, "application/json", encoded(bent)
        path += self.one(("", "", "", "/status", "/scale"))
        media_type = self.one(TYPES[3:7])
        if media_type == TYPES[3]:
            operation = self.one(("add", "replace", "remove", "test", "copy", "move", "nope"))
            pointer = "/" + "/".join(self.one((*FIELDS, "0", "-")) for _ in range(3))
            step: object = {
                "op": operation,
                "path": pointer,
                "from": "/spec",
                "value": self.value(2),
            }
            bent = self.bent([step]) if self.random.random() < 0.5 else [step]
        return method, path, media_type, encoded(bent)

    def query(self) -> dict[str, str]:
        names = self.random.sample(QUERIES, self.random.choice((0, 0, 1, 1, 2, 4)))
        return {name: str(self.random.choice(WORDS)) for name in names}


def collection(kind: Resource, namespace: str) -> str:
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    return (
        f"{root}/namespaces/{namespace}/{kind.plural}"
        if kind.namespaced
        else f"{root}/{kind.plural}"
    )


def encoded(value: object) -> bytes:
    return msgspec.json.encode(value, enc_hook=repr)


BEGINNINGS = (
    "",
    "{",
    "[",
    "\xff\xfe",
    "k8s\x00",
    "null",
    "- a: [",
    "a: &a [*a]",
    '"x"',
    "!!python/x",
)
KINDS = {kind.kind: kind for kind in SERVED}
META = {"name": "web", "labels": {"app": "web"}, "annotations": {"a": "b"}, "finalizers": ["a.b/c"]}
POD_SPEC = {
    "containers": [
        {
            "name": "web",
            "image": "example/web:1",
            "ports": [{"containerPort": 80, "name": "http", "protocol": "TCP"}],
            "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "10m"}},
            "livenessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        }
    ],
    "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "c", "configMap": {"name": "c"}}],
    "terminationGracePeriodSeconds": 1,
}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": POD_SPEC}
SELECTOR = {"matchLabels": {"app": "web"}}
VALID: tuple[dict[str, object], ...] = (
    {"apiVersion": "v1", "kind": "Pod", "metadata": META, "spec": POD_SPEC},
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": META,
        "spec": {
            "replicas": 2,
            "selector": SELECTOR,
            "template": TEMPLATE,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}},
        },
        "status": {"conditions": [{"type": "Available", "status": "True"}]},
    },
    {"apiVersion": "batch/v1", "kind": "Job", "metadata": META, "spec": {"template": TEMPLATE}},
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": META,
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]},
    },
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": META, "data": {"a": "b"}},
    {"apiVersion": "v1", "kind": "Secret", "metadata": META, "data": {"a": "Yg=="}, "type": "a/b"},
    {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": META,
        "spec": {"minAvailable": "50%", "selector": SELECTOR},
    },
    {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": META,
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 1,
            "maxReplicas": 3,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": 80},
                    },
                }
            ],
        },
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": META,
        "spec": {
            "rules": [
                {
                    "host": "a.b",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 80}}},
                            }
                        ]
                    },
                }
            ]
        },
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": META,
        "spec": {
            "podSelector": SELECTOR,
            "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80}]}],
            "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}],
        },
    },
)


def request(
    method: str,
    path: str,
    body: bytes,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx2.Request:
    return httpx2.Request(
        method,
        f"https://127.0.0.1{path}",
        params=query,
        headers={"Authorization": f"Bearer {TOKEN}", **(headers or {})},
        content=body,
    )


def requests(seed: int) -> Iterator[httpx2.Request]:
    noise = Noise(seed)
    for valid in VALID:
        yield request("POST", collection(KINDS[str(valid["kind"])], "dev"), encoded(valid))
    for _ in range(REQUESTS):
        accept, query = ACCEPTS[0], {"fieldManager": "me"}
        if noise.random.random() < 0.6:
            method, path, media_type, body = noise.nearly_valid()
        else:
            method, path, media_type = noise.one(METHODS), noise.path(), noise.one(TYPES)
            body = noise.body()
        if noise.random.random() < 0.3:
            accept, query = noise.one(ACCEPTS), noise.query()
        yield request(method, path, body, query, {"Accept": accept, "Content-Type": media_type})


async def test_no_request_makes_the_server_fail(client: httpx2.AsyncClient) -> None:
    failed = []
    for each in requests(seed=1):
        answer = await client.send(each)
        # the real server has no better code for an apply that does not fit its kind
        if answer.status_code == 500 and "failed to create typed patch object" not in answer.text:
            failed.append((each.method, str(each.url), each.headers, each.content, answer.text))
    assert failed == []
