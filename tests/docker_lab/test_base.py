"""The recipe of the base image, and what is put into Debian's archive."""

import io
import tarfile
from pathlib import Path

from docker_lab.base import PIP, base
from docker_lab.commands import mmdebstrap

from shipway.commands.command import Command
from shipway.shell.shell import Finished, Listener


class Mirror:
    """Stands for mmdebstrap: writes the archive that it is asked for, and counts."""

    def __init__(self) -> None:
        self.asked = 0

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        assert command.argv[0] == "mmdebstrap"
        assert listen is None
        self.asked += 1
        target = next(word for word in command.argv if word.endswith(".tar"))
        with tarfile.open(target, "w") as archive:
            link = tarfile.TarInfo("./usr/bin/python3")
            link.type, link.linkname = tarfile.SYMTYPE, "python3.13"
            archive.addfile(link)
        return Finished(command, "", "")


def test_the_recipe_takes_this_machines_mirrors_and_runs_no_package_script() -> None:
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    words = mmdebstrap("trixie", Path("base.tar"), [sources]).argv
    assert words[:4] == (
        "mmdebstrap",
        "--quiet",
        "--variant=extract",
        "--include=base-files,ca-certificates,coreutils,dash,python3,python3-pip",
    )
    assert words[-3:] == ("trixie", "base.tar", str(sources))
    assert '--extract-hook=ln -s python3 "$1/usr/bin/python"' in words


async def test_a_base_is_made_once_and_pip_finds_its_wheels_inside(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("", encoding="utf-8")
    mirror = Mirror()
    made = await base("trixie", (lock,), tmp_path, mirror)
    assert made.python == "3.13"
    assert list(made.wheels.iterdir()) == []
    with tarfile.open(made.archive) as archive:
        assert archive.getnames() == ["./usr/bin/python3", "./etc/pip.conf"]
        settings = archive.extractfile("./etc/pip.conf")
        assert settings is not None
        assert io.TextIOWrapper(settings).read() == PIP
    assert await base("trixie", (lock,), tmp_path, mirror) == made
    assert mirror.asked == 1
    assert (await base("bookworm", (lock,), tmp_path, mirror)).archive != made.archive
    assert mirror.asked == 2
