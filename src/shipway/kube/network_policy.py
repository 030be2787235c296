"""Whether an EKS cluster enforces NetworkPolicies: only where the VPC CNI's policy agent is switched on."""

from lightkube import AsyncClient
from lightkube.resources.core_v1 import Pod

AGENT = "aws-eks-nodeagent"
SWITCH = "--enable-network-policy"


async def enforcing(client: AsyncClient) -> tuple[int, int]:
    """On how many nodes the agent enforces them, of how many that run the VPC CNI."""
    nodes = on = 0
    async for pod in client.list(Pod, namespace="kube-system", labels={"k8s-app": "aws-node"}):
        containers = pod.spec.containers if pod.spec else []
        nodes += 1
        on += any(each.name == AGENT and _switched_on(each.args or []) for each in containers)
    return on, nodes


def _switched_on(arguments: list[str]) -> bool:
    return any(each in {SWITCH, f"{SWITCH}=true"} for each in arguments)
