"""An EKS cluster and its ECR on this machine: drydock behind the names, the certificates and the logins of AWS.

What is made up: the cluster's nodes lend this machine's Python to images of the service, which stand on an empty base
here, and hold the image of curl. Everything else is what shipway, helm, kubectl and aws do on EKS, too.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lightkube import AsyncClient, KubeConfig
from lightkube.resources.networking_v1 import Ingress
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from drydock import admission, pki
from drydock.api import app as api
from drydock.controllers.loop import Controllers
from drydock.kubeconfig import kubeconfig
from drydock.node.node import Node
from drydock.registry import app as registry
from drydock.registry.storage import Storage
from drydock.resources import NAMESPACES, Object, Resource
from drydock.store import Store
from shipway.images.config import RUNTIME_LABEL
from shipway.images.curl import curl_image
from shipway.oci.reference import Address
from shipway.oci.registry import Registry
from tests.aws.cloud import ACCESS_KEY, PASSWORD, REGION, REGISTRY, cloud, serve
from tests.stories.base_image import empty_base

CURL = ("curlimages/curl", "8.11.1")
BASE = ("python", "slim")
NAMES = ("kube-system", "dev", "staging", "prod")


@dataclass
class Ecr:
    """A registry that lets in nobody without the token of the day."""

    app: ASGIApp
    password: str = PASSWORD
    refused: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = base64.b64encode(f"AWS:{self.password}".encode()).decode()
        if Request(scope).headers.get("Authorization") == f"Basic {wanted}":
            await self.app(scope, receive, send)
            return
        self.refused += 1
        challenge = {
            "WWW-Authenticate": f'Basic realm="https://{REGISTRY}/",service="ecr.amazonaws.com"'
        }
        await JSONResponse(
            {"errors": [{"code": "DENIED", "message": "no basic auth credentials"}]}, 401, challenge
        )(scope, receive, send)


@dataclass
class Authenticator:
    """As EKS: a token is a signed question to STS, for this cluster and short of 15 minutes old."""

    app: ASGIApp
    token: str = field(repr=False)  # drydock's own, which nobody outside has
    seen: set[str] = field(default_factory=set)
    forbidden: dict[str, str] = field(default_factory=dict)  # by path: what is said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Request(scope).headers.get("Authorization", "").removeprefix("Bearer ")
        headers = MutableHeaders(scope=scope)
        if scope["path"] in self.forbidden:
            status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403}
            said = {**status, "reason": "Forbidden", "message": self.forbidden[scope["path"]]}
            await JSONResponse(said, 403)(scope, receive, send)
            return
        if given == self.token:
            pass  # who made the cluster
        elif _is_of_this_cluster(given):
            self.seen.add(given)
            headers["Authorization"] = f"Bearer {self.token}"
        else:
            headers["Authorization"] = "Bearer of nobody"
        await self.app(scope, receive, send)


def _is_of_this_cluster(token: str) -> bool:
    prefix, _, rest = token.partition(".")
    if prefix != "k8s-aws-v1":
        return False
    url = urlsplit(base64.urlsafe_b64decode(rest + "=" * (-len(rest) % 4)).decode())
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    return (
        query["Action"] == "GetCallerIdentity"
        and query["X-Amz-Credential"].startswith(f"{ACCESS_KEY}/")
        and f"/{REGION}/sts/" in query["X-Amz-Credential"]
        and "x-k8s-aws-id" in query["X-Amz-SignedHeaders"]
    )


@dataclass(frozen=True, slots=True)
class Lent:
    """The registry as the nodes see it: what stands on the empty base gets this machine's Python."""

    storage: Storage
    folder: Path

    def manifest(self, repository: str, reference: str) -> tuple[str, bytes] | None:
        return self.storage.manifest(repository, reference)

    def blob_path(self, repository: str, digest: str) -> Path | None:
        path = self.storage.blob_path(repository, digest)
        if path is None or not _is_json(path):
            return path
        config = json.loads(path.read_bytes())
        config["config"].setdefault("Labels", {})[RUNTIME_LABEL] = "host"
        lent = self.folder / digest.replace(":", "-")
        lent.parent.mkdir(exist_ok=True)
        lent.write_text(json.dumps(config), encoding="utf-8")
        return lent


def _is_json(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) == b"{"


@dataclass(frozen=True, slots=True)
class StandIn:
    """`env` is what a person has after `source .env.eks` and a login."""

    env: Mapping[str, str]
    base: str  # the reference of the empty base image, which everybody may pull
    private_base: str  # of the same in ECR
    ecr: Ecr
    authenticator: Authenticator
    kubeconfig: Path  # with which an admin comes in

    @property
    def login(self) -> str:
        """To ECR, as Docker's configuration files write it."""
        return base64.b64encode(f"AWS:{self.ecr.password}".encode()).decode()

    def tokens(self) -> set[bytes]:
        """Everything that lets its bearer in, as it could stand in a file."""
        seen = {token.encode() for token in self.authenticator.seen}
        return {
            self.login.encode(),
            self.ecr.password.encode(),
            self.env["AWS_SECRET_ACCESS_KEY"].encode(),
            *seen,
        }


