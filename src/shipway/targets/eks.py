"""The target on AWS: an EKS cluster and the registry of its account, both reached with short-lived tokens."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from shipway.aws import cluster, ecr
from shipway.aws.client import Aws
from shipway.aws.cluster import Cluster
from shipway.aws.identity import Identity, identity
from shipway.charts import values
from shipway.commands.helm import Release
from shipway.config.project import Project
from shipway.errors import USAGE, ShipwayError
from shipway.kube.access import Access
from shipway.oci.reference import Address
from shipway.shell.at_once import at_once
from shipway.shell.shell import Shell
from shipway.targets import private_file, private_folder
from shipway.targets.eks_credential import VARIABLE, Credential, plugin
from shipway.targets.eks_login import Login
from shipway.targets.eks_settings import Settings
from shipway.targets.target import Place, Target
from shipway.targets.tool_env import tool_env

NAME = "eks"
START = "shipway setup eks"


@dataclass(eq=False)
class AwsMissing(ShipwayError):
    """helm and kubectl start it where they find no young token for the cluster."""

    exit_code: ClassVar[int] = USAGE

    @property
    def problem(self) -> str:
        return "the program aws is not on the PATH: the cluster's tokens come from it"

    @property
    def remedy(self) -> str:
        return "install the AWS CLI: https://docs.aws.amazon.com/cli/"


@dataclass(frozen=True, slots=True)
class _Logins:
    registry: Login
    bearer: Callable[[], Awaitable[str]]  # of the cluster
    env: Mapping[str, str]  # leads the programs that we start to both


@dataclass(frozen=True, slots=True)
class Eks:
    """It is set up by `shipway setup eks`; a release only finds it and logs in."""

    host_images: ClassVar[bool] = False
    one_by_one: ClassVar[bool] = False

    project: Project
    shell: Shell
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @property
    def home(self) -> Path:
        return self.project.root / ".shipway" / NAME

    async def check(self) -> None:
        self.settings()

    def kubeconfig(self, settings: Settings) -> Path:
        file = cluster.kubeconfig_file(settings.account, settings.region, settings.cluster)
        return self.project.root / file

    def settings(self) -> Settings:
        return Settings.read(self.variables, self.project.image.repository)

    async def up(self, say: Callable[[str], None]) -> Target:
        """The target with a fresh login to its registry."""
        settings = self.settings()
        aws = Aws(settings.region)
        say("asking AWS who we are")
        who = await identity(aws, settings.account)
        private = await asyncio.to_thread(private_folder.make, self.home)
        logins = private / "registry.json"
        login = Login(lambda: ecr.token(aws), settings.registry, logins)
        credential = Credential(
            lambda: cluster.bearer(aws, settings.cluster), private / "credential"
        )
        say(f"logging in to {settings.registry}")
        async with at_once() as group:
            found = group.create_task(cluster.describe(aws, settings.cluster))
            group.create_task(login.credentials())
            group.create_task(credential.bearer())
        env = {"HELM_REGISTRY_CONFIG": str(logins), VARIABLE: str(credential.file)}
        return self._target(settings, who, found.result(), _Logins(login, credential.bearer, env))

    async def find(self) -> Target:
        """The target; whoever uses its registry logs in first."""
        settings = self.settings()
        aws = Aws(settings.region)
        who = await identity(aws, settings.account)
        found = await cluster.describe(aws, settings.cluster)
        login = Login(lambda: ecr.token(aws), settings.registry)
        logins = _Logins(login, lambda: cluster.bearer(aws, found.name), {})
        return self._target(settings, who, found, logins)

    def aws_program(self) -> str:
        found = shutil.which("aws", path=self.variables.get("PATH", os.defpath))
        if found is None:
            raise AwsMissing
        return found

    def _target(
        self,
        settings: Settings,
        who: Identity,
        found: Cluster,
        logins: _Logins,
    ) -> Target:
        kubeconfig = self.kubeconfig(settings)
        private_file.write(
            kubeconfig, found.kubeconfig(plugin(found.get_token(self.aws_program())))
        )
        return Target(
            name=NAME,
            registry=Address(settings.registry, prefix=settings.prefix),
            access=Access(
                NAME,
                kubeconfig,
                START,
                stranger=f"an admin lets {who.principal} in: {cluster.let_in(found, who.principal)}",
                bearer=logins.bearer,
            ),
            places=tuple(_places(self.project)),
            deployment=self.project.name,
            tool_env={**tool_env(self.home / "helm"), **logins.env},
            where=f"cluster {found.name} in {settings.region}, Kubernetes {found.version}",
            ingress_port=None,
            host_images=self.host_images,
            create_namespaces=False,
            credentials=logins.registry.provider,
            variables=self.variables,
        )


def _places(project: Project) -> Iterator[Place]:
    target = project.targets[NAME]
    for environment in project.environments:
        if environment.name in target.values:
            file = Path(target.values[environment.name])
            yield Place(
                environment=environment.name,
                release=Release(project.release(environment), environment.namespace),
                values_file=file,
                host=_host(project.root / file, file),
            )


def _host(path: Path, file: Path) -> str:
    """The name that the load balancer answers to; empty where the values leave it open."""
    ingress = values.load(path.read_text(encoding="utf-8"), file=file).get("ingress")
    return str(ingress.get("host") or "") if isinstance(ingress, dict) else ""
