"""The registry: one repository for images and their bundles, one for charts."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from infra.config import Config

KEPT = 1000
"""Manifests that stay, tagged and untagged each. A release is two tagged ones: the image and its bundle."""


@dataclass(frozen=True, slots=True)
class Registry:
    image: ecr.Repository
    chart: ecr.Repository


def registry(scope: Construct, config: Config) -> Registry:
    return Registry(
        image=_repository(scope, "ImageRepository", config.image_repository),
        chart=_repository(scope, "ChartRepository", config.chart_repository),
    )


def _repository(scope: Construct, name: str, repository: str) -> ecr.Repository:
    return ecr.Repository(
        scope,
        name,
        repository_name=repository,
        image_scan_on_push=True,
        image_tag_mutability=ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION,
        # `latest` and its bundle, `latest.bundle`.
        image_tag_mutability_exclusion_filters=[
            ecr.ImageTagMutabilityExclusionFilter.wildcard("latest*")
        ],
        # By count, never by age: what was deployed as `latest` is untagged as soon as `latest` moves on, and it
        # must outlive that for as long as it runs.
        lifecycle_rules=[
            ecr.LifecycleRule(
                description=f"the last {KEPT} tagged",
                rule_priority=1,
                tag_status=ecr.TagStatus.TAGGED,
                tag_pattern_list=["*"],
                max_image_count=KEPT,
            ),
            ecr.LifecycleRule(
                description=f"the last {KEPT} untagged",
                rule_priority=2,
                tag_status=ecr.TagStatus.UNTAGGED,
                max_image_count=KEPT,
            ),
        ],
        # A repository that outlives its stack would stand in the way of the next one.
        removal_policy=cdk.RemovalPolicy.DESTROY,
        empty_on_delete=True,
    )
