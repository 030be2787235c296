from pathlib import Path

from shipway.images.cache import LayerCache, key_of
from shipway.images.tree import File, Tree

TREE: Tree = {"app/main.py": File(b"print()\n" * 1000)}


def test_a_kept_layer_is_found_by_what_went_into_it(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path)
    assert cache.find(key_of("one")) is None
    kept = cache.keep(key_of("one"), TREE, epoch=0)
    assert cache.find(key_of("one")) == kept
    assert cache.find(key_of("two")) is None


def test_the_same_tar_keeps_the_blob_it_once_got(tmp_path: Path) -> None:
    """Another zlib would compress it otherwise, and the image's digest would change."""
    cache = LayerCache(tmp_path)
    kept = cache.keep(key_of("one"), TREE, epoch=0)
    blob = kept.blob.content
    assert isinstance(blob, Path)
    written = blob.stat().st_mtime_ns
    assert cache.keep(key_of("two"), TREE, epoch=0) == kept
    assert blob.stat().st_mtime_ns == written


def test_a_blob_cut_short_is_made_again(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path)
    kept = cache.keep(key_of("one"), TREE, epoch=0)
    blob = kept.blob.content
    assert isinstance(blob, Path)
    blob.write_bytes(blob.read_bytes()[:-5])
    assert cache.find(key_of("one")) is None
    assert cache.keep(key_of("one"), TREE, epoch=0) == kept
    assert blob.stat().st_size == kept.blob.descriptor.size


def test_no_draft_stays_behind(tmp_path: Path) -> None:
    LayerCache(tmp_path).keep(key_of("one"), TREE, epoch=0)
    names = sorted(
        path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()
    )
    assert names == ["blobs", "facts", "keys"]
