"""The files that people read first: what there is, why it failed, and what was released before."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shipway.commands.helm import Release
from shipway.model.diagnosis import Cause
from shipway.model.revision import Revision

WHAT = {
    "cause.txt": "why it does not serve, most telling first, with the pod that shows it",
    "rollout.txt": "the Deployment, its ReplicaSets, autoscaler, disruption budget and quotas",
    "events.txt": "what happened to the release's objects, oldest first",
    "events.yaml": "the same, whole",
    "pods.yaml": "the release's pods, old and new, and its test's",
    "manifest.yaml": "what helm applied: the latest revision",
    "values.yaml": "the values that revision was given",
    "history.txt": "helm's revisions, oldest first",
    "logs/": "each container's last lines, and in .previous.log those of the run before",
}


def text(
    release: Release, moment: datetime, written: Sequence[str], missing: Mapping[str, str]
) -> str:
    about = f"release {release.name} in namespace {release.namespace}"
    lines = [
        f"Evidence of {about}, taken {moment:%Y-%m-%d %H:%M:%S} UTC.",
        "Values of secrets are left out of the YAML; logs are what the containers wrote.",
        "",
        *(
            f"{file:<14} {what}"
            for file, what in WHAT.items()
            if any(each.startswith(file) for each in written)
        ),
    ]
    if missing:
        lines += ["", "Not there:", *(f"{file}: {why}" for file, why in missing.items())]
    return "\n".join(lines) + "\n"


def causes(ranked: Sequence[Cause]) -> str:
    if not ranked:
        return "No pod shows a cause.\n"
    lines: list[str] = []
    shown: set[str] = set()
    for number, cause in enumerate(ranked, 1):
        lines.append(f"{number}. {cause.cause}")
        if cause.pod:
            lines.append(f"   pod {cause.pod}: {cause.state}")
        if cause.pod not in shown:
            lines += [f"     {line}" for line in cause.log]
        shown.add(cause.pod)
    return "\n".join(lines) + "\n"


def history(revisions: Sequence[Revision]) -> str:
    if not revisions:
        return "Nothing was ever released here.\n"
    return "".join(
        f"{each.number:>3}  {each.updated[:19].replace('T', ' ')}  {each.status:<15}  {each.tag}  "
        f"chart {each.chart_version}  {each.description}\n"
        for each in revisions
    )
