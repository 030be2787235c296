"""The bundles there are, as rows: who made each, where it proved itself, and where it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shipway.model.bundle import Bundle, Digest
from shipway.model.record import Kept, is_of, latest, quarantines, trusted


@dataclass(frozen=True, slots=True)
class Listed:
    """A bundle in the registry. `named`: its tag still means it, and did not move on as `latest` does."""

    bundle: Bundle
    named: bool


@dataclass(frozen=True, slots=True)
class Item:
    """The fields of `shipway bundles --output json`, in their order. Environments are in the project's order."""

    tag: str
    named: bool  # false: the tag means another bundle by now
    bundle: Digest
    commit: str
    built: str  # RFC 3339, UTC; empty: nobody recorded it
    who: str
    proven: tuple[str, ...]
    failed: tuple[str, ...]  # there, and not proven there since
    quarantined: tuple[str, ...]
    approved: tuple[str, ...]
    runs: tuple[str, ...] | None  # None: the cluster could not be asked


def items(
    listed: Sequence[Listed],
    known: Mapping[Digest, Sequence[Kept]],
    running: Mapping[str, Digest] | None,
    environments: Sequence[str],
) -> list[Item]:
    """Newest first; those of which nobody knows when they were built come last. `running` is by environment."""
    found = [_item(each, known.get(each.bundle.id, ()), running, environments) for each in listed]
    return sorted(found, key=lambda item: (item.built, item.tag, item.bundle), reverse=True)


def _item(
    listed: Listed,
    kept: Sequence[Kept],
    running: Mapping[str, Digest] | None,
    environments: Sequence[str],
) -> Item:
    bundle, built = listed.bundle, latest(kept, "built")
    return Item(
        tag=bundle.tag,
        named=listed.named,
        bundle=bundle.id,
        commit=bundle.commit,
        built=built.at if built else "",
        who=built.who if built else "",
        proven=tuple(each for each in environments if trusted(kept, each)),
        failed=tuple(each for each in environments if _failed(kept, each)),
        quarantined=tuple(each for each in environments if quarantines(kept, each)),
        approved=tuple(each for each in environments if latest(kept, "approved", each)),
        runs=None
        if running is None
        else tuple(each for each in environments if running.get(each) == bundle.id),
    )


def _failed(kept: Sequence[Kept], environment: str) -> bool:
    ended = [
        each.record
        for each in kept
        if is_of(each, "failed", environment) or is_of(each, "proven", environment)
    ]
    last = max(ended, key=lambda record: record.at, default=None)
    return last is not None and last.kind == "failed"
