"""The gh commands we use. gh fills in owner and repo: those that this folder is a clone of, or that GH_REPO names."""

from shipway.commands.command import Command, argv

REPOSITORY = "repos/{owner}/{repo}"
VERSION = "X-GitHub-Api-Version: 2026-03-10"  # the first that tells whether subjects carry ids


def repository() -> Command:
    return _api(REPOSITORY)


def environments() -> Command:
    return _api(f"{REPOSITORY}/environments?per_page=100")


def variables() -> Command:
    return _variables("actions")


def variables_of(environment: str) -> Command:
    """Its own, which win over those of the repository."""
    return _variables(f"environments/{environment}")


def _variables(holder: str) -> Command:
    """A JSON object on each line."""
    rows = ("--jq", ".variables[]")
    return Command(argv("gh", "api", "--paginate", rows, f"{REPOSITORY}/{holder}/variables"))


def subject() -> Command:
    """How the tokens of its jobs name them."""
    return Command(
        argv("gh", "api", ("--header", VERSION), f"{REPOSITORY}/actions/oidc/customization/sub")
    )


def _api(path: str) -> Command:
    return Command(argv("gh", "api", path))
