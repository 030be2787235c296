"""Image layers that would leave their folder, or fill the machine."""

import gzip
import io
import json
import stat
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from drydock.node import limits
from drydock.node.images import Images, PullFailed, Reference
from drydock.node.limits import Allowance, Budget, Exceeded
from drydock.node.unpack import BadLayer, unpack
from tests.drydock.node.conftest import CONFIG, REGISTRY, Shelf, layer

SECRET = "a file of the host"


def member(
    name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0, mtime: float = 0
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mtime = kind, target, size, mtime
    return info


def archive(path: Path, *members: tarfile.TarInfo) -> Path:
    """Files are as long as they say, of zeros."""
    with tarfile.open(path, "w:gz") as file:
        for each in members:
            file.addfile(each, io.BytesIO(bytes(each.size)))
    return path


def raw(path: Path, *blocks: bytes) -> Path:
    """Headers as tarfile would not write them, gzipped."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for block in blocks:
            file.write(block)
    return path


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    return member(name, kind, size=size).tobuf(tarfile.GNU_FORMAT)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with one file beside the image that must not be touched."""
    (tmp_path / "images").mkdir()
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "images" / "neighbour").write_text(SECRET)
    return tmp_path


def unpacked(home: Path, layers: Sequence[Path]) -> Path:
    root = home / "images" / "abc" / "rootfs"
    try:
        unpack(layers, root)
    finally:
        assert (home / "secret").read_text() == SECRET
        assert (home / "images" / "neighbour").read_text() == SECRET
    return root


def escapes(root: Path) -> Iterable[Path]:
    """Links that lead out of the root."""
    for path in root.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
            yield path


@pytest.mark.parametrize(
    "members",
    [
        [member("../secret")],
        [member("a/../../secret")],
        [member("/etc/passwd")],
        [member("x", tarfile.LNKTYPE, "../../../secret")],
        [member("x", tarfile.LNKTYPE, "/etc/passwd")],
        [member(".wh...")],
        [member("a/.wh...")],
        [member(".wh.")],
        [member(".wh..")],
        [member("../.wh.secret")],
        [member("../../.wh..wh..opq")],
        [member("a", tarfile.SYMTYPE, "b"), member("b", tarfile.SYMTYPE, "a"), member("a/x")],
        [member("x", tarfile.LNKTYPE, "not there")],
        [member("x" * 300)],
        [member("x", mtime=1e30)],
    ],
)
def test_what_cannot_be_inside_is_refused_and_leaves_nothing(
    home: Path, members: list[tarfile.TarInfo]
) -> None:
    with pytest.raises(BadLayer):
        unpacked(home, [archive(home / "layer", *members)])
    assert list((home / "images" / "abc").iterdir()) == []


def test_links_of_a_lower_layer_lead_nowhere_else(home: Path) -> None:
    lower = archive(
        home / "1",
        member("up", tarfile.SYMTYPE, "../../../.."),
        member("root", tarfile.SYMTYPE, "/"),
        member("file", tarfile.SYMTYPE, str(home / "secret")),
        member("deep/er/up", tarfile.SYMTYPE, "../../.."),
    )
    upper = archive(
        home / "2",
        member("up/secret", size=3),
        member("root/x/.wh.secret"),
        member("up/.wh.neighbour"),
        member("file", size=5),
        member("deep/er/up/.wh..wh..opq"),
    )
    root = unpacked(home, [lower, upper])
    assert list(escapes(root)) == []
    assert (root / "file").stat().st_size == 5


def test_a_hard_link_to_a_link_leads_where_the_link_does(home: Path) -> None:
    content = archive(
        home / "layer",
        member("etc/hosts", size=1),
        member("a/b/c/link", tarfile.SYMTYPE, "../../../etc/hosts"),
        member("short", tarfile.LNKTYPE, "a/b/c/link"),
        member("a/again", tarfile.LNKTYPE, "short"),
    )
    root = unpacked(home, [content])
    assert list(escapes(root)) == []
    for name in ("a/b/c/link", "short", "a/again"):
        assert (root / name).resolve() == (root / "etc/hosts").resolve()


def test_devices_and_pipes_are_left_out_and_nothing_runs_as_root(home: Path) -> None:
    setuid = member("bin/su", size=1)
    setuid.mode = 0o6755
    kinds = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE)
    devices = [member(f"dev/{number}", kind) for number, kind in enumerate(kinds)]
    root = unpacked(home, [archive(home / "layer", *devices, setuid)])
    found = [path.lstat().st_mode for path in root.rglob("*")]
    assert all(stat.S_ISREG(mode) or stat.S_ISDIR(mode) for mode in found)
    assert not any(mode & (stat.S_ISUID | stat.S_ISGID) for mode in found)


