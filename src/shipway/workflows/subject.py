"""How the tokens of GitHub's jobs name them: the subject that the trust of a role must say, letter for letter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

IDS_SINCE = date(2026, 7, 15)
"""Repositories made, renamed or moved from that day on have their numbers in the subject."""

DEFAULT_KEYS = ["repo", "context"]


@dataclass(frozen=True, slots=True)
class Form:
    """`repository` is what comes after `repo:`, and what EKS_GITHUB_REPOSITORY must be."""

    repository: str
    why: str

    def subject(self, environment: str) -> str:
        return f"repo:{self.repository}:environment:{environment}"


@dataclass(frozen=True, slots=True)
class OfTheirOwn:
    """Somebody chose other claims for the subject: no trust of ours fits it."""

    claims: tuple[str, ...]


def form(repository: Mapping[str, Any], template: Mapping[str, Any] | None) -> Form | OfTheirOwn:
    """As GitHub's API tells of a repository, and of its template for subjects; None where that may not be read."""
    owner = repository["owner"]
    short = f"{owner['login']}/{repository['name']}"
    long = f"{owner['login']}@{owner['id']}/{repository['name']}@{repository['id']}"
    told = template or {}
    claims = told.get("include_claim_keys") or []
    if told.get("use_default") is False and claims != DEFAULT_KEYS:
        return OfTheirOwn(tuple(claims))
    match told.get("use_immutable_subject"):
        case True:
            return Form(long, "GitHub says so")
        case False:
            return Form(short, "GitHub says so")
    made = date.fromisoformat(repository["created_at"][:10])
    if made >= IDS_SINCE:
        return Form(long, f"it was made on {made}, and from {IDS_SINCE} on the numbers are in it")
    return Form(
        short,
        f"it was made on {made}, before {IDS_SINCE}; if it was renamed or moved since, it is {long}",
    )
