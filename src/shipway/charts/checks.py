"""Traps that a rendered manifest shows before any cluster sees it."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipway.charts.render import Object, name
from shipway.charts.workloads import Workload, annotation, of_kind, selects, workloads

_TMP = "/tmp"  # noqa: S108  (a folder inside a pod)
DEFAULT_GRACE = 30  # seconds, Kubernetes' terminationGracePeriodSeconds
DEFAULT_DEADLINE = 600  # seconds, Kubernetes' progressDeadlineSeconds


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with which object, and the edit that puts it right."""

    rule: str
    object: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.object}: {self.problem} ({self.rule})"


@dataclass(frozen=True, slots=True)
class Rendered:
    """One environment's manifest and the seconds its rollout is watched for."""

    objects: Sequence[Object]
    timeout: float

    @property
    def workloads(self) -> list[Workload]:
        return list(workloads(self.objects))

    @property
    def released(self) -> list[Workload]:
        """Without hooks: what is there when helm has ended."""
        return [each for each in self.workloads if not each.hooks]

    def autoscaler(self, workload: Workload) -> Object | None:
        for found in of_kind(self.objects, "HorizontalPodAutoscaler"):
            target = found["spec"]["scaleTargetRef"]
            if f"{target['kind']}/{target['name']}" == workload.name:
                return found
        return None


def check(objects: Sequence[Object], *, timeout: float) -> list[Finding]:
    """Every finding, rule by rule. `timeout` is what a rollout is given, in seconds."""
    rendered = Rendered(objects, timeout)
    return [finding for rule in RULES for finding in rule(rendered)]


def image_by_digest(rendered: Rendered) -> Iterator[Finding]:
    """A tag can move: pods of one revision differ then, and no rollback brings the old bytes back."""
    for workload in rendered.released:
        for container in workload.containers:
            image = str(container.get("image", ""))
            if "@sha256:" not in image:
                yield Finding(
                    "image-by-digest",
                    workload.name,
                    f"container {container.get('name')} runs {image}, a tag that can move",
                    "render the image as repository@sha256:…",
                )


def disruption_budget(rendered: Rendered) -> Iterator[Finding]:
    """A budget that lets no pod go blocks every node drain, and with it every upgrade of the cluster."""
    for budget in of_kind(rendered.objects, "PodDisruptionBudget"):
        spec = budget.get("spec") or {}
        for workload in rendered.released:
            if not selects(spec.get("selector"), workload.labels):
                continue
            replicas = _least_replicas(rendered, workload)
            left = _allowed_to_go(spec, replicas)
            if left < 1:
                yield Finding(
                    "disruption-budget",
                    name(budget),
                    f"none of the {replicas} pods of {workload.name} may ever be evicted",
                    "set minAvailable below the least number of pods, or use maxUnavailable: 1",
                )


def replicas_and_autoscaler(rendered: Rendered) -> Iterator[Finding]:
    """Each upgrade would undo what the autoscaler did, and under server-side apply it fails on the conflict."""
    for workload in rendered.released:
        autoscaler = rendered.autoscaler(workload)
        if autoscaler and "replicas" in (workload.object.get("spec") or {}):
            yield Finding(
                "replicas-and-autoscaler",
                workload.name,
                f"spec.replicas is set although {name(autoscaler)} scales it",
                "leave replicas out of the template when autoscaling is on",
            )


def writable_tmp(rendered: Rendered) -> Iterator[Finding]:
    """Test pods, too: most programs want to write to /tmp at some time."""
    for workload in rendered.workloads:
        volumes = {each["name"]: each for each in workload.pod_spec.get("volumes") or ()}
        for container in workload.containers:
            context = container.get("securityContext") or {}
            mounts = {
                str(each["mountPath"]).rstrip("/"): volumes.get(each["name"], {})
                for each in container.get("volumeMounts") or ()
            }
            if context.get("readOnlyRootFilesystem") and "emptyDir" not in mounts.get(_TMP, {}):
                yield Finding(
                    "writable-tmp",
                    workload.name,
                    f"container {container.get('name')} has a read-only root and no emptyDir on /tmp",
                    "add an emptyDir volume and mount it at /tmp",
                )


def progress_deadline(rendered: Rendered) -> Iterator[Finding]:
    """Only a passed deadline makes a Deployment failed; a later one leaves the watcher with a bare timeout."""
    for workload in rendered.released:
        if workload.kind != "Deployment":
            continue
        deadline = (workload.object.get("spec") or {}).get(
            "progressDeadlineSeconds", DEFAULT_DEADLINE
        )
        if deadline >= rendered.timeout:
            yield Finding(
                "progress-deadline",
                workload.name,
                f"it counts as stuck after {deadline} s, but is watched for {rendered.timeout:g} s",
                f"set progressDeadlineSeconds below {rendered.timeout:g}",
            )


def test_pod_kept(rendered: Rendered) -> Iterator[Finding]:
    """Helm deletes the pod before anyone has read why it failed."""
    for found in rendered.objects:
        hooks = annotation(found, "helm.sh/hook")
        policy = annotation(found, "helm.sh/hook-delete-policy")
        early = [word for word in ("hook-succeeded", "hook-failed") if word in policy]
        if "test" in hooks and early:
            yield Finding(
                "test-pod-kept",
                name(found),
                f"its logs are lost: the delete policy says {', '.join(early)}",
                "set helm.sh/hook-delete-policy to before-hook-creation alone",
            )


