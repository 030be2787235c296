"""cdk-nag's findings, each with the reason why it stands. Its cluster rules do not know `aws_eks_v2`: test_cluster.py holds those facts."""

from collections.abc import Mapping
from typing import Any

from cdk_nag import AwsSolutionsChecks

AWS_OWNS = "AWS's own policy for this part: it changes together with EKS, a copy of ours would not"
KUBECTL = "the function that applies manifests is cdk's own: its rights come with its code"
RUNTIME = "the function that applies manifests is cdk's own: its runtime comes with its code"
VERSIONS = "any version of the one function that cdk's framework calls"
CONTROLLER = "what the controller makes has no name yet; the policy is the one it is published with"
TOKEN = "ecr:GetAuthorizationToken knows no resource; every other statement names its own"


def managed(policy: str) -> str:
    return f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{policy}]"


def wildcard(resource: str) -> str:
    return f"AwsSolutions-IAM5[Resource::{resource}]"


def made_by_the_controller(resource: str) -> str:
    return wildcard(f"arn:<AWS::Partition>:{resource}")


ACKNOWLEDGED: Mapping[str, Mapping[str, str]] = {
    "Cluster/Role": {managed("AmazonEKSClusterPolicy"): AWS_OWNS},
    "Cluster/NodegroupNodes/NodeGroupRole": {
        managed("AmazonEKSWorkerNodePolicy"): AWS_OWNS,
        managed("AmazonEKS_CNI_Policy"): AWS_OWNS,
        managed("AmazonEC2ContainerRegistryReadOnly"): AWS_OWNS,
    },
    "Cluster/KubectlProvider/Handler": {"AwsSolutions-L1": RUNTIME},
    "Cluster/KubectlProvider/Handler/ServiceRole": {
        managed("service-role/AWSLambdaBasicExecutionRole"): KUBECTL,
        managed("service-role/AWSLambdaVPCAccessExecutionRole"): KUBECTL,
        managed("AmazonEC2ContainerRegistryReadOnly"): KUBECTL,
        # Where the partition has a public registry.
        'AwsSolutions-IAM4[Policy::{"Fn::If":["ClusterKubectlProviderHandlerHasEcrPublic69E09706",'
        '{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},'
        '":iam::aws:policy/AmazonElasticContainerRegistryPublicReadOnly"]]},'
        '{"Ref":"AWS::NoValue"}]}]': KUBECTL,
    },
    "Cluster/KubectlProvider/Provider/framework-onEvent/ServiceRole": {
        managed("service-role/AWSLambdaBasicExecutionRole"): KUBECTL,
        managed("service-role/AWSLambdaVPCAccessExecutionRole"): KUBECTL,
    },
    "Cluster/KubectlProvider/Provider/framework-onEvent/ServiceRole/DefaultPolicy": {
        wildcard("<ClusterKubectlProviderHandler2E05C68A.Arn>:*"): VERSIONS
    },
    "daggerdemoeksCluster76D4252C-AlbController/alb-sa/Role/DefaultPolicy": {
        wildcard("*"): CONTROLLER,
        made_by_the_controller("ec2:*:*:security-group/*"): CONTROLLER,
        made_by_the_controller("elasticloadbalancing:*:*:loadbalancer/app/*/*"): CONTROLLER,
        made_by_the_controller("elasticloadbalancing:*:*:loadbalancer/net/*/*"): CONTROLLER,
        made_by_the_controller("elasticloadbalancing:*:*:targetgroup/*/*"): CONTROLLER,
        made_by_the_controller("elasticloadbalancing:*:*:listener/app/*/*/*"): CONTROLLER,
        made_by_the_controller("elasticloadbalancing:*:*:listener/net/*/*/*"): CONTROLLER,
        made_by_the_controller("elasticloadbalancing:*:*:listener-rule/app/*/*/*"): CONTROLLER,
        made_by_the_controller("elasticloadbalancing:*:*:listener-rule/net/*/*/*"): CONTROLLER,
    },
    "DeployRoleDev/DefaultPolicy": {wildcard("*"): TOKEN},
    "DeployRoleStaging/DefaultPolicy": {wildcard("*"): TOKEN},
    "DeployRoleProd/DefaultPolicy": {wildcard("*"): TOKEN},
}


def test_every_finding_has_a_reason_and_every_reason_a_finding(stack: Any) -> None:
    report = AwsSolutionsChecks().validate_scope(stack)
    found = {
        (
            resource.construct_path.removeprefix(f"{stack.stack_name}/").removesuffix("/Resource"),
            violation.rule_name,
        )
        for violation in report.violations
        for resource in violation.violating_resources
    }
    assert found == {(path, rule) for path, rules in ACKNOWLEDGED.items() for rule in rules}
