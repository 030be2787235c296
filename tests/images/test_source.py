from pathlib import Path

import pytest

from shipway.commands.command import Command
from shipway.errors import ProgramMissing
from shipway.images.source import NothingToShip, SourceMissing, collect
from shipway.images.tree import File, Link
from shipway.shell.local import LocalShell
from shipway.shell.shell import Finished, Listener


class NoGit:
    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        raise ProgramMissing(command.argv[0])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "app"
    for name in (
        "svc/main.py",
        "svc/__pycache__/main.pyc",
        "svc/tests/test_it.py",
        "svc/data/x.sql",
    ):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (source / "README.md").write_text("not in a package")
    return source


async def paths(source: Path, *packages: str) -> list[str]:
    return sorted(await collect(source, packages, shell=LocalShell(source)))


async def git(source: Path, *words: str) -> None:
    await LocalShell(source).run(
        Command(("git", "-c", "user.name=t", "-c", "user.email=t@t", *words))
    )


async def test_outside_git_everything_below_the_packages_counts(source: Path) -> None:
    assert await paths(source, "svc") == ["app/svc/data/x.sql", "app/svc/main.py"]


async def test_a_file_may_be_named_as_a_package(source: Path) -> None:
    assert await paths(source, "README.md", "svc/data") == ["app/README.md", "app/svc/data/x.sql"]


async def test_tests_come_along_when_they_are_what_the_image_is_for(source: Path) -> None:
    assert await paths(source, "svc/tests") == ["app/svc/tests/test_it.py"]


async def test_what_git_would_not_track_is_left_out(source: Path) -> None:
    await git(source, "init", "--quiet")
    (source / ".gitignore").write_text("*.local\n")
    (source / "svc" / "secret.local").write_text("")
    await git(source, "add", "svc/main.py")
    (source / "svc" / "new.py").write_text("not added yet")
    assert await paths(source, "svc") == ["app/svc/data/x.sql", "app/svc/main.py", "app/svc/new.py"]


async def test_a_tracked_file_that_was_deleted_here_is_gone(source: Path) -> None:
    await git(source, "init", "--quiet")
    await git(source, "add", "svc")
    (source / "svc" / "data" / "x.sql").unlink()
    assert await paths(source, "svc") == ["app/svc/main.py"]


async def test_without_git_the_files_are_read_and_it_is_said(source: Path) -> None:
    (source / ".git").mkdir()
    heard: list[str] = []
    tree = await collect(source, ("svc",), shell=NoGit(), listen=heard.append)
    assert sorted(tree) == ["app/svc/data/x.sql", "app/svc/main.py"]
    assert heard == [f"git is not installed: every file in {source} counts as source"]


async def test_dockerignore_counts_for_an_image_without_docker(source: Path) -> None:
    (source / ".dockerignore").write_text("**/*.sql\n")
    assert await paths(source, "svc") == ["app/svc/main.py"]


async def test_modes_and_links_are_kept(source: Path) -> None:
    (source / "svc" / "main.py").chmod(0o755)
    (source / "svc" / "current").symlink_to("data")
    tree = await collect(source, ("svc",), shell=LocalShell(source))
    assert tree == {
        "app/svc/current": Link("data"),
        "app/svc/data/x.sql": File(b"svc/data/x.sql"),
        "app/svc/main.py": File(b"svc/main.py", executable=True),
    }


async def test_a_folder_that_is_not_there_is_named(source: Path) -> None:
    with pytest.raises(SourceMissing) as refused:
        await paths(source, "svc", "lib")
    assert refused.value.problem == f"{source / 'lib'} is not there, and the image is to hold it"
    with pytest.raises(SourceMissing) as refused:
        await paths(source / "nowhere", "svc")
    assert refused.value.problem == (
        f"{source / 'nowhere'} is not a folder: an image needs the source of its application"
    )


async def test_an_image_without_a_file_is_refused(source: Path) -> None:
    (source / ".dockerignore").write_text("svc\n")
    with pytest.raises(NothingToShip) as refused:
        await paths(source, "svc")
    assert refused.value.problem == f"{source} has no file for the image in svc"