def test_a_bomb_of_zeros_is_refused_before_it_is_written(home: Path) -> None:
    size = limits.UNSUSPECTED + 1
    bomb = raw(home / "layer", header("zeros", size))
    packed = f"{bomb.stat().st_size:,}"
    with pytest.raises(BadLayer, match=f"{packed} bytes unpack to more than 200 times as many"):
        unpacked(home, [bomb])


def test_a_sparse_file_counts_as_what_it_becomes(home: Path) -> None:
    sparse = tarfile.TarInfo("sparse")
    sparse.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.map": "0,1",
        "GNU.sparse.size": str(1 << 50),
        "GNU.sparse.realsize": str(1 << 50),
    }
    sparse.size = 1
    with tarfile.open(home / "layer", "w:gz", format=tarfile.PAX_FORMAT) as file:
        file.addfile(sparse, io.BytesIO(b"x"))
    with pytest.raises(BadLayer, match="unpack"):
        unpacked(home, [home / "layer"])


def test_every_limit_says_which_it_was() -> None:
    def refused(allowance: Allowance, size: int) -> str:
        with pytest.raises(Exceeded) as exceeded:
            allowance.take(size)
        return str(exceeded.value)

    assert refused(Allowance(Budget(entries=0), 100), 0) == (
        "the image has more than 500,000 entries"
    )
    assert refused(Allowance(Budget(), 40 << 30), 40 << 30) == (
        "the image unpacks to more than 32 GiB"
    )
    assert refused(Allowance(Budget(), 10), limits.UNSUSPECTED + 1) == (
        "10 bytes unpack to more than 200 times as many"
    )
    assert refused(Allowance(Budget(), 10), -1) == "an entry has -1 bytes"


def test_layers_share_one_budget() -> None:
    budget = Budget(size=10)
    Allowance(budget, 10).take(6)
    with pytest.raises(Exceeded, match="the image unpacks to more than"):
        Allowance(budget, 10).take(6)


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
def test_a_huge_header_is_not_read(home: Path, kind: bytes) -> None:
    bomb = raw(home / "layer", header("x", 8 << 30, kind))
    with pytest.raises(BadLayer, match="the headers of an entry have more than 1024 KiB"):
        unpacked(home, [bomb])


def test_headers_of_headers_of_headers_end(home: Path) -> None:
    bomb = raw(home / "layer", *[header("x", 0, tarfile.XGLTYPE)] * 100_000)
    with pytest.raises(BadLayer):
        unpacked(home, [bomb])


def test_a_sparse_map_has_an_end(home: Path) -> None:
    """Version 1.0 keeps the map before the content: as many numbers as it says."""
    info = member("sparse", size=4 << 20)
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "sparse",
        "GNU.sparse.realsize": "1",
    }
    content = b"99999999\n" + b"0\n" * (2 << 20)
    with tarfile.open(home / "layer", "w:gz", format=tarfile.PAX_FORMAT) as file:
        file.addfile(info, io.BytesIO(content))
    with pytest.raises(BadLayer, match="the headers of an entry"):
        unpacked(home, [home / "layer"])


def test_what_is_packed_twice_is_no_layer(home: Path) -> None:
    inner = archive(home / "inner", member("x", size=1)).read_bytes()
    (home / "layer").write_bytes(gzip.compress(inner))
    with pytest.raises(BadLayer):
        unpacked(home, [home / "layer"])


def test_another_compression_is_named(home: Path) -> None:
    (home / "layer").write_bytes(b"\x28\xb5\x2f\xfd and so on")
    with pytest.raises(BadLayer, match="zstd, and only gzip is unpacked here"):
        unpacked(home, [home / "layer"])


def test_too_many_layers_are_refused(home: Path) -> None:
    one = archive(home / "layer", member("x"))
    with pytest.raises(BadLayer, match="501 of 501: an image may have 500 layers"):
        unpacked(home, [one] * 501)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (b"[]", "its config is not valid: Expected `object`, got `array`"),
        (b'{"config":{"Env":"PATH"}}', "its config is not valid: Expected `array | null`"),
        (b'{"config":{"Env":' + b"[" * 100_000, "its config is not valid: "),
        (b"{" + b" " * (4 << 20) + b"}", "its config has more than 4 MiB"),
    ],
    ids=["array", "env", "deep", "large"],
)
async def test_a_config_that_is_none_is_a_failed_pull(
    tmp_path: Path, config: bytes, why: str
) -> None:
    (tmp_path / "shelf").mkdir()
    shelf = Shelf(tmp_path / "shelf")
    reference = Reference.parse(shelf.add("web", "1", [layer({"x": "1"})], CONFIG))
    assert reference is not None
    _, manifest = shelf.manifests["web", "1"]
    kept = shelf.blob_path("web", json.loads(manifest)["config"]["digest"])
    assert kept is not None
    kept.write_bytes(config)
    with pytest.raises(PullFailed) as failed:
        await Images(tmp_path / "images", shelf, [REGISTRY]).pull(reference)
    assert why in str(failed.value)
