from pathlib import Path

from cfnlint.api import ManualArgs, lint

from infra.tests.template import Template, simplified


def test_the_outputs_are_all_that_a_release_needs_to_know(template: Template) -> None:
    outputs = {
        name: simplified(output["Value"]) for name, output in template.document["Outputs"].items()
    }
    host = "<4 of <{0}.Arn>>.dkr.ecr.<3 of <{0}.Arn>>.<AWS::URLSuffix>/<{0}>"
    assert outputs == {
        "AccountId": "<AWS::AccountId>",
        "Region": "eu-central-1",
        "ClusterName": "<Cluster>",
        "EcrRepositoryUri": host.format("ImageRepository"),
        "EcrChartRepositoryUri": host.format("ChartRepository"),
        "DeployRoleArnDev": "<DeployRoleDev.Arn>",
        "DeployRoleArnStaging": "<DeployRoleStaging.Arn>",
        "DeployRoleArnProd": "<DeployRoleProd.Arn>",
    }


def test_cloudformation_takes_a_template_of_this_size(written: Path, template: Template) -> None:
    assert written.stat().st_size < 1_000_000
    assert len(template.document["Resources"]) < 500


def test_the_stack_asks_for_a_bootstrap_that_is_new_enough(template: Template) -> None:
    (assertion,) = template.document["Rules"]["CheckBootstrapVersion"]["Assertions"]
    assert assertion["AssertDescription"].startswith("CDK bootstrap stack version 6 required.")


def test_cfn_lint_finds_nothing(written: Path) -> None:
    # W3005: cdk spells out dependencies that a reference already implies.
    rules = ManualArgs(regions=["eu-central-1"], ignore_checks=["W3005"])
    assert lint(written.read_text(), config=rules) == []
