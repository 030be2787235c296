"""A program that is on this machine already is used where it lies."""

import os
from pathlib import Path

import pytest

from shipway.shell.local import LocalShell
from shipway.tools.pins import KIND
from shipway.tools.search_path import SearchPath
from shipway.tools.source import PassedOver
from shipway.tools.tool import Tool
from tests.tools.conftest import digest, executable, names, pin, program

KIND_SAID = Path(__file__).parents[1] / "kind" / "recorded"


async def test_a_fitting_program_is_linked(
    shell: LocalShell, tools: Path, said: list[str], tmp_path: Path
) -> None:
    theirs = executable(tmp_path / "bin" / "rudder", program("3.4.0"))
    source = SearchPath(shell, f"{tmp_path / 'empty'}{os.pathsep}{tmp_path / 'bin'}")
    tool = await source.provide(pin(), tools, said.append)
    assert tool == Tool(
        name="rudder",
        version="3.4.0",
        path=tools / "rudder",
        sha256=digest(program("3.4.0")),
        origin=f"PATH: {theirs}",
    )
    assert (tools / "rudder").readlink() == theirs
    assert said == [f"rudder: using {theirs}, 3.4.0"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (program("3.1.9"), "{} is 3.1.9, wanted is 3.2 or a later 3.x"),
        (program("4.2.0"), "{} is 4.2.0, wanted is 3.2 or a later 3.x"),
        (b"#!/bin/sh\necho hello\n", "{} does not say its version"),
        (b"#!/bin/sh\nexit 7\n", "{0} does not run: {0} version ended with exit code 7"),
    ],
    ids=["older", "newer-major", "mute", "failing"],
)
async def test_another_program_is_passed_over(
    shell: LocalShell, tools: Path, tmp_path: Path, script: bytes, reason: str
) -> None:
    theirs = executable(tmp_path / "bin" / "rudder", script)
    with pytest.raises(PassedOver) as passed:
        await SearchPath(shell, str(tmp_path / "bin")).provide(pin(), tools, print)
    assert str(passed.value) == reason.format(theirs)
    assert names(tools) == []


@pytest.mark.parametrize("content", [b"\x00\x01 no program", b""], ids=["binary", "empty"])
async def test_a_file_that_no_machine_runs_is_passed_over(
    shell: LocalShell, tools: Path, tmp_path: Path, content: bytes
) -> None:
    theirs = executable(tmp_path / "bin" / "rudder", content)
    with pytest.raises(PassedOver) as passed:
        await SearchPath(shell, str(tmp_path / "bin")).provide(pin(), tools, print)
    assert str(passed.value).startswith(f"{theirs} does not run: ")


async def test_our_own_folder_on_path_is_no_source(shell: LocalShell, tools: Path) -> None:
    executable(tools / "rudder", program())
    with pytest.raises(PassedOver, match=r"^no rudder there$"):
        await SearchPath(shell, str(tools)).provide(pin(), tools, print)


@pytest.mark.parametrize(
    ("version", "ending"),
    [
        ("0.26.0", "{} is 0.26.0, wanted is 0.27 to 0.33"),
        ("0.27.0", None),
        ("0.29.0", None),
        ("0.30.0", None),
        ("0.31.0", None),
        ("0.32.0", None),
        ("0.33.0", None),
    ],
)
async def test_what_each_kind_says_of_its_version_is_understood(
    shell: LocalShell, tools: Path, tmp_path: Path, version: str, ending: str | None
) -> None:
    said = (KIND_SAID / f"kind-{version}-version.txt").read_text().strip()
    script = f"#!/bin/sh\necho '{said}'\n".encode()
    theirs = executable(tmp_path / "bin" / "kind", script)
    source = SearchPath(shell, str(tmp_path / "bin"))
    if ending is None:
        assert (await source.provide(KIND, tools, print)).version == version
        return
    with pytest.raises(PassedOver) as passed:
        await source.provide(KIND, tools, print)
    assert str(passed.value) == ending.format(theirs)
