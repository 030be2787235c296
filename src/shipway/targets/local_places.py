"""The environments on a target of this machine: all behind one ingress, told apart by their host names."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from shipway.commands.helm import Release
from shipway.config.project import Project
from shipway.targets.target import Place


def local_places(
    project: Project, name: str, defaults: Callable[[], dict[str, Any]] = dict
) -> tuple[Place, ...]:
    """Those that the target `name` has values for; `defaults` makes what it adds to the values of each."""
    target = project.targets[name]
    return tuple(
        Place(
            environment=environment.name,
            release=Release(project.release(environment), environment.namespace),
            values_file=Path(target.values[environment.name]),
            host=target.hosts[environment.name],
            overlay=partial(_overlay, defaults, target.hosts[environment.name]),
        )
        for environment in project.environments
        if environment.name in target.values
    )


def _overlay(defaults: Callable[[], dict[str, Any]], host: str) -> dict[str, Any]:
    return {**defaults(), "ingress": {"host": host}}
