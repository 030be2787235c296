import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.app import application
from infra.config import Config, read
from infra.stack import infrastructure
from infra.tests.template import Template

ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "EKS_ADMIN_ARNS": "arn:aws:iam::123456789012:role/admin,arn:aws:iam::123456789012:user/ada",
    "EKS_API_CIDRS": "198.51.100.0/24,203.0.113.7/32",
    "EKS_GITHUB_REPOSITORY": "acme/shop",
}


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The settings that most tests look at."""
    return dict(ENVIRONMENT)


Build = Callable[[Config], Any]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A stack in an application of its own."""

    def stack(config: Config) -> Any:
        return infrastructure(application(str(tmp_path_factory.mktemp("cdk"))), config)

    return stack


@pytest.fixture(scope="session")
def stack(build: Build, environment: dict[str, str]) -> Any:
    return build(read({}, environment))


@pytest.fixture(scope="session")
def written(stack: Any) -> Path:
    """The template's file."""
    assembly = stack.node.root.synth()
    return Path(assembly.directory) / f"{stack.stack_name}.template.json"


@pytest.fixture(scope="session")
def template(written: Path) -> Template:
    return Template(json.loads(written.read_bytes()))


@pytest.fixture(scope="session")
def template_of(build: Build) -> Callable[[Config], Template]:
    def synthesise(config: Config) -> Template:
        made = build(config)
        return Template(made.node.root.synth().get_stack_by_name(made.stack_name).template)

    return synthesise
