from pathlib import Path, PurePath

import pytest

from shipway.commands.command import Command
from shipway.images.docker_labels import arguments, public_url
from shipway.shell.local import LocalShell

MOMENT = {"GIT_AUTHOR_DATE": "@60 +0000", "GIT_COMMITTER_DATE": "@60 +0000"}


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("https://github.com/team/shop.git", "https://github.com/team/shop"),
        ("https://user:token@github.com/team/shop", "https://github.com/team/shop"),
        ("git@github.com:team/shop.git", "https://github.com/team/shop"),
        ("ssh://git@github.com/team/shop.git", "https://github.com/team/shop"),
        ("/srv/git/shop.git", None),
        ("../shop", None),
        ("file:///srv/shop", None),
        ("", None),
    ],
)
def test_a_remote_becomes_a_page_without_its_login(remote: str, url: str | None) -> None:
    assert public_url(remote) == url


@pytest.fixture
async def shell(tmp_path: Path) -> LocalShell:
    """A repository with one commit."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("")
    shell = LocalShell(tmp_path)
    await git(shell, "init", "-q")
    await commit(shell)
    return shell


async def git(shell: LocalShell, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    await shell.run(Command(("git", *who, *words), env=MOMENT))


async def commit(shell: LocalShell) -> None:
    await git(shell, "add", "-A")
    await git(shell, "commit", "-qm", "change")


async def test_a_commit_elsewhere_changes_nothing(shell: LocalShell, tmp_path: Path) -> None:
    before = await arguments(PurePath("app"), shell, None)
    (tmp_path / "README.md").write_text("new")
    await commit(shell)
    assert await arguments(PurePath("app"), shell, None) == before
    assert before["CREATED"] == "1970-01-01T00:01:00+00:00"
    assert len(before["REVISION"]) == 40


async def test_changes_that_no_commit_has_are_marked(shell: LocalShell, tmp_path: Path) -> None:
    before = await arguments(PurePath("app"), shell, None)
    (tmp_path / "app" / "new.py").write_text("")
    after = await arguments(PurePath("app"), shell, None)
    assert after == {**before, "REVISION": f"{before['REVISION']}-dirty"}


async def test_outside_of_git_only_the_epoch_is_known(tmp_path: Path) -> None:
    shell = LocalShell(tmp_path)
    assert await arguments(PurePath("app"), shell, None) == {}
    assert await arguments(PurePath("app"), shell, 60) == {"CREATED": "1970-01-01T00:01:00Z"}
