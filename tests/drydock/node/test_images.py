import io
import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from drydock.node.images import Images, PullFailed, Reference
from drydock.node.unpack import BadLayer, Ownership, unpack
from tests.drydock.node.conftest import CONFIG, REGISTRY, Shelf, layer


def archive(path: Path, *members: tarfile.TarInfo, content: bytes = b"x") -> Path:
    with tarfile.open(path, "w:gz") as file:
        for member in members:
            if member.isreg():
                member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("web", Reference("docker.io", "web", "latest")),
        ("team/web:1", Reference("docker.io", "team/web", "1")),
        ("localhost/web:1", Reference("localhost", "web", "1")),
        ("127.0.0.1:5000/team/web", Reference("127.0.0.1:5000", "team/web", "latest")),
        (
            f"ghcr.io/web:1@sha256:{'a' * 64}",
            Reference("ghcr.io", "web", "1", f"sha256:{'a' * 64}"),
        ),
        (f"ghcr.io/web@sha256:{'a' * 64}", Reference("ghcr.io", "web", "", f"sha256:{'a' * 64}")),
        ("Web", None),
        ("web:", None),
        ("web@sha256:abc", None),
    ],
)
def test_references_are_read_as_docker_reads_them(text: str, reference: Reference | None) -> None:
    assert Reference.parse(text) == reference


def test_layers_lie_on_each_other(tmp_path: Path) -> None:
    lower = archive(
        tmp_path / "1",
        member("app/old"),
        member("app/kept"),
        member("lib/a"),
        member("etc/x/y"),
    )
    upper = archive(
        tmp_path / "2",
        member("app/.wh.old"),
        member("app/new"),
        member("lib/b"),
        member("lib/.wh..wh..opq"),
        member(".wh.etc"),
    )
    unpack([lower, upper], tmp_path / "rootfs")
    assert files(tmp_path / "rootfs") == ["app/kept", "app/new", "lib/b"]


def test_links_stay_inside(tmp_path: Path) -> None:
    content = archive(
        tmp_path / "1",
        member("usr/lib/x"),
        member("lib", tarfile.SYMTYPE, "/usr/lib"),
        member("lib/y"),
        member("deep/er/up", tarfile.SYMTYPE, "../../../../../etc"),
        member("deep/hard", tarfile.LNKTYPE, "usr/lib/x"),
    )
    root = tmp_path / "rootfs"
    unpack([content], root)
    assert (root / "lib").readlink() == Path("usr/lib")
    assert (root / "usr/lib/y").exists()
    assert (root / "deep/er/up").readlink() == Path("../../etc")
    assert (root / "deep/hard").samefile(root / "usr/lib/x")


@pytest.mark.parametrize(
    "entry",
    [
        member("../escape"),
        member("/etc/passwd"),
        member("app/../../escape"),
        member("x", tarfile.LNKTYPE, "../../etc/passwd"),
    ],
)
def test_what_points_outside_is_refused_and_leaves_nothing(
    tmp_path: Path, entry: tarfile.TarInfo
) -> None:
    content = archive(tmp_path / "1", member("fine"), entry)
    with pytest.raises(BadLayer, match="points outside the image"):
        unpack([content], tmp_path / "images" / "rootfs")
    assert list((tmp_path / "images").iterdir()) == []


