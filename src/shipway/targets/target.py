"""A place to release to: its registry, its cluster, and what is its own in each environment."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shipway.commands.helm import Cluster, Release
from shipway.kube.access import Access
from shipway.model.isolation import Isolation
from shipway.oci.auth import CredentialsProvider
from shipway.oci.reference import Address
from shipway.oci.registry import Registry

HTTP = 80


@dataclass(frozen=True, slots=True)
class Place:
    """One environment on one target."""

    environment: str
    release: Release
    values_file: Path
    host: str  # the name its ingress answers to
    overlay: Callable[[], dict[str, Any]] = dict  # what the target adds to the values


@dataclass(frozen=True, slots=True)
class Target:
    """What every stage may ask of a place to release to."""

    name: str
    registry: Address
    access: Access
    places: tuple[Place, ...]
    deployment: str  # the Deployment's name, the same in every namespace
    tool_env: Mapping[str, str]  # keeps helm's own files inside the project
    where: str  # in a few words, for the line that says it is ready
    ingress_port: int | None  # None: each environment has a load balancer, which its ingress names
    host_images: bool = True  # its nodes lend their Python to images that have none
    isolation: Isolation | None = None  # None: its pods are isolated, as in any cluster
    create_namespaces: bool = True
    credentials: Callable[[], CredentialsProvider] | None = (
        None  # for one connection to the registry
    )
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)  # for ${NAME} in values

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.access.kubeconfig, self.access.context)

    @property
    def cluster_name(self) -> str:
        """For people: which cluster a record speaks of."""
        return self.access.context or self.name

    @property
    def shown(self) -> Cluster:
        """For commands that a person types where they stand."""
        return Cluster(Path(os.path.relpath(self.access.kubeconfig)), self.access.context)

    def url(self, host: str) -> str:
        """Where its ingress answers for `host`."""
        port = "" if self.ingress_port in {None, HTTP} else f":{self.ingress_port}"
        return f"http://{host}{port}"

    def open_registry(self) -> Registry:
        return Registry(self.registry, self.credentials() if self.credentials else None)

    def place(self, environment: str) -> Place:
        return next(each for each in self.places if each.environment == environment)

    def chart_url(self, repository: str, digest: str) -> str:
        return f"oci://{self.image_name(repository)}@{digest}"

    def image_name(self, repository: str) -> str:
        return str(self.registry.reference(repository))
