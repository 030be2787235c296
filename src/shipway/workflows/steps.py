"""The steps that jobs are made of."""

from collections.abc import Mapping

from shipway.workflows.pins import AWS_CREDENTIALS, CHECKOUT, SETUP_PYTHON, UPLOAD_ARTIFACT, Pinned
from shipway.workflows.places import role_variable
from shipway.workflows.writing import Document, Noted

PYTHON = "3.12"
SHIPWAY = ".venv/bin/shipway"


def prepared() -> list[Document]:
    """The commit and its locked tools. It comes before any credential is asked for."""
    return [
        {"name": "Source", "uses": _at(CHECKOUT), "with": {"persist-credentials": False}},
        {"name": "Python", "uses": _at(SETUP_PYTHON), "with": {"python-version": PYTHON}},
        {"name": "Set up", "run": "make setup"},
    ]


def make(goal: str) -> Document:
    return {"name": f"make {goal}", "run": f"make {goal}"}


def shipway(
    words: str, *, title: str | None = None, step: str | None = None, **env: str
) -> Document:
    """`exec`: a cancelled run signals the step's first process only, and that must be ours (pitfall 3).

    What a person typed or another job found comes by `env`, where the shell takes it for a word.
    """
    identity: Mapping[str, str] = {"id": step} if step else {}
    variables: Mapping[str, Mapping[str, str]] = {"env": env} if env else {}
    verb = title or words
    return {
        "name": f"shipway {verb}",
        **identity,
        **variables,
        "run": f"exec {SHIPWAY} {words} --output github",
    }


def credentials(environment: str) -> Document:
    """An hour as this environment's role, by OpenID Connect: no key is stored anywhere."""
    return {
        "name": "Credentials",
        "uses": _at(AWS_CREDENTIALS),
        "with": {
            "role-to-assume": f"${{{{ vars.{role_variable(environment)} }}}}",
            "role-session-name": "shipway-${{ github.run_id }}",
            "aws-region": "${{ vars.AWS_REGION }}",
        },
    }


def evidence() -> Document:
    """The run's folder (journal, logs, what the cluster said) of a job that did not end well."""
    return {
        "name": "Keep the run",
        "if": "failure() || cancelled()",
        "uses": _at(UPLOAD_ARTIFACT),
        "with": {
            "name": "run-${{ github.job }}-${{ github.run_attempt }}",
            "path": ".shipway/runs",
            "include-hidden-files": True,
            "if-no-files-found": "ignore",
            "retention-days": 30,
        },
    }


def _at(action: Pinned) -> Noted:
    return Noted(str(action), action.version)
