"""What happened in an environment: helm's revisions, joined with what is recorded of their bundles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shipway.model.bundle import Digest
from shipway.model.record import Kept, quarantines
from shipway.model.recovery import BEGUN
from shipway.model.revision import FAILURE, UNDERWAY, Revision

RETURNED = "Rollback to "  # helm's own description
BY = " by "  # follows the bundle in the description of a deploy of ours


@dataclass(frozen=True, slots=True)
class Entry:
    """The fields of `shipway history --output json`, in their order. What nobody knows is empty."""

    revision: int
    updated: str  # RFC 3339
    status: str  # helm's word
    tag: str
    image: str
    image_digest: Digest
    chart_version: str
    chart_digest: Digest
    bundle: Digest
    description: str
    what: str  # happened, in words
    who: str
    run: str
    proven: bool  # this very revision
    forced: str  # why a person insisted
    quarantined: str  # why its bundle is, in this environment


def entries(
    history: Sequence[Revision], known: Mapping[Digest, Sequence[Kept]], environment: str
) -> list[Entry]:
    """Newest first. `known` holds the records by bundle; what it lacks nobody could read."""
    newest_first = sorted(history, key=lambda revision: -revision.number)
    return [_entry(each, known.get(each.bundle, ()), environment) for each in newest_first]


def _entry(revision: Revision, kept: Sequence[Kept], environment: str) -> Entry:
    here = [each.record for each in kept if each.record.environment == environment]
    ours = [each for each in here if revision.run and each.run == revision.run]
    told = next((each.who for each in ours), "")
    return Entry(
        revision=revision.number,
        updated=revision.updated,
        status=revision.status,
        tag=revision.tag,
        image=revision.image,
        image_digest=revision.image_digest,
        chart_version=revision.chart_version,
        chart_digest=revision.chart_digest,
        bundle=revision.bundle,
        description=revision.description,
        what=what(revision),
        who=told or (_who(revision) if revision.run else ""),
        run=revision.run,
        proven=any(each.kind == "proven" and each.revision == revision.number for each in here),
        forced=next((each.reason for each in ours if each.kind == "forced"), ""),
        quarantined=next((each.record.reason for each in quarantines(kept, environment)), ""),
    )


def what(revision: Revision) -> str:
    """In words that a person would choose."""
    said = revision.description.removesuffix(UNDERWAY)
    _, failed, cause = said.partition(FAILURE)
    if failed:
        return f"healed: {cause}" if cause.startswith("left ") else f"failed: {cause}"
    if revision.status in BEGUN:
        return revision.status
    if said.startswith(RETURNED):
        done = f"rolled back to {revision.tag or 'revision'} ({said.removeprefix(RETURNED)})"
    elif revision.run:
        done = f"deployed {revision.tag}"
    else:
        done = f"by another tool: {said}"
    if revision.status == "failed":
        return f"failed: {said}"
    return f"{done}, nobody saw it serve" if revision.unproven else done


def _who(revision: Revision) -> str:
    """A deploy's description says it; helm's own words and those of a failure do not."""
    said = revision.description.removesuffix(UNDERWAY).partition(f"; {FAILURE}")[0]
    named, by, who = said.partition(BY)
    return who if by and named.startswith(f"{revision.tag}, bundle ") else ""
