"""Helm's release history, read from where helm keeps it: one Secret per revision.

The format is helm's storage driver `secrets` (pkg/storage/driver/secrets.go): a Secret of type
`helm.sh/release.v1` named `sh.helm.release.v1.NAME.vN`, whose `release` is base64 of gzip of JSON.
"""

import asyncio
import base64
import binascii
import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import httpx2
from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
from lightkube.models.core_v1 import Secret as SecretModel
from lightkube.resources.core_v1 import Secret

from shipway.commands.helm import Release
from shipway.model.revision import FAILURE, UNDERWAY, Revision, current

RUN, FENCE = "shipway.dev/run", "shipway.dev/fence"  # labels of the Secrets that our runs make
OF = "shipway.dev/revision"  # which revision the two speak of: helm copies labels to the next one
RETURN = "shipway.dev/return"  # `5.RUN`: if revision 5 has it, a rollback of RUN made it
MARK_SECONDS = 2.0  # an interrupted run has less than 5 s for all that it leaves in order


async def history(client: AsyncClient, release: Release) -> list[Revision]:
    """Oldest first; empty where nothing was ever installed."""
    labels: dict[str, Any] = {"owner": "helm", "name": release.name}
    found = [
        _revision(secret)
        async for secret in client.list(Secret, namespace=release.namespace, labels=labels)
    ]
    return sorted(found, key=lambda revision: revision.number)


async def latest(client: AsyncClient, release: Release) -> Revision | None:
    return current(await history(client, release))


async def mark_failed(
    client: AsyncClient, release: Release, number: int, reason: str, now: datetime | None = None
) -> None:
    """What `helm upgrade --wait` does when its own wait fails. `reason` has FAILURE in it."""
    moment = (now or datetime.now(UTC)).isoformat()
    await _inform(
        client, release, number, status="failed", description=reason, last_deployed=moment
    )


async def mark_proven(client: AsyncClient, release: Release, revision: Revision) -> None:
    """Its pods were seen to serve."""
    if revision.unproven:
        number, said = revision.number, revision.description.removesuffix(UNDERWAY)
        ours = labels(number, revision.run, revision.fence) if revision.returning else {}
        await _inform(client, release, number, ours, description=said)


@contextlib.asynccontextmanager
async def marking_interrupted(
    client: AsyncClient,
    release: Release,
    before: Revision | None,
    ours: Callable[[], bool] = lambda: True,
) -> AsyncIterator[None]:
    """A revision that is made in here, and whose rollout nobody goes on to watch, is marked as one that failed.

    Unless that is no longer `ours` to do: the latest one may be somebody else's then.
    """
    try:
        yield
    except asyncio.CancelledError:
        if not ours():
            raise
        # what cannot be marked stays unproven
        with contextlib.suppress(ApiError, httpx2.TransportError, TimeoutError):
            async with asyncio.timeout(MARK_SECONDS):
                made = await latest(client, release)
                if made and made.status != "failed" and (not before or made.number > before.number):
                    reason = f"rollout {FAILURE}interrupted before its pods were seen to serve"
                    await mark_failed(client, release, made.number, reason)
        raise


def labels(number: int, run: str, fence: int) -> dict[str, str]:
    """Of the revision that helm is about to make."""
    return {RUN: run, FENCE: str(fence), OF: str(number)}


async def announce_return(
    client: AsyncClient, release: Release, back: int, *, number: int, run: str
) -> None:
    """Before `helm rollback`, which takes no labels: what it makes as `number` gets those of the one it returns to."""
    secret = {"metadata": {"labels": {RETURN: f"{number}.{run}"}}}
    await client.patch(Secret, _name(release, back), secret, namespace=release.namespace)


async def claim_return(
    client: AsyncClient, release: Release, made: Revision, *, run: str, fence: int
) -> None:
    """After `helm rollback`: helm calls it a success, and nobody has seen its pods serve yet."""
    ours = labels(made.number, run, fence)
    await _inform(client, release, made.number, ours, description=f"{made.description}{UNDERWAY}")


async def _inform(
    client: AsyncClient,
    release: Release,
    number: int,
    more: Mapping[str, str] = MappingProxyType({}),  # labels
    **info: str,
) -> None:
    """Write these fields of a revision's `info`; its status is a label of the Secret, too."""
    secret = await client.get(Secret, _name(release, number), namespace=release.namespace)
    stored = decode(secret)
    stored["info"] |= info
    assert secret.metadata is not None
    assert secret.metadata.labels is not None
    secret.metadata.labels |= {**more, "status": stored["info"]["status"]}
    secret.data = {"release": encode(stored)}
    await client.replace(secret)


def _name(release: Release, number: int) -> str:
    return f"sh.helm.release.v1.{release.name}.v{number}"


def decode(secret: SecretModel) -> dict[str, Any]:
    """The release as JSON. Helm encodes it itself, and Kubernetes once more."""
    raw = base64.b64decode(base64.b64decode((secret.data or {})["release"]))
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    release: dict[str, Any] = json.loads(raw)
    return release


def encode(release: dict[str, Any]) -> str:
    raw = gzip.compress(json.dumps(release, separators=(",", ":")).encode(), mtime=0)
    return base64.b64encode(binascii.b2a_base64(raw, newline=False)).decode()


def _revision(secret: SecretModel) -> Revision:
    release = decode(secret)
    labels = (secret.metadata.labels if secret.metadata else None) or {}
    info, chart = release["info"], release["chart"]["metadata"]
    number = release["version"]
    run, returning = _maker(number, labels)
    return Revision(
        number=number,
        status=info["status"],
        chart_version=chart["version"],
        updated=info["last_deployed"],
        description=info.get("description", ""),
        values=release.get("config") or {},
        run=run,
        fence=int(labels.get(FENCE, "0")),
        returning=returning,
        created=secret.metadata.creationTimestamp if secret.metadata else None,
    )


def _maker(number: int, labels: Mapping[str, str]) -> tuple[str, bool]:
    """The run that made a revision, and whether that was a rollback which was never claimed."""
    if labels.get(OF) == str(number):
        return labels.get(RUN, ""), False
    of, _, run = labels.get(RETURN, "").partition(".")
    return (run, True) if of == str(number) else ("", False)
