"""The environment in which a target's helm and kubectl run."""

from pathlib import Path


def tool_env(folder: Path) -> dict[str, str]:
    """Nothing of the person's own settings and logins is read, and nothing is written outside the project."""
    return {
        "HELM_CACHE_HOME": str(folder / "cache"),
        "HELM_CONFIG_HOME": str(folder / "config"),
        "HELM_DATA_HOME": str(folder / "data"),
        "HELM_REGISTRY_CONFIG": str(folder / "registry.json"),
        "DOCKER_CONFIG": str(folder / "docker"),
        "KUBECACHEDIR": str(folder / "kube"),
    }
