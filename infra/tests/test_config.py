import re
from dataclasses import replace
from pathlib import Path

import pytest

from infra.config import SETTINGS, Config, WrongSettings, read

NEEDED = {
    "AWS_REGION": "eu-central-1",
    "EKS_ADMIN_ARNS": "arn:aws:iam::123456789012:role/admin",
    "EKS_API_CIDRS": "198.51.100.0/24",
}
DEFAULT = Config(
    region="eu-central-1",
    admin_arns=("arn:aws:iam::123456789012:role/admin",),
    api_cidrs=("198.51.100.0/24",),
)


def test_what_nobody_decides_is_as_the_documentation_says() -> None:
    assert read({}, NEEDED) == Config(
        region="eu-central-1",
        admin_arns=("arn:aws:iam::123456789012:role/admin",),
        api_cidrs=("198.51.100.0/24",),
        cluster_name="dagger-demo-eks",
        kubernetes_version="1.35",
        vpc_cidr="10.0.0.0/16",
        zones=(),
        node_type="t3.medium",
        nodes_min=2,
        nodes_max=5,
        image_repository="sample-app",
        chart_repository="charts/sample-app",
        github_repository=None,
        github_provider_arn=None,
    )


def test_everything_can_be_decided_by_the_environment() -> None:
    provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    everything = {
        "AWS_REGION": "us-gov-west-1",
        "EKS_ADMIN_ARNS": "arn:aws-us-gov:iam::123456789012:user/b, arn:aws:iam::123456789012:role/x/a",
        "EKS_API_CIDRS": "203.0.113.7, 198.51.100.0/24, 203.0.113.7/32",
        "EKS_CLUSTER_NAME": "shop",
        "EKS_KUBERNETES_VERSION": "1.36",
        "EKS_VPC_CIDR": "172.20.0.0/18",
        "EKS_ZONES": "us-gov-west-1b,us-gov-west-1c",
        "EKS_NODE_TYPE": "m7i-flex.2xlarge",
        "EKS_NODES_MIN": "3",
        "EKS_NODES_MAX": "12",
        "ECR_IMAGE_REPOSITORY": "shop/web",
        "ECR_CHART_REPOSITORY": "shop/charts",
        "EKS_GITHUB_REPOSITORY": "acme@42/shop@4711",
        "EKS_GITHUB_PROVIDER_ARN": provider,
    }
    assert everything.keys() == {setting.variable for setting in SETTINGS}
    assert read({}, everything) == Config(
        region="us-gov-west-1",
        admin_arns=(
            "arn:aws-us-gov:iam::123456789012:user/b",
            "arn:aws:iam::123456789012:role/x/a",
        ),
        api_cidrs=("198.51.100.0/24", "203.0.113.7/32"),
        cluster_name="shop",
        kubernetes_version="1.36",
        vpc_cidr="172.20.0.0/18",
        zones=("us-gov-west-1b", "us-gov-west-1c"),
        node_type="m7i-flex.2xlarge",
        nodes_min=3,
        nodes_max=12,
        image_repository="shop/web",
        chart_repository="shop/charts",
        github_repository="acme@42/shop@4711",
        github_provider_arn=provider,
    )


def test_the_context_of_cdk_wins_and_may_hold_lists_and_numbers() -> None:
    context = {
        "@aws-cdk/core:something": True,
        "shipway:nodes-max": 7,
        "shipway:kubernetes-version": 1.36,
        "shipway:api-cidrs": ["0.0.0.0/0"],
        "shipway:cluster-name": "",
    }
    environment = NEEDED | {"EKS_NODES_MAX": "6", "EKS_CLUSTER_NAME": "shop"}
    assert read(context, environment) == replace(
        DEFAULT,
        nodes_max=7,
        kubernetes_version="1.36",
        api_cidrs=("0.0.0.0/0",),
        cluster_name="shop",
    )


def test_an_empty_value_is_no_value() -> None:
    assert read({}, NEEDED | {"EKS_GITHUB_REPOSITORY": "", "EKS_NODE_TYPE": " "}) == DEFAULT


