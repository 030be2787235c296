import io
import tarfile

from shipway.images.layer import compress, write_tar
from shipway.images.tree import File, Link, Tree

TREE: Tree = {
    "opt/site/z.py": File(b"z"),
    "opt/site/bin/run": File(b"#!", executable=True),
    "app/current": Link("svc"),
    f"app/{'long' * 40}/ünïcode.py": File(b""),
}


def tar_of(tree: Tree, epoch: int = 0) -> bytes:
    buffer = io.BytesIO()
    write_tar(tree, buffer, epoch=epoch)
    return buffer.getvalue()


def test_a_layer_is_sorted_and_belongs_to_nobody() -> None:
    with tarfile.open(fileobj=io.BytesIO(tar_of(TREE))) as archive:
        members = archive.getmembers()
    assert [(each.name, oct(each.mode), each.isdir()) for each in members] == [
        ("app", "0o755", True),
        (f"app/{'long' * 40}", "0o755", True),
        ("opt", "0o755", True),
        ("opt/site", "0o755", True),
        ("opt/site/bin", "0o755", True),
        ("app/current", "0o777", False),
        (f"app/{'long' * 40}/ünïcode.py", "0o644", False),
        ("opt/site/bin/run", "0o755", False),
        ("opt/site/z.py", "0o644", False),
    ]
    assert {(each.uid, each.gid, each.uname, each.gname, each.mtime) for each in members} == {
        (0, 0, "", "", 0)
    }
    assert members[5].linkname == "svc"


def test_the_order_in_which_files_were_found_does_not_matter() -> None:
    assert tar_of(TREE) == tar_of({path: TREE[path] for path in sorted(TREE, reverse=True)})


def test_the_epoch_is_every_files_time() -> None:
    with tarfile.open(fileobj=io.BytesIO(tar_of(TREE, epoch=1700000000))) as archive:
        assert {each.mtime for each in archive} == {1700000000}


def test_a_gzip_header_has_neither_time_nor_name() -> None:
    packed = b"".join(compress(io.BytesIO(tar_of(TREE))))
    assert packed[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
