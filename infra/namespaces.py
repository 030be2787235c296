"""The namespaces, made by the stack: a deploy role may not make them."""

from collections.abc import Mapping

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from infra.environment import ENVIRONMENTS


def namespaces(scope: Construct, cluster: eks.Cluster) -> Mapping[str, eks.KubernetesManifest]:
    """By environment."""
    return {
        environment.name: _namespace(scope, cluster, environment.title, environment.namespace)
        for environment in ENVIRONMENTS
    }


def _namespace(
    scope: Construct, cluster: eks.Cluster, title: str, name: str
) -> eks.KubernetesManifest:
    manifest = eks.KubernetesManifest(
        scope,
        f"Namespace{title}",
        cluster=cluster,
        manifest=[
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {
                    "name": name,
                    # A pod is ready once the load balancer says so: no request is lost in a rollout.
                    "labels": {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"},
                },
            }
        ],
        # It may be there already, and then it only gets the label.
        overwrite=True,
    )
    assert cluster.alb_controller is not None
    # Removed in the other order: the controller still lives to remove what its ingresses made.
    manifest.node.add_dependency(cluster.alb_controller)
    return manifest
