"""What a release to EKS needs, in the order in which one thing needs the other."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass

from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError

from shipway.actions.checking import checked
from shipway.actions.session import Session
from shipway.aws import ecr
from shipway.aws.client import Aws
from shipway.aws.cluster import describe
from shipway.aws.identity import identity
from shipway.commands import kubectl
from shipway.errors import ShipwayError
from shipway.kube import ingress_address, namespaces, network_policy, rights
from shipway.kube.access import connect, refusal
from shipway.model.check import Check
from shipway.oci.reference import Address
from shipway.targets.eks import START, Eks
from shipway.targets.eks_settings import Settings
from shipway.targets.target import Place, Target

READINESS_GATE = "elbv2.k8s.aws/pod-readiness-gate-inject"


@dataclass(eq=False)
class NotAsItShould(ShipwayError):
    """Something is there, and a release would suffer from how it is."""

    what: str
    command: str

    @property
    def problem(self) -> str:
        return self.what

    @property
    def remedy(self) -> str:
        return self.command


async def checks(session: Session) -> list[Check]:
    """As far as they can be made: without credentials there is no cluster to ask."""
    return [check async for check in _checks(session, Eks(session.project, session.shell))]


async def _checks(session: Session, eks: Eks) -> AsyncIterator[Check]:
    yield await checked("aws", _program(eks))
    settings = await checked("settings", _settings(eks))
    yield settings
    if not settings.ok:
        return
    known = eks.settings()
    aws = Aws(known.region)
    who = await checked("identity", _identity(aws, known))
    yield who
    if not who.ok:
        return
    yield await checked("registry", _login(aws, known))
    for name in (session.project.image.repository, session.project.chart.repository):
        yield await checked("repository", _repository(aws, known, name))
    cluster = await checked("cluster", _cluster(aws, known))
    yield cluster
    if cluster.ok:
        for check in await _inside(eks):
            yield check


async def _program(eks: Eks) -> str:
    return eks.aws_program()


async def _settings(eks: Eks) -> str:
    found = eks.settings()
    return f"account {found.account}, region {found.region}, cluster {found.cluster}"


async def _identity(aws: Aws, settings: Settings) -> str:
    return (await identity(aws, settings.account)).arn


async def _login(aws: Aws, settings: Settings) -> str:
    await ecr.token(aws)
    return f"{settings.registry} takes our login"


async def _repository(aws: Aws, settings: Settings, name: str) -> str:
    full = Address(settings.registry, prefix=settings.prefix).name(name)
    await ecr.require(aws, full)
    return f"{full} is there"


async def _cluster(aws: Aws, settings: Settings) -> str:
    found = await describe(aws, settings.cluster)
    return f"{found.name} is ACTIVE, Kubernetes {found.version}"


async def _inside(eks: Eks) -> list[Check]:
    """Through one connection: each costs a token."""
    found: list[Check] = []
    try:
        target = await eks.find()
        async with connect(target.access) as client:
            for name, answer in (
                *((each.environment, _place(client, target, each)) for each in target.places),
                ("balancers", _controller(client, target)),
                ("policies", _policies(client)),
            ):
                check = await _asked(target, name, answer)
                found.append(check)
    except ShipwayError as error:
        found.append(Check("access", ok=False, found=error.problem, remedy=error.remedy))
    return found


async def _asked(target: Target, name: str, answer: Awaitable[str]) -> Check:
    """A 403 is an answer to one question; who is not known at all (401) need not ask another."""

    async def translated() -> str:
        try:
            return await answer
        except ApiError as error:
            if error.status.code == 401:
                raise
            raise refusal(target.access, error) from error

    return await checked(name, translated())


async def _place(client: AsyncClient, target: Target, place: Place) -> str:
    name = place.release.namespace
    labels = await namespaces.labels(client, name, START)
    if not await rights.may_deploy(client, name):
        problem = f"this identity may not deploy to namespace {name}"
        raise NotAsItShould(problem, str(kubectl.rights(target.shown, name)))
    if labels.get(READINESS_GATE) != "enabled":
        raise NotAsItShould(
            f"namespace {name} has no readiness gate: a rollout drops requests",
            str(kubectl.label_namespace(target.shown, name, f"{READINESS_GATE}=enabled")),
        )
    return f"namespace {name} with readiness gate; we may deploy to it"


async def _controller(client: AsyncClient, target: Target) -> str:
    name = ingress_address.CONTROLLER
    found = await ingress_address.controller(client)
    if not found.readable:
        raise NotAsItShould(
            f"this identity may not see {name}", "ask with an identity that administers the cluster"
        )
    if not found.installed:
        raise NotAsItShould(f"{name} is not installed", START)
    if not found.available:
        said = f": {found.error}" if found.error else ""
        raise NotAsItShould(
            f"{name} is not running{said}", str(kubectl.balancer_logs(target.shown))
        )
    return f"{name} runs"


async def _policies(client: AsyncClient) -> str:
    on, nodes = await network_policy.enforcing(client)
    if nodes == 0:
        raise NotAsItShould("no node runs the VPC CNI (aws-node)", START)
    if on < nodes:
        raise NotAsItShould(
            f"NetworkPolicies have no effect on {nodes - on} of {nodes} nodes: "
            "the agent of the VPC CNI is switched off",
            START,
        )
    return f"the agent of the VPC CNI enforces them on {nodes} nodes"
