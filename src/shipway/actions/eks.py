"""What set-up and teardown of EKS have in common: the ground they stand on, and the project's part in it."""

import json
import os
from collections.abc import Sequence

from shipway.actions.session import Session
from shipway.commands.helm import Release
from shipway.eks import settings
from shipway.eks.ground import Ground


def ground(session: Session) -> Ground:
    return Ground(session.project.root, session.folder, session.shell, os.environ)


def cluster(session: Session) -> str:
    """Its name, where CDK would find it too; after a set-up also without any variable."""
    file = session.project.root / "infra" / "cdk.json"
    context = json.loads(file.read_bytes()).get("context", {}) if file.exists() else {}
    return settings.cluster_name(context, os.environ, ground(session).written)


def places(session: Session) -> Sequence[Release]:
    """The releases, each in its namespace."""
    project = session.project
    return [
        Release(project.release(environment), environment.namespace)
        for environment in project.environments
        if environment.name in project.targets["eks"].values
    ]
