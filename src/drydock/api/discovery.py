"""What the server serves, as clients ask for it: aggregated and, for older ones, list by list."""

from collections.abc import Mapping
from functools import cache
from itertools import groupby
from typing import Any

from drydock.resources import SERVED, Resource

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

VERSION = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.0+drydock",
    "gitCommit": "0" * 40,
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "none",
    "compiler": "none",
    "platform": "linux/amd64",
}

_STATUS_VERBS = ("get", "patch", "update")
_SUBRESOURCES: Mapping[str, tuple[tuple[str, str, str] | None, tuple[str, ...]]] = {
    # name: (group, version and kind that it speaks, None for the resource's own), verbs
    "status": (None, _STATUS_VERBS),
    "finalize": (None, ("update",)),
    "log": (None, ("get",)),
    "scale": (("autoscaling", "v1", "Scale"), _STATUS_VERBS),
    "eviction": (("policy", "v1", "Eviction"), ("create",)),
    "exec": (("", "v1", "PodExecOptions"), ("create", "get")),
    "attach": (("", "v1", "PodAttachOptions"), ("create", "get")),
    "portforward": (("", "v1", "PodPortForwardOptions"), ("create", "get")),
}


def wants_aggregated(accept: str) -> bool:
    return "as=APIGroupDiscoveryList" in accept and "v=v2" in accept


@cache
def group_versions() -> Mapping[tuple[str, str], tuple[Resource, ...]]:
    ordered = sorted(SERVED, key=lambda kind: (kind.group, kind.version))
    return {
        key: tuple(kinds)
        for key, kinds in groupby(ordered, lambda kind: (kind.group, kind.version))
    }


def aggregated(*, core: bool) -> dict[str, Any]:
    """The body of `/api` (core) or `/apis`."""
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": group, "creationTimestamp": None},
                "versions": [
                    {
                        "version": version,
                        "freshness": "Current",
                        "resources": [_aggregated(kind) for kind in kinds],
                    }
                ],
            }
            for (group, version), kinds in group_versions().items()
            if (group == "") is core
        ],
    }


def _aggregated(kind: Resource) -> dict[str, Any]:
    return {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": kind.verbs,
        **({"shortNames": kind.short_names} if kind.short_names else {}),
        **({"categories": kind.categories} if kind.categories else {}),
        "subresources": [_aggregated_subresource(kind, name) for name in kind.subresources],
    }


def _aggregated_subresource(kind: Resource, name: str) -> dict[str, Any]:
    spoken, verbs = _SUBRESOURCES[name]
    group, version, spoken_kind = spoken or (kind.group, kind.version, kind.kind)
    return {
        "subresource": name,
        "responseKind": {"group": group, "version": version, "kind": spoken_kind},
        "verbs": verbs,
    }


def api_versions() -> dict[str, Any]:
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def api_group_list() -> dict[str, Any]:
    groups = [api_group(group) for group, _ in group_versions() if group]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def api_group(group: str) -> dict[str, Any] | None:
    versions = [
        {"groupVersion": f"{group}/{version}", "version": version}
        for served, version in group_versions()
        if served == group
    ]
    if not group or not versions:
        return None
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": group,
        "versions": versions,
        "preferredVersion": versions[0],
    }


def api_resource_list(group: str, version: str) -> dict[str, Any] | None:
    kinds = group_versions().get((group, version))
    if kinds is None:
        return None
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": [entry for kind in kinds for entry in _entries(kind)],
    }


def _entries(kind: Resource) -> list[dict[str, Any]]:
    main: dict[str, Any] = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": kind.verbs,
        **({"shortNames": kind.short_names} if kind.short_names else {}),
        **({"categories": kind.categories} if kind.categories else {}),
    }
    return [main, *(_subresource_entry(kind, name) for name in kind.subresources)]


def _subresource_entry(kind: Resource, name: str) -> dict[str, Any]:
    spoken, verbs = _SUBRESOURCES[name]
    foreign = {"group": spoken[0], "version": spoken[1]} if spoken else {}
    return {
        "name": f"{kind.plural}/{name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        **foreign,
        "kind": spoken[2] if spoken else kind.kind,
        "verbs": verbs,
    }
