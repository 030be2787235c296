"""Removing what no manifest refers to any more, also beside a running registry: mark and sweep, one repository at a time.

What is younger than the grace is never taken: a client pushes blobs before the manifest that refers to them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from drydock.registry import schema
from drydock.registry.errors import Refusal
from drydock.registry.names import Digest
from drydock.registry.storage import Storage

_DIGEST = re.compile(rb"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}")


@dataclass(frozen=True, slots=True)
class Mention:
    """What one manifest refers to, whatever its type: every digest in its text."""

    digests: frozenset[Digest]
    subject: Digest | None = None

    @classmethod
    def of(cls, media_type: str, raw: bytes) -> "Mention":
        found = (Digest.parse(text.decode()) for text in _DIGEST.findall(raw))
        try:
            _, manifest = schema.read(media_type, raw)
        except Refusal:  # taken when less was checked
            return cls(frozenset(filter(None, found)))
        return cls(frozenset(filter(None, found)), schema.subject_of(manifest))


@dataclass(slots=True)
class Garbage:
    """What a collection removed, or would have."""

    manifests: int = 0
    blobs: int = 0
    uploads: int = 0
    size: int = 0  # bytes that the disk gets back


def reachable(mentions: Mapping[Digest, Mention], roots: Iterable[Digest]) -> set[Digest]:
    """The manifests that a root refers to, by index or subject, and all that refer to these as their subject."""
    referrers: defaultdict[Digest, list[Digest]] = defaultdict(list)
    for digest, mention in mentions.items():
        if mention.subject is not None:
            referrers[mention.subject].append(digest)
    kept: set[Digest] = set()
    waiting = list(roots)
    while waiting:
        digest = waiting.pop()
        if digest in mentions and digest not in kept:
            kept.add(digest)
            waiting += mentions[digest].digests
            waiting += referrers[digest]
    return kept


def collect(
    storage: Storage, *, before: float, uploads_before: float, untagged: bool, dry_run: bool
) -> Garbage:
    """`before` and `uploads_before` are seconds of the epoch: what was touched since stays.

    `untagged` takes manifests too: without a tag, in no index that stays, and of no subject that stays.
    """
    collection = _Collection(storage, before, untagged, dry_run)
    for repository in storage.folders():
        with storage.using(repository, alone=True):
            collection.sweep(repository)
    for path, size in storage.abandoned(before=uploads_before):
        collection.garbage.uploads += 1
        collection.garbage.size += size
        if not dry_run:
            path.unlink(missing_ok=True)
    return collection.garbage


@dataclass(frozen=True, slots=True)
class _Collection:
    storage: Storage
    before: float
    untagged: bool
    dry_run: bool
    garbage: Garbage = field(default_factory=Garbage)
    spared: Counter[Digest] = field(default_factory=Counter)  # links that a dry run left

    def sweep(self, repository: str) -> None:
        mentions = {
            digest: Mention.of(*found)
            for digest in self.storage.manifests(repository)
            if (found := self.storage.manifest(repository, str(digest))) is not None
        }
        kept = self._manifests(repository, mentions)
        self._blobs(repository, {digest for each in kept for digest in mentions[each].digests})

    def _manifests(self, repository: str, mentions: Mapping[Digest, Mention]) -> set[Digest]:
        """Those that stay."""
        if not self.untagged:
            return set(mentions)
        stats = self.storage.manifests(repository)
        tagged = {self.storage.resolve(repository, tag) for tag in self.storage.tags(repository)}
        young = {digest for digest, stat in stats.items() if stat.st_mtime >= self.before}
        kept = reachable(mentions, young.union(digest for digest in tagged if digest))
        for digest in mentions.keys() - kept:
            self.garbage.manifests += 1
            self.garbage.size += stats[digest].st_size
            if not self.dry_run:
                self.storage.delete_manifest(repository, digest, mentions[digest].subject)
        return kept

    def _blobs(self, repository: str, needed: set[Digest]) -> None:
        for digest, stat in self.storage.blobs(repository).items():
            if digest in needed or stat.st_mtime >= self.before:
                continue
            self.garbage.blobs += 1
            own = 1  # the registry's own name for it goes with the last repository's
            if stat.st_nlink - self.spared[digest] <= 1 + own:
                self.garbage.size += stat.st_size
            if self.dry_run:
                self.spared[digest] += 1
            else:
                self.storage.delete_blob(repository, digest)
