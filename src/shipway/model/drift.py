"""What differs between an object as its release has it and as it is now, and whose doing that is.

Two looks tell it: the object that the API server would make of the release's manifest now (a server-side dry run),
against the live one; and `metadata.managedFields`, which name what others added to it. Their form is that of the
Kubernetes documentation "Server-Side Apply", and of structured-merge-diff's `fieldpath` (FieldsV1).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
Fields = Mapping[str, Any]  # a FieldsV1
Path = tuple[str, ...]  # as a person reads it: spec, containers, [app], image

HELM = "helm"  # the field manager that helm 4 applies as
CONTROL_PLANE = frozenset(
    {
        "before-first-apply",  # what was there before anybody was tracked
        "cloud-controller-manager",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubelet",
    }
)
# Notes that say when or why, and not what runs. A restart is one: it makes the same pods again, and no release says
# anything about it; told as a difference, it would be one for ever.
NOTES = frozenset(
    {
        "deployment.kubernetes.io/revision",
        "kubectl.kubernetes.io/last-applied-configuration",
        "kubectl.kubernetes.io/restartedAt",
        "kubernetes.io/change-cause",
    }
)
IDENTITIES = (
    *("name", "mountPath", "containerPort", "port", "topologyKey"),
    *("host", "path", "key", "type", "ip"),
)
HIDDEN = "(hidden)"
WIDTH = 100  # of a value in a line


@dataclass(frozen=True, slots=True)
class Difference:
    """One field; the object itself where `field` is empty."""

    object: str  # `Deployment/sample-app`
    field: str = ""  # `spec.template.spec.containers[sample-app].image`
    released: Any = None  # JSON; None: the release does not name it
    live: Any = None  # JSON; None: it is not there
    by: str = ""  # the field manager that made it so, where one is known
    refused: str = ""  # why the cluster would not make the object as it was released

    def __str__(self) -> str:
        if self.refused:
            return f"{self.object}: cannot become what was released: {self.refused}"
        if not self.field:
            return f"{self.object}: is not there"
        says = "does not name it" if self.released is None else f"says {_shown(self.released)}"
        live = "is not there" if self.live is None else f"is {_shown(self.live)}"
        by = f" ({self.by})" if self.by else ""
        return f"{self.object} {self.field}: release {says}, live {live}{by}"


@dataclass(frozen=True, slots=True)
class Drift:
    """One environment against the latest revision of its release."""

    environment: str
    revision: int  # 0: nothing was ever deployed
    status: str  # helm's word
    tag: str
    bundle: str
    objects: int
    differences: tuple[Difference, ...] = ()

    @property
    def summary(self) -> str:
        if not self.revision:
            return f"{self.environment}: not deployed"
        status = "" if self.status == "deployed" else f" {self.status}"
        where = f"(revision {self.revision}{status}{self.tag and f', {self.tag}'})"
        number = len(self.differences)
        found = "as released" if not number else f"{number} difference{'s' * (number > 1)} from"
        joined = f"{found} {where}" if not number else f"{found} what was released {where}"
        return f"{self.environment}: {joined}, {_counted(self.objects, 'object')}"

    @property
    def remedy(self) -> str | None:
        """A tag like `latest` may have gone on to another bundle since."""
        if not self.differences:
            return None
        if not self.tag:
            return f"shipway history {self.environment}"
        release = self.bundle if self.tag == "latest" and self.bundle else self.tag
        return f"shipway deploy --env {self.environment} --tag {release}"
