"""`.env.eks`: what every terminal needs to release to the cluster. Names and numbers, never a secret."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

FILE = ".env.eks"
CLUSTER = "dagger-demo-eks"  # what infra/config.py calls it where nobody says otherwise
LINE = re.compile(r"(?:export )?([A-Z_]+)=(.*)")


@dataclass(frozen=True, slots=True)
class Settings:
    account: str
    region: str
    repository_uri: str
    cluster: str


def render(settings: Settings) -> str:
    """The file's whole text, for `source` in any POSIX shell."""
    values = {
        "DEPLOYMENT_TARGET": "eks",
        "AWS_ACCOUNT_ID": settings.account,
        "AWS_REGION": settings.region,
        "ECR_REPO_URI": settings.repository_uri,
        "EKS_CLUSTER_NAME": settings.cluster,
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


def parse(text: str) -> dict[str, str]:
    """Its variables; lines of another kind are passed over."""
    found = (LINE.fullmatch(line.strip()) for line in text.splitlines())
    return {each[1]: "".join(shlex.split(each[2])) for each in found if each}


def cluster_name(
    context: Mapping[str, object], environment: Mapping[str, str], written: Mapping[str, str]
) -> str:
    """As infra/ reads it, from CDK's context or the environment; else as the last set-up wrote it."""
    return (
        str(context.get("shipway:cluster-name", ""))
        or environment.get("EKS_CLUSTER_NAME", "")
        or written.get("EKS_CLUSTER_NAME", "")
        or CLUSTER
    )