def test_a_chain_of_links_cannot_leave_either(tmp_path: Path) -> None:
    content = archive(
        tmp_path / "1",
        member("a/b/c/file"),
        member("short", tarfile.SYMTYPE, "a/b/c"),
        member("short/way", tarfile.SYMTYPE, "../../../.."),
        member("short/way/escape"),
    )
    unpack([content], tmp_path / "in" / "rootfs")
    assert not (tmp_path / "in" / "escape").exists()
    assert (tmp_path / "in" / "rootfs" / "escape").exists()


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[: len(raw) // 2], lambda _: b"no archive", lambda _: b""]
)
def test_a_damaged_layer_is_no_image(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "1"
    path.write_bytes(damage(layer({"app/x": b"\x01\x02" * 50_000, "app/y": "y"})))
    with pytest.raises(BadLayer):
        unpack([path], tmp_path / "rootfs")
    assert not (tmp_path / "rootfs").exists()


def test_nothing_of_an_image_is_writable(tmp_path: Path) -> None:
    path = tmp_path / "1"
    path.write_bytes(layer({"app/x": "x"}))
    unpack([path], tmp_path / "rootfs")
    assert (tmp_path / "rootfs/app/x").stat().st_mode & 0o777 == 0o444


async def test_an_image_is_unpacked_once_and_found_again(shelf: Shelf, tmp_path: Path) -> None:
    text = shelf.add("web", "1", [layer({"app/x": "1"}), layer({"app/y": "2"})], CONFIG)
    reference = Reference.parse(text)
    assert reference is not None
    images = Images(tmp_path / "images", shelf, [REGISTRY])

    assert not images.present(reference)
    image = await images.pull(reference)
    assert images.present(reference)
    assert files(image.rootfs) == ["app/x", "app/y"]
    assert image.id.startswith(f"{REGISTRY}/web@sha256:")
    assert image.env == {"PATH": "/usr/local/bin:/usr/bin", "PYTHONPATH": "/app"}
    assert image.runs_on_host
    assert (await images.pull(reference)).rootfs.samefile(image.rootfs)


async def test_the_longest_unused_images_are_removed_and_those_of_pods_stay(
    shelf: Shelf, tmp_path: Path
) -> None:
    images = Images(tmp_path / "images", shelf, [REGISTRY])
    pulled = []
    for moment, number in enumerate("1234"):
        reference = Reference.parse(shelf.add("web", number, [layer({"app/x": number})], CONFIG))
        assert reference is not None
        image = await images.pull(reference)
        os.utime(image.rootfs.parent, (moment, moment))
        pulled.append(image)
    pod = {"status": {"containerStatuses": [{"imageID": pulled[1].id}]}}

    images.prune([pod], keep=1)
    assert [image.rootfs.is_dir() for image in pulled] == [False, True, False, True]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{REGISTRY}/none:1", f"failed to resolve reference .*{REGISTRY}/none:1: not found$"),
        ("docker.io/nginx:1", "reaches only its own registry .127.0.0.1:5000., not docker.io$"),
    ],
)
async def test_what_cannot_be_pulled_says_why(
    shelf: Shelf, tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(PullFailed, match=problem):
        await Images(tmp_path, shelf, [REGISTRY]).pull(parsed(text))


def parsed(text: str) -> Reference:
    reference = Reference.parse(text)
    assert reference is not None
    return reference


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owners_and_modes_stay_as_in_the_image_for_containers(tmp_path: Path) -> None:
    private, tool, folder = member("etc/shadow"), member("bin/su"), member("var", tarfile.DIRTYPE)
    private.uid, private.gid, private.mode = 0, 42, 0o640
    tool.mode, folder.mode, folder.uid = 0o4755, 0o1777, 7
    content = archive(tmp_path / "1", private, tool, folder)
    for name, ownership in (
        ("own", Ownership(kept=True)),
        ("many", Ownership(kept=True, base=1000)),
    ):
        unpack([content], tmp_path / name, ownership)

    def facts(name: str) -> list[tuple[int, int, int]]:
        found = [(tmp_path / name / path).stat() for path in ("etc", "etc/shadow", "bin/su", "var")]
        return [(f.st_uid, f.st_gid, stat.S_IMODE(f.st_mode)) for f in found]

    assert facts("own") == [(0, 0, 0o755), (0, 0, 0o640), (0, 0, 0o755), (0, 0, 0o1777)]
    assert facts("many") == [
        *((1000, 1000, 0o755), (1000, 1042, 0o640), (1000, 1000, 0o4755), (1007, 1000, 0o1777))
    ]
