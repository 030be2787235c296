"""The makers' own downloads, from a server of the test."""

import socket
from pathlib import Path

import pytest

from shipway.tools.official import PUBLISHED, Download, Official, filled
from shipway.tools.pins import HELM, KIND, KUBECTL
from shipway.tools.source import PassedOver
from shipway.tools.tool import Tool
from tests.tools.conftest import PLATFORM, digest, names, pin, program, tar_gz

ARCHIVE = "rudder-3.2.1-linux-amd64.tar.gz"


def archived(address: str) -> Official:
    url = f"{address}/rudder-{{version}}-{{os}}-{{arch}}.tar.gz"
    return Official(PLATFORM, {"rudder": Download(url, url + ".sha256sum", "{os}-{arch}/rudder")})


def bare(address: str) -> Official:
    url = f"{address}/rudder"
    return Official(PLATFORM, {"rudder": Download(url, url + ".sha256")})


def test_the_published_addresses() -> None:
    assert filled(PUBLISHED["helm"], HELM, "darwin/arm64") == Download(
        url="https://get.helm.sh/helm-v4.2.3-darwin-arm64.tar.gz",
        checksum="https://get.helm.sh/helm-v4.2.3-darwin-arm64.tar.gz.sha256sum",
        member="darwin-arm64/helm",
    )
    assert filled(PUBLISHED["kubectl"], KUBECTL, "linux/arm64") == Download(
        url="https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubectl",
        checksum="https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubectl.sha256",
    )
    releases = "https://github.com/kubernetes-sigs/kind/releases/download"
    assert filled(PUBLISHED["kind"], KIND, "darwin/arm64") == Download(
        url=f"{releases}/v0.32.0/kind-darwin-arm64",
        checksum=f"{releases}/v0.32.0/kind-darwin-arm64.sha256sum",
    )


async def test_a_pinned_program_comes_out_of_its_archive(
    site: tuple[Path, str], tools: Path, said: list[str]
) -> None:
    folder, address = site
    content = tar_gz({"linux-amd64/README.md": b"", "linux-amd64/rudder": program()})
    (folder / ARCHIVE).write_bytes(content)
    tool = await archived(address).provide(pin(), tools, said.append)
    assert tool == Tool(
        name="rudder",
        version="3.2.1",
        path=tools / "rudder",
        sha256=digest(program()),
        origin=f"{address}/{ARCHIVE}",
    )
    assert (tools / "rudder").read_bytes() == program()
    assert (tools / "rudder").stat().st_mode & 0o777 == 0o755
    assert names(tools) == ["rudder", "rudder.json"]
    assert said == [f"rudder 3.2.1: downloading 0 MB from {address}/{ARCHIVE}"]


async def test_without_a_pin_the_publishers_checksum_decides(
    site: tuple[Path, str], tools: Path
) -> None:
    folder, address = site
    content = tar_gz({"linux-amd64/rudder": program()})
    (folder / ARCHIVE).write_bytes(content)
    (folder / f"{ARCHIVE}.sha256sum").write_text(f"{digest(content)}  {ARCHIVE}\n")
    tool = await archived(address).provide(pin(pinned=None), tools, print)
    assert tool.sha256 == digest(program())


async def test_a_checksum_file_may_hold_nothing_but_the_digest(
    site: tuple[Path, str], tools: Path
) -> None:
    folder, address = site
    (folder / "rudder").write_bytes(program())
    (folder / "rudder.sha256").write_text(digest(program()))
    tool = await bare(address).provide(pin(pinned=None), tools, print)
    assert tool.path.read_bytes() == program()


@pytest.mark.parametrize(
    ("checksum", "reason"),
    [
        ("0" * 64, "{0}/rudder is sha256:{1}, its publisher says sha256:" + "0" * 64),
        ("<html>", "{0}/rudder.sha256 holds no SHA-256"),
        (None, "{0}/rudder.sha256 answered 404"),
    ],
    ids=["another", "a-page", "none"],
)
async def test_without_a_pin_and_a_matching_checksum_nothing_is_placed(
    site: tuple[Path, str], tools: Path, checksum: str | None, reason: str
) -> None:
    folder, address = site
    (folder / "rudder").write_bytes(program())
    if checksum is not None:
        (folder / "rudder.sha256").write_text(checksum)
    with pytest.raises(PassedOver) as passed:
        await bare(address).provide(pin(pinned=None), tools, print)
    assert str(passed.value) == reason.format(address, digest(program()))
    assert names(tools) == []


async def test_another_program_than_the_pinned_one_is_not_placed(
    site: tuple[Path, str], tools: Path
) -> None:
    folder, address = site
    (folder / "rudder").write_bytes(b"evil")
    with pytest.raises(PassedOver) as passed:
        await bare(address).provide(pin(), tools, print)
    assert str(passed.value) == (
        f"{address}/rudder holds sha256:{digest(b'evil')}, the pin is sha256:{digest(program())}"
    )
    assert names(tools) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>log in first</html>", "it cannot be read: not a gzip file"),
        (tar_gz({"linux-amd64/rudder": program()})[:40], "it cannot be read: "),
        (tar_gz({"LICENSE": b""}), "it has no linux-amd64/rudder"),
    ],
    ids=["a-page", "cut-short", "without-the-program"],
)
async def test_what_is_no_archive_is_passed_over(
    site: tuple[Path, str], tools: Path, content: bytes, reason: str
) -> None:
    folder, address = site
    (folder / ARCHIVE).write_bytes(content)
    with pytest.raises(PassedOver) as passed:
        await archived(address).provide(pin(), tools, print)
    assert str(passed.value).startswith(f"{address}/{ARCHIVE} is not what it should be: {reason}")
    assert names(tools) == []


async def test_a_missing_download_is_passed_over(site: tuple[Path, str], tools: Path) -> None:
    _, address = site
    with pytest.raises(PassedOver, match=rf"^{address}/rudder answered 404$"):
        await bare(address).provide(pin(), tools, print)


async def test_an_unreachable_host_is_passed_over(tools: Path) -> None:
    with socket.socket() as taken:  # bound and not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(PassedOver, match=rf"^{host} cannot be reached: ."):
            await bare(f"http://{host}").provide(pin(), tools, print)
