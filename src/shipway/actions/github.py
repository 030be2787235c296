"""What GitHub says of the repository, asked through gh, and each reason why it may not say it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shipway.commands import gh
from shipway.commands.command import Command
from shipway.errors import USAGE, CommandFailed, ProgramMissing, ShipwayError
from shipway.shell.shell import Shell

WHERE = "on GitHub: Settings → Environments"


@dataclass(eq=False)
class NoGh(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    @property
    def problem(self) -> str:
        return "the program gh is not on the PATH"

    @property
    def remedy(self) -> str:
        return f"install gh (https://cli.github.com), then: gh auth login; or look {WHERE}"


@dataclass(eq=False)
class NotLoggedIn(ShipwayError):
    @property
    def problem(self) -> str:
        return "gh is not logged in to GitHub, or its login has expired"

    @property
    def remedy(self) -> str:
        return "gh auth login"


@dataclass(eq=False)
class NoRemote(ShipwayError):
    """gh cannot tell which repository is meant."""

    @property
    def problem(self) -> str:
        return "this folder is no clone of a repository on GitHub, as far as its remotes tell"

    @property
    def remedy(self) -> str:
        return (
            "git remote add origin https://github.com/OWNER/NAME.git, or export GH_REPO=OWNER/NAME"
        )


@dataclass(eq=False)
class NotFound(ShipwayError):
    """GitHub's answer for what is not there, and for what this login may not know of."""

    what: str

    @property
    def problem(self) -> str:
        return f"GitHub has no {self.what} to show to this login (404)"

    @property
    def remedy(self) -> str:
        return "gh auth status says who you are, gh repo view whether you may see the repository"


@dataclass(eq=False)
class MayNot(ShipwayError):
    what: str
    reason: str

    @property
    def problem(self) -> str:
        return f"this login may not read the {self.what} (403): {self.reason}"

    @property
    def remedy(self) -> str:
        if "rate limit" in self.reason:
            return "wait until the limit is reset: gh api rate_limit"
        return f"gh auth refresh --scopes repo, or ask somebody who administers the repository; or look {WHERE}"


@dataclass(eq=False)
class NoAnswer(ShipwayError):
    what: str
    reason: str

    @property
    def problem(self) -> str:
        return f"gh cannot read the {self.what}: {self.reason}"

    @property
    def remedy(self) -> str:
        return "gh auth status, then the same again; https://www.githubstatus.com says whether it is GitHub"


LOGIN = ("gh auth login", "HTTP 401", "Bad credentials")
REMOTE = ("git remote", "not a git repository", "GH_REPO")


async def repository(shell: Shell) -> Mapping[str, Any]:
    return dict(await _ask(shell, gh.repository(), "repository"))


async def environments(shell: Shell) -> Mapping[str, Mapping[str, Any]]:
    """By name."""
    listed = await _ask(shell, gh.environments(), "environments")
    return {each["name"]: each for each in listed.get("environments") or []}


async def variables(shell: Shell) -> Mapping[str, str]:
    """Those of the repository."""
    return dict(await _ask(shell, gh.variables(), "variables", _variables))


async def variables_of(shell: Shell, environment: str) -> Mapping[str, str]:
    """Those that only its jobs see."""
    what = f"variables of {environment}"
    return dict(await _ask(shell, gh.variables_of(environment), what, _variables))


async def subject(shell: Shell) -> Mapping[str, Any]:
    return dict(await _ask(shell, gh.subject(), "form of OIDC subjects"))


def _variables(said: str) -> Mapping[str, str]:
    listed = [json.loads(line) for line in said.splitlines()]
    return {each["name"]: str(each["value"]) for each in listed}


async def _ask(
    shell: Shell, command: Command, what: str, parse: Callable[[str], Any] = json.loads
) -> Any:
    try:
        said = await shell.run(command)
        return parse(said.stdout)
    except ProgramMissing as missing:
        raise NoGh from missing
    except CommandFailed as failure:
        raise refusal(failure, what) from failure
    except ValueError as torn:
        raise NoAnswer(what, "its answer is no JSON") from torn


def refusal(failure: CommandFailed, what: str) -> ShipwayError:
    """By exit code 4 gh tells that a login is needed, and everything else by words."""
    # The answer's body is in there too: the last line that gh itself wrote says most.
    said = [line.strip() for line in failure.tail if line.strip()]
    reason = next((line for line in reversed(said) if line.startswith("gh: ")), None)
    reason = (reason or (said[-1] if said else failure.problem)).removeprefix("gh: ")
    whole = "\n".join(said)
    if failure.returncode == 4 or any(sign in whole for sign in LOGIN):
        return NotLoggedIn()
    if any(sign in whole for sign in REMOTE):
        return NoRemote()
    if "HTTP 404" in whole:
        return NotFound(what)
    if "HTTP 403" in whole or "HTTP 429" in whole:
        return MayNot(what, reason)
    return NoAnswer(what, reason)
