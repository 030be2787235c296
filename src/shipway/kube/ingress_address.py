"""The load balancer of an ingress: its DNS name, and why there is none yet.

The AWS Load Balancer Controller makes one per ingress of class `alb` and writes its name into the ingress's status.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
from lightkube.models.apps_v1 import Deployment as DeploymentModel
from lightkube.models.networking_v1 import Ingress as IngressModel
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Event, Pod
from lightkube.resources.networking_v1 import Ingress, IngressClass

from shipway.commands import kubectl
from shipway.commands.helm import Cluster, Release

CONTROLLER = "aws-load-balancer-controller"
SYSTEM = "kube-system"
CLASS = "alb"
ANNOTATION = "alb.ingress.kubernetes.io"
KNOWN = {"scheme": ("internal", "internet-facing"), "target-type": ("instance", "ip")}
LOG_LINES = 200


@dataclass(frozen=True, slots=True)
class Absence:
    """Why an ingress has no load balancer, and what to do."""

    cause: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.cause}; try: {self.remedy}"


@dataclass(frozen=True, slots=True)
class Controller:
    """What could be seen of it; `readable` is false where our identity may not look into its namespace."""

    readable: bool
    installed: bool = False
    available: int = 0
    error: str = ""  # its last log line that is an error


@dataclass(frozen=True, slots=True)
class Facts:
    name: str
    release: Release
    shown: Cluster  # for the commands that a person types
    ingress_class: str
    class_known: bool
    controller: Controller
    annotations: dict[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()  # warnings, oldest first


async def find(client: AsyncClient, namespace: str, name: str) -> str:
    """Its DNS name or address; empty where there is none."""
    try:
        return _address(await client.get(Ingress, name, namespace=namespace))
    except ApiError as error:
        if error.status.code == 404:
            return ""
        raise


async def wait(
    client: AsyncClient,
    namespace: str,
    name: str,
    *,
    seconds: float,
    progress: Callable[[str], None],
) -> str:
    """As `find`, for so long. There is nothing to wait for where there is no ingress: NoIngress."""
    try:
        found = _address(await client.get(Ingress, name, namespace=namespace))
    except ApiError as error:
        if error.status.code == 404:
            raise NoIngress from error
        raise
    if found:
        return found
    progress("waiting for the load balancer's name")
    try:
        async with asyncio.timeout(seconds):
            changes = client.watch(Ingress, namespace=namespace, fields={"metadata.name": name})
            async for _, ingress in changes:
                if address := _address(ingress):
                    return address
    except TimeoutError:
        pass  # it takes minutes at the first time
    return ""


class NoIngress(Exception):
    """The release does not want to be reached from outside."""


async def why(client: AsyncClient, shown: Cluster, release: Release, name: str) -> Absence:
    """Why there is no load balancer (yet), as far as our identity may see. `shown` is for the remedy."""
    namespace = release.namespace
    ingress = await client.get(Ingress, name, namespace=namespace)
    annotations = dict((ingress.metadata and ingress.metadata.annotations) or {})
    spec_class = ingress.spec.ingressClassName if ingress.spec else None
    ingress_class = spec_class or annotations.get("kubernetes.io/ingress.class", "")
    return explain(
        Facts(
            name=name,
            release=release,
            shown=shown,
            ingress_class=ingress_class,
            class_known=not spec_class or await _knows_class(client, spec_class),
            controller=await controller(client),
            annotations=annotations,
            events=await _warnings(client, namespace, name),
        )
    )


def explain(facts: Facts) -> Absence:
    """The nearest cause first: what the ingress itself says, then who should have acted on it."""
    logs = str(kubectl.balancer_logs(facts.shown))
    controller, where = facts.controller, f"ingress {facts.name}"
    if facts.ingress_class != CLASS:
        named = f"has class {facts.ingress_class}" if facts.ingress_class else "has no class"
        return Absence(
            f"{where} {named}, not {CLASS}", f"set ingress.className: {CLASS} in its values file"
        )
    for key, choices in KNOWN.items():
        value = facts.annotations.get(f"{ANNOTATION}/{key}")
        if value is not None and value not in choices:
            return Absence(
                f"{where} has annotation {ANNOTATION}/{key}: {value}",
                f"make it {' or '.join(choices)} in its values file",
            )
    if controller.readable and not controller.installed:
        return Absence(f"{CONTROLLER} is not installed in {SYSTEM}", "shipway setup eks")
    if controller.readable and not controller.available:
        said = f": {controller.error}" if controller.error else ""
        return Absence(f"{CONTROLLER} is not running{said}", logs)
    if not facts.class_known:
        return Absence(f"the cluster has no ingress class {CLASS}", "shipway setup eks")
    if facts.events:
        return _told(facts.events[-1], str(kubectl.describe_ingress(facts.shown, facts.release)))
    if facts.release.namespace in controller.error:
        return Absence(f"{CONTROLLER} says: {controller.error}", logs)
    again = str(kubectl.ingress(facts.shown, facts.release))
    return Absence("no load balancer yet, it takes a few minutes", again)


def _told(event: str, describe: str) -> Absence:
    """By the words of the controller's own events."""
    if "subnet" in event:
        return Absence(
            f"no subnets for the load balancer: {event}",
            "tag the public subnets kubernetes.io/role/elb=1 (shipway setup eks does)",
        )
    return Absence(f"the controller refuses the ingress: {event}", describe)


async def controller(client: AsyncClient) -> Controller:
    """The AWS Load Balancer Controller, as far as we may see it."""
    try:
        found = await client.get(Deployment, CONTROLLER, namespace=SYSTEM)
        return Controller(
            readable=True,
            installed=True,
            available=_available(found),
            error=await _last_error(client),
        )
    except ApiError as error:
        if error.status.code in {403, 404}:
            return Controller(readable=error.status.code == 404)
        raise


def _available(found: DeploymentModel) -> int:
    return (found.status and found.status.availableReplicas) or 0


async def _last_error(client: AsyncClient) -> str:
    """Of its newest log lines the last that is an error: it writes JSON, a crash writes anything."""
    labels: dict[str, str] = {"app.kubernetes.io/name": CONTROLLER}
    errors: list[str] = []
    async for pod in client.list(Pod, namespace=SYSTEM, labels={**labels}):
        name = (pod.metadata and pod.metadata.name) or ""
        try:
            lines = client.log(name, namespace=SYSTEM, tail_lines=LOG_LINES, newlines=False)
            errors += [line async for line in lines if _is_error(line)]
        except ApiError:
            continue  # a container that never started has no log
    return errors[-1] if errors else ""


def _is_error(line: str) -> bool:
    try:
        return str(json.loads(line)["level"]) == "error"
    except (ValueError, LookupError, TypeError):
        return "error" in line.lower()


async def _knows_class(client: AsyncClient, name: str) -> bool:
    try:
        await client.get(IngressClass, name)
    except ApiError as error:
        return error.status.code != 404  # one that we may not read may be there
    return True


async def _warnings(client: AsyncClient, namespace: str, name: str) -> tuple[str, ...]:
    found = [
        (str(event.lastTimestamp), f"{event.reason}: {event.message}")
        async for event in client.list(
            Event, namespace=namespace, fields={"involvedObject.name": name}
        )
        if event.type == "Warning" and event.involvedObject.kind == "Ingress"
    ]
    return tuple(text for _, text in sorted(found))


def _address(ingress: IngressModel) -> str:
    balancer = ingress.status.loadBalancer if ingress.status else None
    for each in (balancer.ingress if balancer else None) or []:
        if each.hostname or each.ip:
            return each.hostname or each.ip or ""
    return ""
