"""What GitHub calls our environments: its name, whose rules guard it, and the variable with its role."""

from shipway.config.project import Project

NAMES = {"prod": "production"}  # a gate that people know under this name


def github_name(environment: str) -> str:
    """The GitHub environment that a deploy job runs in."""
    return NAMES.get(environment, environment)


def role_variable(environment: str) -> str:
    """The variable that holds the role of this environment, such as `AWS_ROLE_PRODUCTION`."""
    return f"AWS_ROLE_{github_name(environment).replace('-', '_').upper()}"


def first(project: Project) -> str:
    return project.environments[0].name


def last(project: Project) -> str:
    """What a release ends in, and what a hotfix is for."""
    return project.environments[-1].name
