"""A cluster as EKS describes it, and what its status means."""

from dataclasses import dataclass

from shipway.aws.cluster import AT_WORK
from shipway.commands import aws
from shipway.errors import ShipwayError

COMING = frozenset({"CREATING", "PENDING"})


@dataclass(frozen=True, slots=True)
class Cluster:
    name: str
    arn: str
    region: str
    status: str
    endpoint: str
    issues: tuple[str, ...] = ()


@dataclass(eq=False)
class ClusterBroken(ShipwayError):
    name: str
    region: str
    status: str
    issues: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"the cluster {self.name} is {self.status}, not ACTIVE"

    @property
    def details(self) -> tuple[str, ...]:
        return self.issues

    @property
    def remedy(self) -> str:
        return str(aws.describe_cluster(self.name, self.region))


@dataclass(eq=False)
class ClusterGone(ShipwayError):
    """The stack says that it made the cluster, EKS that there is none."""

    name: str
    region: str

    @property
    def problem(self) -> str:
        return f"there is no cluster {self.name} in {self.region}, though the stack is complete"

    @property
    def remedy(self) -> str:
        return "somebody deleted it by hand: shipway teardown eks, then: shipway setup eks"


def is_ready(cluster: Cluster) -> bool:
    """False while it is coming. Raises ClusterBroken where waiting is of no use."""
    if cluster.status in AT_WORK:
        return True
    if cluster.status in COMING:
        return False
    raise ClusterBroken(cluster.name, cluster.region, cluster.status, cluster.issues)
