"""Where an image comes from, for the labels that its Dockerfile makes of build arguments.

The commit is the last one that changed the build context: a commit elsewhere gives no other image. A tag is not
among them: the same image may have several.
"""

import re
from datetime import UTC, datetime
from pathlib import PurePath
from urllib.parse import urlsplit

from shipway.commands import git
from shipway.errors import CommandFailed, ProgramMissing
from shipway.shell.shell import Shell

_SSH = re.compile(r"(?:ssh://)?[^@/]+@([\w.-]+)[:/](.+)")


async def arguments(source: PurePath, shell: Shell, epoch: int | None) -> dict[str, str]:
    """REVISION, CREATED and SOURCE; those that are not known are left out, as outside of git."""
    found: dict[str, str] = {}
    try:
        last = (await shell.run(git.last_change(source))).stdout.split()
        if last:
            changed = (await shell.run(git.changes(source))).stdout.strip()
            revision, found["CREATED"] = last
            found["REVISION"] = f"{revision}-dirty" if changed else revision
    except (CommandFailed, ProgramMissing):
        return _at(epoch)
    try:
        origin = public_url((await shell.run(git.origin())).stdout.strip())
    except CommandFailed:
        origin = None
    if origin:
        found["SOURCE"] = origin
    return {**found, **_at(epoch)}


def public_url(remote: str) -> str | None:
    """A page that people can open, without a login that the remote may hold; None for a folder."""
    if remote.startswith(("https://", "http://")):
        parts = urlsplit(remote)
        host = parts.netloc.rpartition("@")[2]
        return f"https://{host}{parts.path.removesuffix('.git')}"
    if found := _SSH.fullmatch(remote):
        return f"https://{found[1]}/{found[2].removesuffix('.git')}"
    return None


def _at(epoch: int | None) -> dict[str, str]:
    if epoch is None:
        return {}
    return {"CREATED": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
