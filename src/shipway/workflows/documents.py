"""The workflows of a project: which there are, when they run, and their jobs in order."""

from collections.abc import Collection, Mapping
from pathlib import PurePath

from shipway.config.project import Project
from shipway.workflows import jobs
from shipway.workflows.places import first, github_name, last
from shipway.workflows.writing import Document, text

FOLDER = PurePath(".github/workflows")
NAMES = ("ci", "release", "hotfix", "rollback")
CHECKS = ("lint", "test", "chart-lint")
MARK = "# Written by `shipway workflows` from shipway.yaml. Not edited by hand: the next one overwrites it."


def files(project: Project, served: Collection[str]) -> Mapping[PurePath, str]:
    """Every workflow by its file. `served` are the targets that this shipway can release to by itself."""
    documents = {"ci": ci(project, served)}
    if "eks" in project.targets:
        documents |= {
            "release": release(project),
            "hotfix": hotfix(project),
            "rollback": rollback(project),
        }
    return {path(name): f"{MARK}\n{text(document)}" for name, document in documents.items()}


def path(name: str) -> PurePath:
    return FOLDER / f"{name}.yaml"


def ci(project: Project, served: Collection[str]) -> Document:
    """Of a pull request: the checks, and a whole release on every target that a runner can be."""
    local = [name for name in ("embedded", "kind") if name in project.targets and name in served]
    rehearsals = {name: jobs.rehearsal(name, setup=name == "kind") for name in local}
    return {
        "name": "ci",
        "on": ["pull_request"],
        "permissions": {},
        # nothing is deployed here: only the newest commit of a pull request is worth an answer
        "concurrency": {
            "group": "ci-${{ github.event.pull_request.number }}",
            "cancel-in-progress": True,
        },
        "jobs": {"check": jobs.check(), **rehearsals},
    }


def release(project: Project) -> Document:
    """A push to main is built once, and that very bundle goes through the environments in turn."""
    secrets = _secrets(project)
    return {
        "name": "release",
        "on": {"push": {"branches": ["main"]}},
        "permissions": {},
        "jobs": {
            "check": jobs.check(CHECKS),
            "build": jobs.build(first(project), "${{ github.sha }}", secrets),
            **_in_turn(project),
        },
    }


def hotfix(project: Project) -> Document:
    """Straight to the last environment, through its gate; the others keep what they have."""
    environment, secrets = last(project), _secrets(project)
    return {
        "name": "hotfix",
        "run-name": "hotfix ${{ inputs.tag }}",
        "on": {
            "workflow_dispatch": {
                "inputs": {
                    "tag": {
                        "description": "The release's name, new in the registry, such as v1.2.1",
                        "type": "string",
                        "required": True,
                    },
                    "reason": {
                        "description": "Why it does not go through the other environments first",
                        "type": "string",
                        "required": True,
                    },
                }
            }
        },
        "permissions": {},
        "jobs": {
            "check": jobs.check(CHECKS),
            "build": jobs.build(first(project), "${{ inputs.tag }}", secrets),
            jobs.deploy_id(environment): jobs.deploy(
                "hotfix", environment, (), project.timeout, secrets, reason="${{ inputs.reason }}"
            ),
        },
    }


def rollback(project: Project) -> Document:
    """One environment, back to an earlier release. Nothing is built."""
    names, secrets = [each.name for each in project.environments], _secrets(project)
    return {
        "name": "rollback",
        "run-name": "rollback ${{ inputs.environment }} ${{ inputs.to }}",
        "on": {
            "workflow_dispatch": {
                "inputs": {
                    "environment": {
                        "description": "The only environment that is touched",
                        "type": "choice",
                        "options": [github_name(name) for name in names],
                        "required": True,
                    },
                    "to": {
                        "description": "A revision, tag or bundle; empty for the last proven one",
                        "type": "string",
                    },
                    "reason": {
                        "description": "Why: it is recorded with the quarantine of what is left",
                        "type": "string",
                    },
                    "force": {
                        "description": "Whatever stands in the way; with a reason",
                        "type": "boolean",
                    },
                }
            }
        },
        "permissions": {},
        "jobs": {
            jobs.rollback_id(name): jobs.rollback(name, project.timeout, secrets) for name in names
        },
    }


def _in_turn(project: Project) -> Mapping[str, Document]:
    found: dict[str, Document] = {}
    secrets = _secrets(project)
    for environment in project.environments:
        before = list(found)[-1:]
        found[jobs.deploy_id(environment.name)] = jobs.deploy(
            "release", environment.name, before, project.timeout, secrets
        )
    return found


def _secrets(project: Project) -> Mapping[str, str]:
    """What signs records, where the team wants them signed."""
    return jobs.SIGNING if project.targets["eks"].key else {}
