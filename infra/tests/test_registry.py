import json

import pytest

from infra.tests.template import Template


@pytest.mark.parametrize(
    ("name", "repository"),
    [("ImageRepository", "sample-app"), ("ChartRepository", "charts/sample-app")],
)
def test_a_repository_scans_protects_its_tags_and_goes_with_the_stack(
    template: Template, name: str, repository: str
) -> None:
    properties = template.all("AWS::ECR::Repository")[name]
    lifecycle = json.loads(properties.pop("LifecyclePolicy")["LifecyclePolicyText"])
    assert properties == {
        "RepositoryName": repository,
        "ImageScanningConfiguration": {"ScanOnPush": True},
        "ImageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "ImageTagMutabilityExclusionFilters": [
            {
                "ImageTagMutabilityExclusionFilterType": "WILDCARD",
                "ImageTagMutabilityExclusionFilterValue": "latest*",
            }
        ],
        "EmptyOnDelete": True,
    }
    assert lifecycle == {
        "rules": [
            {
                "rulePriority": 1,
                "description": "the last 1000 tagged",
                "selection": {
                    "tagStatus": "tagged",
                    "tagPatternList": ["*"],
                    "countType": "imageCountMoreThan",
                    "countNumber": 1000,
                },
                "action": {"type": "expire"},
            },
            {
                "rulePriority": 2,
                "description": "the last 1000 untagged",
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "imageCountMoreThan",
                    "countNumber": 1000,
                },
                "action": {"type": "expire"},
            },
        ]
    }
    assert template.resources[name]["DeletionPolicy"] == "Delete"


def test_there_are_two_repositories(template: Template) -> None:
    assert len(template.all("AWS::ECR::Repository")) == 2
