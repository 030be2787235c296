"""The guides are told by people who did it: every command of theirs runs here, in their order, and says what they say."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from shipway.testing.workbench import ROOT, Workbench

GUIDES = ROOT / "docs" / "guides"
TOLD = (
    "ship",
    "hotfix",
    "rollback",
    "failure",
)  # in this order: each begins where the last one ended
BLOCK = re.compile(r"^```(diff|console|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Edit:
    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A command, and lines that it prints in this order, `…` standing for anything. Where it says what to try, it fails."""

    command: str
    shown: tuple[str, ...]

    @property
    def fails(self) -> bool:
        return any(line.startswith("  try:") for line in self.shown)


def steps(text: str) -> Iterator[Edit | Typed]:
    for kind, block in BLOCK.findall(text):
        lines = block.splitlines()
        if kind == "diff":
            old = [line[1:] for line in lines[1:] if line.startswith("-")]
            new = [line[1:] for line in lines[1:] if line.startswith("+")]
            yield Edit(lines[0].removeprefix("--- "), "\n".join(old), "\n".join(new))
            continue
        at = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        for first, end in zip(at, [*at[1:], len(lines)], strict=True):
            yield Typed(lines[first].removeprefix("$ "), tuple(lines[first + 1 : end]))


def shows(said: str, wanted: str) -> bool:
    pattern = r".*".join(re.escape(" ".join(part.split())) for part in wanted.split("…"))
    pattern = pattern.replace(r".*\ ", r".*").replace(r"\ .*", r".*")
    return re.fullmatch(pattern, " ".join(said.split())) is not None


def check(said: str, wanted: tuple[str, ...]) -> None:
    lines = iter(said.splitlines())
    for line in wanted:
        assert any(shows(each, line) for each in lines), f"nowhere in its place: {line}\n{said}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def released(bench: Workbench) -> AsyncIterator[Workbench]:
    """v1 is everywhere."""
    for line in ("build --tag v1", "deploy-all --tag v1"):
        said = await bench.shipway(*line.split())
        assert said.code == 0, said.out + said.err
    yield bench


@pytest.mark.real
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("guide", TOLD)
async def test_a_guide_does_what_it_says(released: Workbench, guide: str) -> None:
    text = (GUIDES / f"{guide}.md").read_text(encoding="utf-8")
    told = list(steps(text))
    assert len([step for step in told if isinstance(step, Typed)]) > 5
    for step in told:
        if isinstance(step, Edit):
            released.edit(step.file, step.old, step.new)
            continue
        said = await released.typed(step.command)
        assert (said.code != 0) == step.fails, f"{step.command}\n{said.out}{said.err}"
        check(said.out + said.err, step.shown)


@pytest.mark.parametrize("guide", TOLD)
def test_a_guide_fits_a_screen_or_two_and_is_linked(guide: str) -> None:
    lines = (GUIDES / f"{guide}.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 80
    assert f"({guide}.md)" in (GUIDES / "environments.md").read_text(encoding="utf-8")
    assert f"(docs/guides/{guide}.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
