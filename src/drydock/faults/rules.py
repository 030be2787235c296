"""Whom a fault concerns."""

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase

from drydock.api import selectors
from drydock.faults.kinds import Api, Pod, Pull, Registry, Watch
from drydock.resources import PODS, Object

INGRESS_AGENT = "traefik/"
"""The ingress controller is struck by faults that name its user agent, and by no others."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """`kind` is the plural; it is empty for what is no object: discovery, OpenAPI, the version."""

    verb: str
    kind: str = ""
    namespace: str = ""
    name: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class RegistryCall:
    verb: str
    repository: str = ""


def concerns_call(fault: Api | Watch, call: ApiCall) -> bool:
    if not fault.user_agent and call.user_agent.startswith(INGRESS_AGENT):
        return False
    verbs: Collection[str] = fault.verb if isinstance(fault, Api) else ("watch",)
    return (
        (not verbs or call.verb in verbs)
        and (not fault.kind or call.kind in fault.kind)
        and _like(fault.namespace, call.namespace)
        and _like(fault.user_agent, call.user_agent)
        and (isinstance(fault, Watch) or _like(fault.name, call.name))
    )


def concerns_image(fault: Pull, image: str) -> bool:
    """By its whole reference, or without the registry's host: `sample-app*`."""
    _host, _, path = image.partition("/")
    return _like(fault.image, image) or _like(fault.image, path)


def concerns_pod(fault: Pod, pod: Object) -> bool:
    matches = selectors.matcher(PODS, fault.selector, "")
    return _like(fault.namespace, pod["metadata"]["namespace"]) and (
        matches is None or matches(pod)
    )


def concerns_transfer(fault: Registry, call: RegistryCall) -> bool:
    return (not fault.verb or call.verb in fault.verb) and _like(fault.repository, call.repository)


def _like(pattern: str, text: str) -> bool:
    return not pattern or fnmatchcase(text, pattern)