def test_what_is_needed_is_asked_for_all_at_once() -> None:
    with pytest.raises(WrongSettings) as refused:
        read({"shipway:node-typ": "t3.large"}, {})
    assert (
        str(refused.value)
        == """\
error: the settings of the infrastructure have 4 problems
  shipway:node-typ: unknown setting, did you mean shipway:node-type?
  AWS_REGION: is not set: name one, such as eu-central-1
  EKS_ADMIN_ARNS: is not set: nobody could use the cluster; give the ARN of an IAM role or user, several with commas
  EKS_API_CIDRS: is not set: say from where the cluster's API can be reached, such as 198.51.100.7/32, several with commas; GitHub's hosted runners come from anywhere, 0.0.0.0/0 lets them in
  try: infra/README.md names every setting"""
    )


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("AWS_REGION", "Frankfurt", 'should be a region such as eu-central-1, not "Frankfurt"'),
        (
            "AWS_REGION",
            "eu-central-1a",
            'should be a region such as eu-central-1, not "eu-central-1a"',
        ),
        (
            "EKS_ADMIN_ARNS",
            "admin",
            'should be ARNs of IAM roles or users such as arn:aws:iam::123456789012:role/admin, not "admin"',
        ),
        (
            "EKS_ADMIN_ARNS",
            "arn:aws:iam::123456789012:root",
            'should be ARNs of IAM roles or users such as arn:aws:iam::123456789012:role/admin, not "arn:aws:iam::123456789012:root"',
        ),
        (
            "EKS_ADMIN_ARNS",
            "arn:aws:sts::123456789012:assumed-role/admin/ada",
            "should name the role, not one session of it: arn:aws:iam::123456789012:role/admin, with the role's path if it has one (aws iam get-role --role-name admin prints it)",
        ),
        (
            "EKS_API_CIDRS",
            "office",
            'should be an IPv4 network such as 198.51.100.0/24, not "office"',
        ),
        (
            "EKS_API_CIDRS",
            "2001:db8::/32",
            'should be an IPv4 network such as 198.51.100.0/24, not "2001:db8::/32"',
        ),
        (
            "EKS_API_CIDRS",
            "198.51.100.7/99",
            'should be an IPv4 network such as 198.51.100.0/24, not "198.51.100.7/99"',
        ),
        (
            "EKS_API_CIDRS",
            "198.51.100.7/24",
            'should be 198.51.100.0/24 or one address with /32, not "198.51.100.7/24"',
        ),
        (
            "EKS_API_CIDRS",
            "198.51.100.0/24,192.168.1.0/24",
            "should be public addresses, as the internet sees them: 192.168.1.0/24 is private, and the nodes reach the API from inside anyway",
        ),
        (
            "EKS_API_CIDRS",
            ",".join(f"198.51.100.{host}" for host in range(41)),
            "should be at most 40 networks, which is what EKS takes, not 41",
        ),
        (
            "EKS_CLUSTER_NAME",
            "my_cluster",
            'should be letters, digits and hyphens, beginning with a letter, at most 100, not "my_cluster"',
        ),
        ("EKS_KUBERNETES_VERSION", "1.31", 'should be one of 1.34, 1.35, 1.36, not "1.31"'),
        (
            "EKS_VPC_CIDR",
            "8.8.0.0/16",
            'should be a private network such as 10.0.0.0/16, not "8.8.0.0/16"',
        ),
        (
            "EKS_VPC_CIDR",
            "10.0.0.0/24",
            'should have a prefix from /16 to /18, room for two /20 and two /24, not "10.0.0.0/24"',
        ),
        ("EKS_ZONES", "eu-central-1a", 'should be two different zones, not "eu-central-1a"'),
        ("EKS_ZONES", "a,b", 'should be zones such as eu-central-1a,eu-central-1b, not "a"'),
        (
            "EKS_ZONES",
            "eu-west-1a,eu-central-1b",
            "eu-west-1a,eu-central-1b are not both in eu-central-1",
        ),
        (
            "EKS_NODE_TYPE",
            "t4g.medium",
            'should be an x86 type of the t, m, c or r families such as t3.medium, not "t4g.medium"',
        ),
        (
            "EKS_NODE_TYPE",
            "t3.micro",
            'should be an x86 type of the t, m, c or r families such as t3.medium, not "t3.micro"',
        ),
        ("EKS_NODES_MIN", "1", 'should be a whole number from 2 to 100, not "1"'),
        ("EKS_NODES_MAX", "many", 'should be a whole number from 2 to 100, not "many"'),
        ("EKS_NODES_MIN", "6", "is more than the 5 of EKS_NODES_MAX"),
        (
            "ECR_IMAGE_REPOSITORY",
            "Sample",
            'should be lower-case names joined by . _ - or /, not "Sample"',
        ),
        ("ECR_IMAGE_REPOSITORY", "a", 'should have 2 to 256 characters, not "a"'),
        (
            "ECR_CHART_REPOSITORY",
            "sample-app",
            "should not be the image's repository: their tags would collide",
        ),
        (
            "EKS_GITHUB_REPOSITORY",
            "acme/*",
            'should be OWNER/NAME, or OWNER@ID/NAME@ID where GitHub\'s tokens carry the ids, not "acme/*"',
        ),
        (
            "EKS_GITHUB_PROVIDER_ARN",
            "arn:aws:iam::123456789012:oidc-provider/example.org",
            'should be the ARN of this account\'s provider, arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com, not "arn:aws:iam::123456789012:oidc-provider/example.org"',
        ),
        (
            "EKS_GITHUB_PROVIDER_ARN",
            "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
            "is for deploy roles: set EKS_GITHUB_REPOSITORY too",
        ),
    ],
)
def test_a_wrong_value_is_named_and_says_what_it_should_be(
    variable: str, value: str, problem: str
) -> None:
    with pytest.raises(WrongSettings) as refused:
        read({}, NEEDED | {variable: value})
    assert str(refused.value) == (
        "error: the settings of the infrastructure have a problem\n"
        f"  {variable}: {problem}\n"
        "  try: infra/README.md names every setting"
    )


def test_a_value_of_the_context_is_named_by_its_key() -> None:
    with pytest.raises(WrongSettings) as refused:
        read({"shipway:region": False, "shipway:nodes-min": 0}, NEEDED)
    assert refused.value.problems == (
        "shipway:region: should be text, a number or a list, not False",
        'shipway:nodes-min: should be a whole number from 2 to 100, not "0"',
    )


def test_the_documentation_names_every_setting() -> None:
    rows = (Path(__file__).parents[1] / "README.md").read_text().splitlines()
    named = [tuple(re.findall(r"`([^`]+)`", row)[:2]) for row in rows if "`shipway:" in row]
    assert named == [(setting.variable, setting.key) for setting in SETTINGS]
