"""What a Job makes of its failed pods, by its podFailurePolicy."""

from collections.abc import Iterable, Iterator

from drydock import conditions, pods
from drydock.resources import Object

Failure = tuple[str, str]
"""Reason and message."""


def counted(job: Object, failed: Iterable[Object]) -> list[Object]:
    """The failures that use up the job's backoffLimit."""
    return [pod for pod in failed if _verdict(job, pod)[0] != "Ignore"]


def fatal(job: Object, failed: Iterable[Object]) -> Failure | None:
    """The failure that ends the job at once, if one does."""
    for pod in failed:
        action, message = _verdict(job, pod)
        if action == "FailJob":
            return "PodFailurePolicy", message
    return None


def _verdict(job: Object, pod: Object) -> tuple[str, str]:
    """The action of the first rule that the pod matches, and why it does."""
    rules = (job["spec"].get("podFailurePolicy") or {}).get("rules") or ()
    where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    for number, rule in enumerate(rules):
        action = rule["action"]
        because = f"matching {action} rule at index {number}"
        for name, code in _exit_codes(pod):
            if _matches(rule.get("onExitCodes"), name, code):
                text = f"Container {name} for pod {where} failed with exit code {code} {because}"
                return action, text
        for pattern in rule.get("onPodConditions") or ():
            found = conditions.find(conditions.of(pod), pattern.get("type", ""))
            if found is not None and found["status"] == pattern.get("status", "True"):
                return action, f"Pod {where} has condition {found['type']} {because}"
    return "Count", ""


def _exit_codes(pod: Object) -> Iterator[tuple[str, int]]:
    containers = (*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"])
    for container in containers:
        state = pods.container_status(pod, container["name"]).get("state") or {}
        code = (state.get("terminated") or {}).get("exitCode", 0)
        if code:
            yield container["name"], code


def _matches(rule: Object | None, name: str, code: int) -> bool:
    if rule is None or rule.get("containerName") not in {None, name}:
        return False
    listed = code in rule["values"]
    return listed if rule["operator"] == "In" else not listed
