"""One account and one machine for each test, and a cluster that is drydock's API: TLS, a token, a store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from moto import mock_aws

from drydock import pki
from drydock.api import app as api
from drydock.kubeconfig import kubeconfig
from drydock.resources import DEPLOYMENTS, NAMESPACES, NODES, Object, Resource
from drydock.store import Store
from tests.aws.cloud import ACCESS_KEY, CLUSTER, SECRET_KEY, serve
from tests.eks.account import Machine
from tests.no_pods import NoPods

TOKEN = "the-token-of-the-cluster"


class NoLogs:
    """No pod runs here."""

    async def read(self, *_: object, **__: object) -> AsyncIterator[bytes]:
        nothing: tuple[bytes, ...] = ()
        for line in nothing:
            yield line


def add(store: Store, resource: Resource, name: str, body: Object, namespace: str = "") -> None:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    store.create(resource, {"metadata": metadata, **body})


@pytest.fixture
def store() -> Store:
    """A cluster as the stack leaves it."""
    store = Store()
    for name in ("kube-system", "dev", "staging", "prod"):
        body = {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
        add(store, NAMESPACES, name, body)
    for name in ("node-a", "node-b"):
        add(store, NODES, name, {"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    controller = {
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"spec": {"containers": []}},
        },
        "status": {"availableReplicas": 2},
    }
    add(store, DEPLOYMENTS, "aws-load-balancer-controller", controller, "kube-system")
    return store


@pytest.fixture
async def machine(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Machine]:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "pki"
    folder.mkdir()
    identity = pki.identity(folder, datetime.now(UTC))
    pem = tmp_path / "api.pem"
    pem.write_bytes(identity.key.read_bytes() + identity.certificate.read_bytes())
    app = api.create(store, token=TOKEN, logs=NoLogs(), pods=NoPods(), allowed_hosts=("127.0.0.1",))
    root = tmp_path / "project"
    root.mkdir()
    with mock_aws():
        async with serve(app, pem) as port:
            text = kubeconfig(port, identity.authority, TOKEN).replace("drydock", CLUSTER)
            yield Machine(root, text, f"https://127.0.0.1:{port}")
            store.close()
