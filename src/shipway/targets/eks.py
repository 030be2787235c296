"""The target on AWS: an EKS cluster and the registry of its account, both reached with short-lived tokens."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
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
from shipway.targets import eks_login, private_file
from shipway.targets.eks_login import Login
from shipway.targets.eks_settings import Settings
from shipway.targets.target import Place, Target

NAME = "eks"
START = "shipway setup eks"


@dataclass(eq=False)
class AwsMissing(ShipwayError):
    """helm and kubectl start it whenever they need a token for the cluster."""

    exit_code: ClassVar[int] = USAGE

    @property
    def problem(self) -> str:
        return "the program aws is not on the PATH: the cluster's tokens come from it"

    @property
    def remedy(self) -> str:
        return "install the AWS CLI: https://docs.aws.amazon.com/cli/"


@dataclass(frozen=True, slots=True)
class Eks:
    """It is set up by `shipway setup eks`; a release only finds it and logs in."""

    host_images: ClassVar[bool] = False

    project: Project
    shell: Shell
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @property
    def home(self) -> Path:
        return self.project.root / ".shipway" / NAME

    def check(self) -> None:
        self.settings()

    def settings(self) -> Settings:
        return Settings.read(self.variables, self.project.image.repository)

    async def up(self, say: Callable[[str], None]) -> Target:
        """The target with a fresh login to its registry."""
        settings = self.settings()
        aws = Aws(settings.region)
        say("asking AWS who we are")
        who = await identity(aws, settings.account)
        login = self._login(aws, settings, keep=True)
        say(f"logging in to {settings.registry}")
        async with at_once() as group:
            found = group.create_task(cluster.describe(aws, settings.cluster))
            group.create_task(login.credentials())
        return self._target(aws, settings, who, found.result(), login)

    async def find(self) -> Target:
        """The target; whoever uses its registry logs in first."""
        settings = self.settings()
        aws = Aws(settings.region)
        who = await identity(aws, settings.account)
        found = await cluster.describe(aws, settings.cluster)
        eks_login.forget_old(self._helm / "registry.json")
        return self._target(aws, settings, who, found, self._login(aws, settings, keep=False))

    async def down(self, *, purge: bool) -> str:  # noqa: ARG002  # nothing of the cluster is kept here
        """Forget the way in. The cluster is not touched."""
        await asyncio.to_thread(shutil.rmtree, self.home, ignore_errors=True)
        return "the login and the kubeconfig in .shipway/eks are gone; the cluster was not touched"

    def aws_program(self) -> str:
        found = shutil.which("aws", path=self.variables.get("PATH", os.defpath))
        if found is None:
            raise AwsMissing
        return found

    @property
    def _helm(self) -> Path:
        return self.home / "helm"

    def _login(self, aws: Aws, settings: Settings, *, keep: bool) -> Login:
        file = self._helm / "registry.json" if keep else None
        return Login(lambda: ecr.token(aws), settings.registry, file)

    def _target(
        self, aws: Aws, settings: Settings, who: Identity, found: Cluster, login: Login
    ) -> Target:
        kubeconfig = self.home / "kubeconfig"
        private_file.write(kubeconfig, found.kubeconfig(self.aws_program()))
        return Target(
            name=NAME,
            registry=Address(settings.registry, prefix=settings.prefix),
            access=Access(
                NAME,
                kubeconfig,
                START,
                stranger=f"an admin lets {who.principal} in: {cluster.let_in(found, who.principal)}",
                bearer=lambda: cluster.bearer(aws, found.name),
            ),
            places=tuple(_places(self.project)),
            deployment=self.project.name,
            tool_env=_tool_env(self._helm),
            where=f"cluster {found.name} in {settings.region}, Kubernetes {found.version}",
            ingress_port=None,
            host_images=self.host_images,
            create_namespaces=False,
            credentials=login.provider,
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


def _tool_env(folder: Path) -> dict[str, str]:
    """The login for helm is in our file, never in the person's own; nothing is written outside the project."""
    return {
        "HELM_CACHE_HOME": str(folder / "cache"),
        "HELM_CONFIG_HOME": str(folder / "config"),
        "HELM_DATA_HOME": str(folder / "data"),
        "HELM_REGISTRY_CONFIG": str(folder / "registry.json"),
        "DOCKER_CONFIG": str(folder / "docker"),
        "KUBECACHEDIR": str(folder / "kube"),
    }
