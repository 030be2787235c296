"""AWS on loopback: moto's STS, ECR and EKS behind real HTTP, for programs that no mock reaches into."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import uvicorn
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from moto.eks.models import eks_backends
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.loopback import listen

ACCOUNT = "123456789012"  # moto's own
REGION = "eu-central-1"
CLUSTER = "dagger-demo-eks"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
PASSWORD = f"{ACCOUNT}-auth-token"  # what moto's ECR gives
ACCESS_KEY, SECRET_KEY = "AKIAEXAMPLE", "the-secret-key-of-the-test"
_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


@asynccontextmanager
async def serve(app: ASGIApp, certificate: Path | None = None) -> AsyncIterator[int]:
    """On a port of the system's choice; with `certificate` (a PEM with its key) over TLS."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate,
        )
    )
    with listen() as listener:
        port = int(listener.getsockname()[1])
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield port
        finally:
            server.should_exit = True
            await serving


@dataclass
class Endpoint:
    """Hands each request to moto, under the host name that its signature is for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        signed = _SCOPE.search(request.headers.get("Authorization", ""))
        assert signed, "a request without a signature"
        host = {"ecr": "api.ecr"}.get(signed["service"], signed["service"])
        query = f"?{request.url.query}" if request.url.query else ""
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            if name != "host":
                headers[name] = value
        asked = AWSPreparedRequest(
            method=request.method,
            url=f"https://{host}.{signed['region']}.amazonaws.com{request.url.path}{query}",
            headers=headers,
            body=body,
            stream_output=False,
        )
        answer: Any = await asyncio.to_thread(BotocoreStubber().process_request, asked)
        status, answered, content = answer
        kept = {k: str(v) for k, v in answered.items() if k.lower() != "content-length"}
        raw = content.encode() if isinstance(content, str) else content
        await Response(raw, status, headers=kept)(scope, receive, send)


@asynccontextmanager
async def cloud(endpoint: str, authority: str) -> AsyncIterator[dict[str, str]]:
    """An account with the cluster and both repositories; the variables that lead to it."""
    with mock_aws():
        eks = boto3.client("eks", region_name=REGION)
        eks.create_cluster(
            name=CLUSTER,
            version="1.35",
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster",
            resourcesVpcConfig={"subnetIds": ["subnet-a", "subnet-b"]},
        )
        made = eks_backends[ACCOUNT][REGION].clusters[CLUSTER]
        made.endpoint, made.certificate_authority = endpoint, {"data": authority}
        ecr = boto3.client("ecr", region_name=REGION)
        for name in ("sample-app", "charts/sample-app"):
            ecr.create_repository(repositoryName=name)
        async with serve(Endpoint()) as port:
            yield {
                "DEPLOYMENT_TARGET": "eks",
                "AWS_ACCOUNT_ID": ACCOUNT,
                "AWS_REGION": REGION,
                "ECR_REPO_URI": f"{REGISTRY}/sample-app",
                "EKS_CLUSTER_NAME": CLUSTER,
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                "AWS_EC2_METADATA_DISABLED": "true",
            }
