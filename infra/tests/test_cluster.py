import json
import re
from collections.abc import Callable

from infra.config import Config, read
from infra.tests.template import Template
from infra.values import KUBERNETES_VERSIONS

ADMIN = "arn:<AWS::Partition>:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


def test_the_control_plane(template: Template) -> None:
    assert template.one("AWS::EKS::Cluster") == {
        "Name": "dagger-demo-eks",
        "Version": "1.35",
        "RoleArn": "<ClusterRole.Arn>",
        "AccessConfig": {
            "AuthenticationMode": "API",
            "BootstrapClusterCreatorAdminPermissions": False,
        },
        "ResourcesVpcConfig": {
            "EndpointPrivateAccess": True,
            "EndpointPublicAccess": True,
            "PublicAccessCidrs": ["198.51.100.0/24", "203.0.113.7/32"],
            "SecurityGroupIds": ["<ClusterControlPlaneSecurityGroup.GroupId>"],
            "SubnetIds": ["<VpcprivateSubnet1Subnet>", "<VpcprivateSubnet2Subnet>"],
        },
        "EncryptionConfig": [{"Provider": {"KeyArn": "<Secrets.Arn>"}, "Resources": ["secrets"]}],
        "Logging": {
            "ClusterLogging": {
                "EnabledTypes": [
                    {"Type": "api"},
                    {"Type": "audit"},
                    {"Type": "authenticator"},
                    {"Type": "controllerManager"},
                    {"Type": "scheduler"},
                ]
            }
        },
        # Auto Mode, off in all three places.
        "ComputeConfig": {"Enabled": False},
        "StorageConfig": {"BlockStorage": {"Enabled": False}},
        "KubernetesNetworkConfig": {
            "ElasticLoadBalancing": {"Enabled": False},
            "IpFamily": "ipv4",
        },
    }


def test_the_key_of_the_secrets_rotates_and_goes_with_the_stack(template: Template) -> None:
    key = template.one("AWS::KMS::Key")
    assert (key["EnableKeyRotation"], key["PendingWindowInDays"]) == (True, 7)
    assert template.resources["Secrets"]["DeletionPolicy"] == "Delete"


def test_the_nodes_are_private_and_of_the_chosen_kind(template: Template) -> None:
    assert template.one("AWS::EKS::Nodegroup") == {
        "ClusterName": "<Cluster>",
        "NodeRole": "<ClusterNodegroupNodesNodeGroupRole.Arn>",
        "AmiType": "AL2023_x86_64_STANDARD",
        "InstanceTypes": ["t3.medium"],
        "ScalingConfig": {"MinSize": 2, "DesiredSize": 2, "MaxSize": 5},
        "Subnets": ["<VpcprivateSubnet1Subnet>", "<VpcprivateSubnet2Subnet>"],
        "ForceUpdateEnabled": True,
    }


def test_the_add_ons_enforce_network_policies_and_measure_for_the_autoscaler(
    template: Template,
) -> None:
    assert template.all("AWS::EKS::Addon") == {
        "VpcCni": {
            "AddonName": "vpc-cni",
            "ClusterName": "<Cluster>",
            "ConfigurationValues": '{"enableNetworkPolicy":"true"}',
            "ResolveConflicts": "OVERWRITE",
        },
        "MetricsServer": {
            "AddonName": "metrics-server",
            "ClusterName": "<Cluster>",
            "ResolveConflicts": "OVERWRITE",
        },
    }


def test_the_load_balancer_controller_comes_from_the_public_registry(template: Template) -> None:
    chart = template.one("Custom::AWSCDK-EKS-HelmChart")
    values = json.loads(chart.pop("Values"))
    assert chart == {
        "ServiceToken": "<ClusterKubectlProviderframeworkonEvent.Arn>",
        "ClusterName": "<Cluster>",
        "Release": "aws-load-balancer-controller",
        "Chart": "aws-load-balancer-controller",
        "Repository": "https://aws.github.io/eks-charts",
        "Version": "3.2.2",
        "Namespace": "kube-system",
        "CreateNamespace": True,
        "Wait": True,
        "Timeout": "900s",
    }
    assert values == {
        "clusterName": "<Cluster>",
        "region": "eu-central-1",
        "vpcId": "<Vpc>",
        "serviceAccount": {"create": False, "name": "aws-load-balancer-controller"},
        "image": {
            "repository": "public.ecr.aws/eks/aws-load-balancer-controller",
            "tag": "v3.2.2",
        },
    }


def test_each_step_waits_for_what_it_needs(template: Template) -> None:
    controller = next(
        name
        for name, resource in template.resources.items()
        if resource["Type"] == "Custom::AWSCDK-EKS-HelmChart"
    )
    assert "VpcCni" in template.waits_for("ClusterNodegroupNodes")
    assert "ClusterNodegroupNodes" in template.waits_for("MetricsServer")
    assert "ClusterNodegroupNodes" in template.waits_for(controller)
    for namespace in ("NamespaceDev", "NamespaceStaging", "NamespaceProd"):
        assert controller in template.waits_for(namespace)


def test_the_named_people_and_the_stack_itself_are_the_administrators(template: Template) -> None:
    entries = template.all("AWS::EKS::AccessEntry").values()
    assert {
        entry["PrincipalArn"]
        for entry in entries
        if entry["AccessPolicies"] == [{"PolicyArn": ADMIN, "AccessScope": {"Type": "cluster"}}]
    } == {
        "arn:aws:iam::123456789012:role/admin",
        "arn:aws:iam::123456789012:user/ada",
        "<ClusterKubectlProviderHandlerServiceRole.Arn>",
    }


def test_the_order_of_the_administrators_does_not_matter(
    template_of: Callable[[Config], Template], environment: dict[str, str], template: Template
) -> None:
    turned = ",".join(reversed(environment["EKS_ADMIN_ARNS"].split(",")))
    assert template_of(read({}, environment | {"EKS_ADMIN_ARNS": turned})) == template


def test_what_a_person_decides_reaches_the_cluster(
    template_of: Callable[[Config], Template], environment: dict[str, str]
) -> None:
    chosen = {
        "EKS_CLUSTER_NAME": "shop",
        "EKS_KUBERNETES_VERSION": "1.34",
        "EKS_NODE_TYPE": "m7i.large",
        "EKS_NODES_MIN": "3",
        "EKS_NODES_MAX": "9",
    }
    template = template_of(read({}, environment | chosen))
    cluster = template.one("AWS::EKS::Cluster")
    nodes = template.one("AWS::EKS::Nodegroup")
    assert (cluster["Name"], cluster["Version"]) == ("shop", "1.34")
    assert (nodes["InstanceTypes"], nodes["ScalingConfig"]) == (
        ["m7i.large"],
        {"MinSize": 3, "DesiredSize": 3, "MaxSize": 9},
    )


def test_kubectl_is_at_most_one_version_away_from_each_cluster_that_can_be_chosen(
    template: Template,
) -> None:
    described = template.all("AWS::Lambda::LayerVersion")["Kubectl"]["Description"]
    (minor,) = re.findall(r"kubectl 1\.(\d+)\.", described)
    assert [
        abs(int(version.partition(".")[2]) - int(minor)) for version in KUBERNETES_VERSIONS
    ] == [
        1,
        0,
        1,
    ]
