import json
from collections.abc import Callable
from pathlib import Path

from infra.config import Config, read
from infra.tests.template import Template


def test_two_zones_have_a_public_and_a_private_subnet_each(template: Template) -> None:
    assert {
        name: (subnet["AvailabilityZone"], subnet["CidrBlock"], subnet["MapPublicIpOnLaunch"])
        for name, subnet in template.all("AWS::EC2::Subnet").items()
    } == {
        "VpcpublicSubnet1Subnet": ("<zone 0>", "10.0.0.0/24", True),
        "VpcpublicSubnet2Subnet": ("<zone 1>", "10.0.1.0/24", True),
        "VpcprivateSubnet1Subnet": ("<zone 0>", "10.0.16.0/20", False),
        "VpcprivateSubnet2Subnet": ("<zone 1>", "10.0.32.0/20", False),
    }
    assert template.one("AWS::EC2::VPC")["CidrBlock"] == "10.0.0.0/16"


def test_the_load_balancer_controller_finds_its_subnets_by_their_roles(template: Template) -> None:
    assert {
        name: {tag["Key"] for tag in subnet["Tags"] if tag["Key"].startswith("kubernetes.io/")}
        for name, subnet in template.all("AWS::EC2::Subnet").items()
    } == {
        "VpcpublicSubnet1Subnet": {"kubernetes.io/role/elb"},
        "VpcpublicSubnet2Subnet": {"kubernetes.io/role/elb"},
        "VpcprivateSubnet1Subnet": {"kubernetes.io/role/internal-elb"},
        "VpcprivateSubnet2Subnet": {"kubernetes.io/role/internal-elb"},
    }


def test_one_gateway_is_the_way_out_of_both_private_subnets(template: Template) -> None:
    (gateway,) = template.all("AWS::EC2::NatGateway")
    assert {
        name: route.get("NatGatewayId")
        for name, route in template.all("AWS::EC2::Route").items()
        if "private" in name
    } == {
        "VpcprivateSubnet1DefaultRoute": f"<{gateway}>",
        "VpcprivateSubnet2DefaultRoute": f"<{gateway}>",
    }


def test_all_traffic_is_logged_for_a_month(template: Template) -> None:
    flow = template.one("AWS::EC2::FlowLog")
    assert (flow["ResourceId"], flow["TrafficType"], flow["LogGroupName"]) == (
        "<Vpc>",
        "ALL",
        "<FlowLogs>",
    )
    assert template.all("AWS::Logs::LogGroup") == {"FlowLogs": {"RetentionInDays": 30}}
    assert template.resources["FlowLogs"]["DeletionPolicy"] == "Delete"


def test_nothing_is_looked_up_in_an_account(written: Path) -> None:
    manifest = json.loads(written.with_name("manifest.json").read_bytes())
    assert "missing" not in manifest
    assert manifest["artifacts"]["dagger-demo-eks"]["environment"] == (
        "aws://unknown-account/eu-central-1"
    )


def test_a_person_may_choose_the_zones_and_the_addresses(
    template_of: Callable[[Config], Template], environment: dict[str, str]
) -> None:
    chosen = {"EKS_ZONES": "eu-central-1b,eu-central-1c", "EKS_VPC_CIDR": "172.20.64.0/18"}
    template = template_of(read({}, environment | chosen))
    assert {
        (subnet["AvailabilityZone"], subnet["CidrBlock"])
        for subnet in template.all("AWS::EC2::Subnet").values()
    } == {
        ("eu-central-1b", "172.20.64.0/24"),
        ("eu-central-1c", "172.20.65.0/24"),
        ("eu-central-1b", "172.20.80.0/20"),
        ("eu-central-1c", "172.20.96.0/20"),
    }
