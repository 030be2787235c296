"""The goals of set-up and of teardown, in the order in which they are pursued."""

from collections.abc import Sequence

from shipway.commands import kubectl
from shipway.commands.helm import Release
from shipway.eks import inventory
from shipway.eks.goals.account import InAccount
from shipway.eks.goals.balancers import NoBalancers
from shipway.eks.goals.bootstrap import Bootstrap
from shipway.eks.goals.cluster import ActiveCluster
from shipway.eks.goals.deploy import Deployed
from shipway.eks.goals.destroy import Destroyed
from shipway.eks.goals.doomed import DoomedStack
from shipway.eks.goals.forgotten import Forgotten
from shipway.eks.goals.infrastructure import Infrastructure
from shipway.eks.goals.inside import Inside
from shipway.eks.goals.kubeconfig import Kubeconfig
from shipway.eks.goals.leftovers import Leftovers
from shipway.eks.goals.programs import Programs
from shipway.eks.goals.releases import Released
from shipway.eks.goals.settings_file import SettingsFile
from shipway.eks.goals.stack import DeployableStack
from shipway.eks.goals.version import Version
from shipway.eks.ground import Ground
from shipway.pipeline.goal import Checked, Pursuit
from shipway.pipeline.stage import Stage

NODES = 2  # Ready ones, before a cluster counts as set up


def setup(
    ground: Ground, namespaces: Sequence[str], *, plan: bool, recreate: bool
) -> tuple[Stage, ...]:
    """With `plan` each one only looks, and says what it would do."""
    return (
        Checked(Programs(ground)),
        Checked(InAccount(ground)),
        Checked(Infrastructure(ground)),
        Checked(Version()),
        Pursuit(Bootstrap(ground), plan),
        Pursuit(DeployableStack(ground, recreate), plan),
        Pursuit(Deployed(ground), plan),
        Pursuit(ActiveCluster(ground), plan),
        Pursuit(Kubeconfig(ground), plan),
        *(Pursuit(each, plan) for each in _inside(ground, namespaces)),
        Pursuit(SettingsFile(ground), plan),
    )


def teardown(ground: Ground, cluster: str, releases: Sequence[Release]) -> tuple[Stage, ...]:
    return (
        Checked(Programs(ground, cdk=False)),
        Checked(InAccount(ground)),
        Pursuit(DoomedStack(cluster, ground)),
        Pursuit(Released(releases, ground)),
        Pursuit(NoBalancers(ground)),
        Pursuit(Destroyed(ground)),
        Pursuit(Forgotten(ground)),
        Checked(Leftovers()),
    )


def _inside(ground: Ground, namespaces: Sequence[str]) -> tuple[Inside, ...]:
    return (
        Inside(
            "nodes",
            f"{NODES} nodes that are Ready",
            inventory.nodes(NODES),
            kubectl.describe_nodes,
            ground,
        ),
        Inside(
            "controller",
            "the load balancer controller",
            inventory.controller,
            kubectl.balancer_logs,
            ground,
        ),
        Inside(
            "namespaces",
            f"the namespaces {', '.join(namespaces)}",
            inventory.namespaces(namespaces),
            kubectl.namespaces,
            ground,
        ),
    )
