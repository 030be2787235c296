"""The registry on disk: blobs by content, and per repository what it holds.

    blobs/<algorithm>/<hex>                       every blob once, whichever repositories hold it
    repositories/<name>/_blobs/<algorithm>/<hex>  a hard link to it: the last repository that lets go frees the space
    repositories/<name>/_manifests/<algorithm>/<hex>   its media type, a line end, its bytes
    repositories/<name>/_tags/<tag>               a digest
    repositories/<name>/_referrers/<algorithm>/<hex of the subject>/<algorithm>-<hex>   empty
    repositories/<name>/_uploads/<id>             what has come so far
    repositories/<name>/_lock                     shared by those who add to it or rely on it, alone for garbage.py
    scratch/                                      drafts of files

A part of a repository's name never begins with an underscore, so the folders cannot collide. Every method blocks and
may be called from any thread. A blob's time is when somebody last meant to refer to it.
"""

import contextlib
import fcntl
import os
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from drydock.registry import durable
from drydock.registry.names import Digest, is_repository, is_tag


class Immutable(Exception):
    """The tag names another manifest already."""

    def __init__(self, tag: str, digest: str) -> None:
        super().__init__(f"tag {tag} is {digest} and may not be moved")
        self.tag = tag
        self.digest = digest


class Storage:
    """Content-addressed, durable, and the same for every process that reads `root`; one process writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._scratch = root / "scratch"
        self._writing: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        durable.make_folder(self._scratch)

    # What drydock's node asks

    def manifest(self, repository: str, reference: str) -> tuple[str, bytes] | None:
        """The media type and bytes of a manifest, by tag or digest."""
        if not is_repository(repository):
            return None
        digest = self.resolve(repository, reference)
        if digest is None:
            return None
        try:
            kept = self._manifest_path(repository, digest).read_bytes()
        except FileNotFoundError:
            return None
        media_type, _, raw = kept.partition(b"\n")
        return media_type.decode(), raw

    def blob_path(self, repository: str, digest: str) -> Path | None:
        """A file to read, where this repository holds the blob."""
        parsed = Digest.parse(digest)
        if parsed is None or not is_repository(repository):
            return None
        path = self._link(repository, parsed)
        return path if path.exists() else None

    # Blobs

    def add_blob(self, repository: str, digest: Digest, received: Path) -> None:
        """Take the file `received`, whose content the caller has checked, as a blob of this repository."""
        durable.sync_file(received)
        content = self._content(digest)
        durable.make_folder(content.parent)
        with self.using(repository):
            if not self._hold(content, repository, digest):
                self._hold(received, repository, digest)  # from now on nobody can take it away
                with contextlib.suppress(FileExistsError):
                    os.link(received, content)
                durable.sync_folder(content.parent)
        received.unlink(missing_ok=True)

    def mount(self, repository: str, digest: Digest, source: str | None) -> bool:
        """Hold what `source`, or without one any repository, holds. False where it does not."""
        path = self._content(digest) if source is None else self._link(source, digest)
        with self.using(repository):
            return self._hold(path, repository, digest)

    def renew(self, repository: str, digest: Digest) -> Path | None:
        """The file of a blob that somebody is about to refer to: garbage collection leaves it alone for a while."""
        path = self._link(repository, digest)
        try:
            with self.using(repository):
                os.utime(path)
        except FileNotFoundError:
            return None
        return path

    def delete_blob(self, repository: str, digest: Digest) -> bool:
        if not _forget(self._link(repository, digest)):
            return False
        content = self._content(digest)
        # Whoever links it between the two lines keeps the bytes: a link is the file.
        with contextlib.suppress(FileNotFoundError):
            if content.stat().st_nlink == 1:
                content.unlink()
        return True

    def _hold(self, path: Path, repository: str, digest: Digest) -> bool:
        link = self._link(repository, digest)
        durable.make_folder(link.parent)
        try:
            os.link(path, link)
        except FileNotFoundError:
            return False
        except FileExistsError:
            os.utime(link)
            return True
        os.utime(link)
        durable.sync_folder(link.parent)
        return True

    # Locks

    @contextlib.contextmanager
    def using(self, repository: str, *, alone: bool = False) -> Iterator[None]:
        """What is there stays there meanwhile; `alone`, nobody adds or relies on anything. Other processes too."""
        lock = self._repository(repository) / "_lock"
        durable.make_folder(lock.parent)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    # Manifests and tags

    def resolve(self, repository: str, reference: str) -> Digest | None:
        """What a tag or a digest names; a digest need not be there."""
        if not is_tag(reference):
            return Digest.parse(reference)
        try:
            return Digest.parse(self._tag_path(repository, reference).read_text())
        except FileNotFoundError:
            return None

    def add_manifest(
        self,
        repository: str,
        digest: Digest,
        media_type: str,
        raw: bytes,
        *,
        subject: Digest | None = None,
        tag: str | None = None,
        movable: bool = False,
    ) -> None:
        """Raises Immutable, and keeps nothing, where `tag` names something else and is not `movable`.

        The referrer's mark comes first: a mark without a manifest is not listed, a manifest without one is lost.
        """
        with self._writing[repository]:
            current = self.resolve(repository, tag) if tag else None
            if tag and current not in {None, digest} and not movable:
                raise Immutable(tag, str(current))
            if subject is not None:
                self._write(self._mark(repository, subject, digest), b"")
            content = media_type.encode() + b"\n" + raw
            self._write(self._manifest_path(repository, digest), content)
            if tag and current != digest:
                self._write(self._tag_path(repository, tag), str(digest).encode())

    def delete_manifest(self, repository: str, digest: Digest, subject: Digest | None) -> bool:
        """The manifest goes, and with it every tag that names it."""
        with self._writing[repository]:
            for tag in self.tags(repository):
                if self.resolve(repository, tag) == digest:
                    _forget(self._tag_path(repository, tag))
            found = _forget(self._manifest_path(repository, digest))
            if subject is not None:
                _forget(self._mark(repository, subject, digest))
            return found

    def delete_tag(self, repository: str, tag: str) -> bool:
        with self._writing[repository]:
            return _forget(self._tag_path(repository, tag))

    def _write(self, path: Path, content: bytes) -> None:
        durable.write(path, content, scratch=self._scratch)

    # Lists

    def exists(self, repository: str) -> bool:
        """A repository is one that has had a manifest."""
        return (self._repository(repository) / "_manifests").is_dir()

    def tags(self, repository: str) -> list[str]:
        return _names(self._repository(repository) / "_tags")

    def referrers(self, repository: str, subject: Digest) -> list[Digest]:
        """The manifests whose subject this is, in order; one that is being deleted may be gone."""
        marks = _names(self._referrers(repository, subject))
        digests = (Digest.parse(mark.replace("-", ":", 1)) for mark in marks)
        return [digest for digest in digests if digest is not None]

    def repositories(self) -> list[str]:
        root = self.root / "repositories"
        return sorted(
            folder.relative_to(root).as_posix()
            for folder in _repository_folders(root)
            if (folder / "_manifests").is_dir()
        )

    # Uploads

    def upload_path(self, repository: str, upload: str) -> Path:
        """Where the bytes of an upload gather; the file exists while the upload does."""
        return self._repository(repository) / "_uploads" / upload

    def start_upload(self, repository: str, upload: str) -> Path:
        path = self.upload_path(repository, upload)
        durable.make_folder(path.parent)
        path.touch()
        return path

    # What garbage collection asks

    def abandoned(self, *, before: float) -> list[tuple[Path, int]]:
        """Files and sizes of what nobody has touched since `before`, in seconds of the epoch: uploads, drafts, blobs of no repository."""
        uploads = (
            path
            for folder in _repository_folders(self.root / "repositories")
            for path in (folder / "_uploads").glob("*")
        )
        blobs = _stats((self.root / "blobs").glob("*/*"))
        unheld = ((path, stat) for path, stat in blobs if stat.st_nlink == 1)
        found = (*_stats(uploads), *_stats(self._scratch.iterdir()), *unheld)
        return [(path, stat.st_size) for path, stat in found if stat.st_mtime < before]

    def purge(self, *, before: float) -> None:
        for path, _ in self.abandoned(before=before):
            path.unlink(missing_ok=True)

    def folders(self) -> list[str]:
        """Every repository, also one that has had no manifest."""
        root = self.root / "repositories"
        return sorted(
            folder.relative_to(root).as_posix()
            for folder in _repository_folders(root)
            if (folder / "_blobs").is_dir() or (folder / "_manifests").is_dir()
        )

    def manifests(self, repository: str) -> dict[Digest, os.stat_result]:
        return _held(self._repository(repository) / "_manifests")

    def blobs(self, repository: str) -> dict[Digest, os.stat_result]:
        return _held(self._repository(repository) / "_blobs")

    # The layout

    def _content(self, digest: Digest) -> Path:
        return self.root / "blobs" / digest.algorithm / digest.hex

    def _repository(self, repository: str) -> Path:
        return self.root / "repositories" / repository

    def _link(self, repository: str, digest: Digest) -> Path:
        return self._repository(repository) / "_blobs" / digest.algorithm / digest.hex

    def _manifest_path(self, repository: str, digest: Digest) -> Path:
        return self._repository(repository) / "_manifests" / digest.algorithm / digest.hex

    def _tag_path(self, repository: str, tag: str) -> Path:
        return self._repository(repository) / "_tags" / tag

    def _referrers(self, repository: str, subject: Digest) -> Path:
        return self._repository(repository) / "_referrers" / subject.algorithm / subject.hex

    def _mark(self, repository: str, subject: Digest, referrer: Digest) -> Path:
        return self._referrers(repository, subject) / f"{referrer.algorithm}-{referrer.hex}"


def _forget(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    durable.sync_folder(path.parent)
    return True


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return []


def _held(folder: Path) -> dict[Digest, os.stat_result]:
    return {
        digest: stat
        for path, stat in _stats(folder.glob("*/*"))
        if (digest := Digest.parse(f"{path.parent.name}:{path.name}")) is not None
    }


def _stats(paths: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    """Of those that are still there."""
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        yield path, stat


def _repository_folders(root: Path) -> Iterator[Path]:
    for folder, inside, _ in os.walk(root):
        inside[:] = [name for name in inside if not name.startswith("_")]
        yield Path(folder)