def test_pod_admitted(rendered: Rendered) -> Iterator[Finding]:
    """Where policies are enforced, a test that they do not let in fails although the service is well."""
    policies = [
        each.get("spec") or {}
        for each in of_kind(rendered.objects, "NetworkPolicy")
        if "Ingress" in ((each.get("spec") or {}).get("policyTypes") or ["Ingress"])
    ]
    for test in rendered.workloads:
        if "test" not in test.hooks:
            continue
        for workload in rendered.released:
            holding = [
                each for each in policies if selects(each.get("podSelector") or {}, workload.labels)
            ]
            if holding and not any(_admits(each, test.labels) for each in holding):
                yield Finding(
                    "test-pod-admitted",
                    test.name,
                    f"no NetworkPolicy lets it reach {workload.name}",
                    "give the test pod the labels that the policy's ingress rule asks for",
                )


def grace_period(rendered: Rendered) -> Iterator[Finding]:
    """The pause counts against the grace period; what is left is for requests in flight."""
    for workload in rendered.released:
        grace = workload.pod_spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE)
        for container in workload.containers:
            pause = (_pre_stop(container).get("sleep") or {}).get("seconds", 0)
            if pause and grace <= pause:
                yield Finding(
                    "grace-period",
                    workload.name,
                    f"container {container.get('name')} is killed after {grace} s, its pause takes {pause} s",
                    f"set terminationGracePeriodSeconds to more than {pause}, with time to drain",
                )


def pause_before_stop(rendered: Rendered) -> Iterator[Finding]:
    """A load balancer goes on sending for seconds after a pod was told to end."""
    for workload in rendered.released:
        pausing = any(_pre_stop(each) for each in workload.containers)
        if not pausing and _is_routed(rendered, workload):
            yield Finding(
                "pause-before-stop",
                workload.name,
                "an Ingress routes to it, and it stops at once: rollouts drop requests",
                "add lifecycle.preStop.sleep with some seconds",
            )


def native_sleep(rendered: Rendered) -> Iterator[Finding]:
    """A slim image has no shell and no sleep: the hook fails, and the pause is none."""
    for workload in rendered.released:
        for container in workload.containers:
            command = (_pre_stop(container).get("exec") or {}).get("command") or ()
            if any("sleep" in str(word) for word in command):
                yield Finding(
                    "native-sleep",
                    workload.name,
                    f"container {container.get('name')} needs a sleep program in its image to pause",
                    "use lifecycle.preStop.sleep.seconds",
                )


RULES: tuple[Callable[[Rendered], Iterator[Finding]], ...] = (
    image_by_digest,
    disruption_budget,
    replicas_and_autoscaler,
    writable_tmp,
    progress_deadline,
    test_pod_kept,
    test_pod_admitted,
    grace_period,
    pause_before_stop,
    native_sleep,
)


def _least_replicas(rendered: Rendered, workload: Workload) -> int:
    autoscaler = rendered.autoscaler(workload)
    if autoscaler:
        return int(autoscaler["spec"].get("minReplicas", 1))
    return int((workload.object.get("spec") or {}).get("replicas", 1))


def _allowed_to_go(budget: Mapping[str, Any], replicas: int) -> int:
    """As the disruption controller counts: percentages are of all pods, rounded up."""
    if "maxUnavailable" in budget:
        return _count(budget["maxUnavailable"], replicas)
    return replicas - _count(budget.get("minAvailable", 0), replicas)


def _count(value: int | str, replicas: int) -> int:
    if isinstance(value, str) and value.endswith("%"):
        return math.ceil(int(value.removesuffix("%")) * replicas / 100)
    return int(value)


def _admits(policy: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Peers in the same namespace: a test pod runs where its release does."""
    for rule in policy.get("ingress") or ():
        peers = rule.get("from")
        if not peers or any(_is_peer(peer, labels) for peer in peers):
            return True
    return False


def _is_peer(peer: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """With a namespaceSelector that names labels, the manifest alone cannot tell: it may be this namespace."""
    if "ipBlock" in peer:
        return False
    return "podSelector" not in peer or selects(peer["podSelector"], labels)


def _pre_stop(container: Mapping[str, Any]) -> Mapping[str, Any]:
    return (container.get("lifecycle") or {}).get("preStop") or {}


def _is_routed(rendered: Rendered, workload: Workload) -> bool:
    routed = {
        backend.get("service", {}).get("name")
        for ingress in of_kind(rendered.objects, "Ingress")
        for backend in _backends(ingress.get("spec") or {})
    }
    return any(
        service["metadata"]["name"] in routed
        and selects({"matchLabels": service["spec"].get("selector")}, workload.labels)
        for service in of_kind(rendered.objects, "Service")
        if service.get("spec", {}).get("selector")
    )


def _backends(ingress: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "defaultBackend" in ingress:
        yield ingress["defaultBackend"]
    for rule in ingress.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            yield path.get("backend") or {}
