"""The order of the sources, what is kept, and what is said when none of them helps."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shipway.shell.shell import Listener
from shipway.tools.pins import Pin
from shipway.tools.provision import NotProvisioned, provision
from shipway.tools.source import PassedOver
from shipway.tools.tool import Tool, link, place
from tests.tools.conftest import PLATFORM, digest, executable, pin, program


@dataclass
class Shelf:
    """A source that has one program, or a reason not to."""

    name: str
    content: bytes | None = None
    asked: list[str] = field(default_factory=list)

    async def provide(self, pin: Pin, directory: Path, listen: Listener) -> Tool:
        self.asked.append(pin.name)
        if self.content is None:
            raise PassedOver("it is empty")
        listen(f"{pin}: from {self.name}")
        new = executable(directory / ".new", self.content)
        return place(pin, new, directory, sha256=digest(self.content), origin=self.name)


async def test_the_first_source_that_has_it_provides(tools: Path, said: list[str]) -> None:
    near, middle, far = Shelf("near"), Shelf("middle", program()), Shelf("far", program())
    tool = await provision(
        pin(), tools, listen=said.append, sources=[near, middle, far], platform=PLATFORM
    )
    assert tool.origin == "middle"
    assert far.asked == []
    assert said == [
        "rudder 3.2.1: near passed over: it is empty",
        "rudder 3.2.1: from middle",
    ]


async def test_a_second_time_nothing_is_asked_and_nothing_said(
    tools: Path, said: list[str]
) -> None:
    shelf = Shelf("shelf", program())
    first = await provision(pin(), tools, listen=print, sources=[shelf], platform=PLATFORM)
    second = await provision(pin(), tools, listen=said.append, sources=[], platform=PLATFORM)
    assert second == first
    assert said == []


async def test_the_folder_is_made(tmp_path: Path) -> None:
    folder = tmp_path / ".shipway" / "tools"
    await provision(
        pin(), folder, listen=print, sources=[Shelf("shelf", program())], platform=PLATFORM
    )
    assert (folder / "rudder").read_bytes() == program()


async def test_without_any_source_each_reason_is_told(tools: Path) -> None:
    with pytest.raises(NotProvisioned) as failed:
        await provision(
            pin(), tools, listen=print, sources=[Shelf("near"), Shelf("far")], platform=PLATFORM
        )
    assert failed.value.exit_code == 2
    assert failed.value.problem == "rudder 3.2.1 cannot be had from any source"
    assert failed.value.details == ("near: it is empty", "far: it is empty")
    assert failed.value.remedy == (
        "install rudder 3.2 or a later 3.x on your PATH, then: shipway setup tools"
    )


async def again(wanted: Pin, tools: Path) -> str:
    """The origin of the program after one more call: whether it was kept or provided anew."""
    shelf = Shelf("anew", program())
    tool = await provision(wanted, tools, listen=print, sources=[shelf], platform=PLATFORM)
    return tool.origin


async def test_a_changed_program_is_replaced(tools: Path) -> None:
    await again(pin(), tools)
    (tools / "rudder").write_bytes(b"evil")
    assert await again(pin(), tools) == "anew"
    assert (tools / "rudder").read_bytes() == program()


async def test_a_touched_program_of_the_same_bytes_is_kept(tools: Path) -> None:
    new = executable(tools / ".new", program())
    place(pin(), new, tools, sha256=digest(program()), origin="before")
    os.utime(tools / "rudder", (1, 1))
    assert await again(pin(), tools) == "before"


async def test_a_program_without_a_record_is_kept_if_it_is_the_pinned_one(tools: Path) -> None:
    executable(tools / "rudder", program())
    assert await again(pin(), tools) == "found in place"


async def test_a_program_without_a_record_is_not_trusted(tools: Path) -> None:
    executable(tools / "rudder", b"#!/bin/sh\n")
    assert await again(pin(), tools) == "anew"
    (tools / "rudder.json").unlink()
    assert await again(pin(pinned=None), tools) == "anew"


@pytest.mark.parametrize("record", ["", "{", "[]", "{}", '{"version": "3.2.1"}', '{"version": 3}'])
async def test_a_broken_record_is_no_record(tools: Path, record: str) -> None:
    executable(tools / "rudder", program())
    (tools / "rudder.json").write_text(record)
    assert await again(pin(), tools) == "found in place"


async def test_a_program_of_another_version_than_the_pin_is_replaced(tools: Path) -> None:
    await again(pin(pinned=None), tools)
    record = json.loads((tools / "rudder.json").read_text())
    (tools / "rudder.json").write_text(json.dumps({**record, "version": "3.2.0", "origin": "old"}))
    assert await again(pin(pinned=None), tools) == "anew"


async def test_a_new_pinned_digest_replaces_the_program(tools: Path) -> None:
    new = executable(tools / ".new", b"#!/bin/sh\n")
    place(pin(), new, tools, sha256=digest(b"#!/bin/sh\n"), origin="old")
    assert await again(pin(), tools) == "anew"


async def test_a_linked_program_is_kept_while_it_stays_what_it_was(
    tools: Path, tmp_path: Path
) -> None:
    theirs = executable(tmp_path / "bin" / "rudder", program("3.4.0"))
    link(pin(), theirs, (3, 4, 0), tools)
    assert await again(pin(), tools) == f"PATH: {theirs}"
    executable(theirs, program("3.5.0"))
    assert await again(pin(), tools) == "anew"
    assert theirs.read_bytes() == program("3.5.0")
    assert not (tools / "rudder").is_symlink()


async def test_a_link_to_nowhere_is_replaced(tools: Path, tmp_path: Path) -> None:
    theirs = executable(tmp_path / "bin" / "rudder", program("3.4.0"))
    link(pin(), theirs, (3, 4, 0), tools)
    theirs.unlink()
    assert await again(pin(), tools) == "anew"
