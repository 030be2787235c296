"""What a person decides about the infrastructure, and where each decision is read from."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from infra import values
from infra.values import Wrong

CONTEXT = "shipway:"
"""Our part of cdk's context: `--context shipway:node-type=m7i.large`. It wins over the environment."""


NOTHING: tuple[object, ...] = (None, "", [])
"""Values that are no value."""


@dataclass(frozen=True, slots=True)
class Config:
    region: str
    admin_arns: tuple[str, ...]  # who may do everything in the cluster
    api_cidrs: tuple[str, ...]  # from where its API can be reached
    cluster_name: str = "dagger-demo-eks"
    kubernetes_version: str = "1.35"
    vpc_cidr: str = "10.0.0.0/16"
    zones: tuple[str, ...] = ()  # none: the first two of the region
    node_type: str = "t3.medium"
    nodes_min: int = 2
    nodes_max: int = 5
    image_repository: str = "sample-app"
    chart_repository: str = "charts/sample-app"
    github_repository: str | None = None  # none: no deploy roles
    github_provider_arn: str | None = None  # none: the stack makes the account's provider


@dataclass(frozen=True, slots=True)
class Setting:
    field: str
    variable: str
    read: Callable[[str], Any]
    needed: str | None = None  # what to say when it is not given; None: it may be left out

    @property
    def key(self) -> str:
        return CONTEXT + self.field.replace("_", "-")


SETTINGS = (
    Setting("region", "AWS_REGION", values.region, "name one, such as eu-central-1"),
    Setting(
        "admin_arns",
        "EKS_ADMIN_ARNS",
        values.principals,
        "nobody could use the cluster; give the ARN of an IAM role or user, several with commas",
    ),
    Setting(
        "api_cidrs",
        "EKS_API_CIDRS",
        values.api_networks,
        "say from where the cluster's API can be reached, such as 198.51.100.7/32, several with "
        "commas; GitHub's hosted runners come from anywhere, 0.0.0.0/0 lets them in",
    ),
    Setting("cluster_name", "EKS_CLUSTER_NAME", values.cluster_name),
    Setting("kubernetes_version", "EKS_KUBERNETES_VERSION", values.kubernetes_version),
    Setting("vpc_cidr", "EKS_VPC_CIDR", values.vpc_network),
    Setting("zones", "EKS_ZONES", values.zones),
    Setting("node_type", "EKS_NODE_TYPE", values.node_type),
    Setting("nodes_min", "EKS_NODES_MIN", values.node_count),
    Setting("nodes_max", "EKS_NODES_MAX", values.node_count),
    Setting("image_repository", "ECR_IMAGE_REPOSITORY", values.image_repository),
    Setting("chart_repository", "ECR_CHART_REPOSITORY", values.image_repository),
    Setting("github_repository", "EKS_GITHUB_REPOSITORY", values.github_repository),
    Setting("github_provider_arn", "EKS_GITHUB_PROVIDER_ARN", values.provider),
)


@dataclass(eq=False)
class WrongSettings(Exception):
    """Every problem at once, each with its setting named as it was given."""

    problems: tuple[str, ...]

    def __str__(self) -> str:
        count = "a problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        return "\n".join(
            (
                f"error: the settings of the infrastructure have {count}",
                *(f"  {problem}" for problem in self.problems),
                "  try: infra/README.md names every setting",
            )
        )


def read(context: Mapping[str, object], environment: Mapping[str, str]) -> Config:
    """Raises WrongSettings."""
    problems = [*_strangers(context)]
    given: dict[str, Any] = {}
    for setting in SETTINGS:
        name, value = _find(setting, context, environment)
        try:
            if text := _text(value):
                given[setting.field] = setting.read(text)
            elif setting.needed:
                problems.append(f"{name}: is not set: {setting.needed}")
        except Wrong as wrong:
            problems.append(f"{name}: {wrong}")
    if problems:
        raise WrongSettings(tuple(problems))
    config = Config(**given)
    if problems := [*_contradictions(config)]:
        raise WrongSettings(tuple(problems))
    return config


def _find(
    setting: Setting, context: Mapping[str, object], environment: Mapping[str, str]
) -> tuple[str, object]:
    if context.get(setting.key) not in NOTHING:
        return setting.key, context[setting.key]
    return setting.variable, environment.get(setting.variable, "")


def _text(value: object) -> str:
    """In cdk.json a list may be a list and a number a number."""
    match value:
        case str():
            return value.strip()
        case list():
            return ",".join(map(_text, value))
        case int() | float() if not isinstance(value, bool):
            return str(value)
        case _:
            raise Wrong(f"should be text, a number or a list, not {value}")


def _strangers(context: Mapping[str, object]) -> Iterator[str]:
    known = [setting.key for setting in SETTINGS]
    for key in context:
        if key.startswith(CONTEXT) and key not in known:
            close = get_close_matches(key, known, n=1)
            yield f"{key}: unknown setting" + (f", did you mean {close[0]}?" if close else "")


def _contradictions(config: Config) -> Iterator[str]:
    if config.nodes_min > config.nodes_max:
        yield f"EKS_NODES_MIN: is more than the {config.nodes_max} of EKS_NODES_MAX"
    if config.image_repository == config.chart_repository:
        yield "ECR_CHART_REPOSITORY: should not be the image's repository: their tags would collide"
    if config.github_provider_arn and not config.github_repository:
        yield "EKS_GITHUB_PROVIDER_ARN: is for deploy roles: set EKS_GITHUB_REPOSITORY too"
    if not all(zone.startswith(config.region) for zone in config.zones):
        yield f"EKS_ZONES: {','.join(config.zones)} are not both in {config.region}"
