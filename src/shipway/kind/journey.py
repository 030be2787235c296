"""The goals of set-up and of teardown, in the order in which they are pursued."""

from shipway.kind.goals.cluster import Cluster
from shipway.kind.goals.engine import Engine
from shipway.kind.goals.gone import Forgotten, NoCluster, NoRegistry
from shipway.kind.goals.hosting import Hosting
from shipway.kind.goals.kubeconfig import Kubeconfig
from shipway.kind.goals.mirror import Mirror
from shipway.kind.goals.namespaces import Namespaces
from shipway.kind.goals.network import Network
from shipway.kind.goals.ports import Ports
from shipway.kind.goals.ready import Ready
from shipway.kind.goals.registry import Registry
from shipway.kind.goals.traefik import Traefik
from shipway.kind.ground import Ground
from shipway.pipeline.goal import Check, Checked, Goal, Pursuit
from shipway.pipeline.stage import Stage


def checks(ground: Ground) -> tuple[Check, ...]:
    """What nobody can do for a person."""
    return (Engine(ground), Ports(ground))


def goals(ground: Ground) -> tuple[Goal, ...]:
    return (
        Registry(ground),
        Cluster(ground),
        Kubeconfig(ground),
        Ready(ground),
        Mirror(ground),
        Network(ground),
        Hosting(ground),
        Traefik(ground),
        Namespaces(ground),
    )


def plan(ground: Ground) -> tuple[Stage, ...]:
    """Each stage only looks, and says what it would do."""
    return (
        *(Checked(check) for check in checks(ground)),
        *(Pursuit(goal, plan=True) for goal in goals(ground)),
    )


def setup(ground: Ground, tools: Stage) -> tuple[Stage, ...]:
    """`tools` are fetched once it is known that they will be of use."""
    return (
        *(Checked(check) for check in checks(ground)),
        tools,
        *(Pursuit(goal) for goal in goals(ground)),
    )


def teardown(ground: Ground, tools: Stage) -> tuple[Stage, ...]:
    return (
        Checked(Engine(ground)),
        tools,
        Pursuit(NoCluster(ground)),
        Pursuit(NoRegistry(ground)),
        Pursuit(Forgotten(ground)),
    )