@asynccontextmanager
async def stand_in(home: Path) -> AsyncIterator[StandIn]:
    """`home` is made, and holds everything."""
    async with AsyncExitStack() as stack:
        identity = pki.identity(_folder(home / "pki"), datetime.now(UTC))
        token = pki.token(home / "token")
        store = Store(home / "state.db")
        stack.callback(store.close)
        for name in NAMES:
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            store.create(NAMESPACES, _admit(NAMESPACES, body))
        images = Lent(Storage(home / "registry"), home / "lent")
        node = Node(
            store, home=home / "node", images=images, registry_hosts=[REGISTRY, "docker.io"]
        )
        kubernetes = api.create(
            store, token=token, logs=node, pods=node.access, allowed_hosts=["127.0.0.1"]
        )
        authenticator = Authenticator(kubernetes, token)
        pem = home / "api.pem"
        pem.write_bytes(identity.key.read_bytes() + identity.certificate.read_bytes())
        port = await stack.enter_async_context(serve(authenticator, pem))
        stack.callback(store.close)  # ends the watches, for which the server would wait
        admin = home / "kubeconfig"
        admin.write_text(kubeconfig(port, identity.authority, token), encoding="utf-8")
        controllers = Controllers(
            store, admit=_admit, usage=node.access.usage, authority=identity.authority
        )
        for part in (node.run(), controllers.run(), _balance(admin)):
            stack.push_async_callback(_end, asyncio.create_task(part))

        hub = registry.create(
            home / "registry", immutable_tags=True, allowed_hosts=["127.0.0.1", REGISTRY]
        )
        ecr = Ecr(hub)
        hub_port = await stack.enter_async_context(serve(hub))
        ecr_port = await stack.enter_async_context(serve(ecr, _certificate(home, REGISTRY)))
        proxy_port = await stack.enter_async_context(_proxy({f"{REGISTRY}:443": ecr_port}))
        async with Registry(Address(f"127.0.0.1:{hub_port}", plain_http=True)) as images_of_others:
            for (name, tag), image in ((CURL, curl_image()), (BASE, empty_base())):
                await images_of_others.upload(name, image)
                await images_of_others.tag(name, image.digest, tag)

        authority = base64.b64encode(identity.authority.encode()).decode()
        env = await stack.enter_async_context(cloud(f"https://127.0.0.1:{port}", authority))
        proxies = {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy_port}",
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": str(home / "authority.pem"),
        }
        yield StandIn(
            env={**env, **proxies},
            base=f"127.0.0.1:{hub_port}/{BASE[0]}:{BASE[1]}",
            private_base=f"{REGISTRY}/{BASE[0]}:{BASE[1]}",
            ecr=ecr,
            authenticator=authenticator,
            kubeconfig=admin,
        )


async def _balance(kubeconfig: Path) -> None:
    """The load balancer controller's work: a DNS name for each ingress of its class."""
    config = KubeConfig.from_file(kubeconfig).get()
    assert config is not None
    async with AsyncClient(config=config, trust_env=False) as client:
        async for change, ingress in client.watch(Ingress, namespace="*"):
            assert ingress.metadata is not None
            assert ingress.spec is not None
            if change == "ADDED" and ingress.spec.ingressClassName == "alb":
                namespace = ingress.metadata.namespace or ""
                name = {"hostname": balancer(namespace)}
                await client.patch(
                    Ingress.Status,
                    ingress.metadata.name or "",
                    {"status": {"loadBalancer": {"ingress": [name]}}},
                    namespace=namespace,
                )


def balancer(namespace: str) -> str:
    return f"k8s-{namespace}-sampleap-0123456789.{REGION}.elb.amazonaws.com"


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def _admit(resource: Resource, obj: Object) -> Object:
    return admission.admit(resource, obj, None, taken_ips=frozenset())


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _certificate(home: Path, name: str) -> Path:
    """For a public name, by an authority that the test's programs believe."""
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (home / "authority.pem").write_bytes(public)
    path = home / "ecr.pem"
    path.write_bytes(private + public)
    return path


@asynccontextmanager
async def _proxy(ports: dict[str, int]) -> AsyncIterator[int]:
    """An HTTP proxy that leads CONNECT to a name to a port of this machine, and nowhere else."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        if method != "CONNECT" or target not in ports:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        else:
            inner = await asyncio.open_connection("127.0.0.1", ports[target])
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pipe(reader, inner[1]), _pipe(inner[0], writer))
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(2**16):
            writer.write(chunk)
            await writer.drain()
    writer.close()
