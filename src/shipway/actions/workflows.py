"""Write the workflows that shipway.yaml asks for, or say where those that are there differ."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path, PurePath
from typing import ClassVar

from shipway.config.project import Project
from shipway.errors import REFUSED, ShipwayError
from shipway.workflows import documents


@dataclass(eq=False)
class WorkflowsDiffer(ShipwayError):
    """Someone changed shipway.yaml, or a workflow by hand."""

    changes: Sequence["Change"]

    @property
    def problem(self) -> str:
        files = ", ".join(str(change.file) for change in self.changes)
        return f"not what shipway.yaml asks for: {files}"

    @property
    def remedy(self) -> str:
        return "shipway workflows"

    @property
    def details(self) -> tuple[str, ...]:
        return tuple(line for change in self.changes for line in change.lines)


@dataclass(eq=False)
class ForeignWorkflow(ShipwayError):
    """A file of a name that we write, which we did not write."""

    exit_code: ClassVar[int] = REFUSED

    file: PurePath

    @property
    def problem(self) -> str:
        return f"{self.file} is there already, and shipway did not write it"

    @property
    def remedy(self) -> str:
        return f"give it another name: git mv {self.file} {self.file.with_stem(f'own-{self.file.stem}')}"


@dataclass(frozen=True, slots=True)
class Change:
    """One file as it is and as it should be; None where there is none."""

    file: PurePath
    before: str | None
    after: str | None

    @property
    def did(self) -> str:
        match self:
            case Change(before=None):
                return f"{self.file}: written"
            case Change(after=None):
                return f"{self.file}: removed"
            case _:
                return f"{self.file}: renewed"

    @property
    def lines(self) -> tuple[str, ...]:
        """The difference, as `diff -u` shows it."""
        difference = unified_diff(
            (self.before or "").splitlines(),
            (self.after or "").splitlines(),
            f"{self.file} as it is",
            f"{self.file} as shipway.yaml asks for it",
            lineterm="",
        )
        return tuple(difference)


async def write(project: Project, served: Collection[str]) -> Sequence[Change]:
    """What it had to change; nothing when it is run again. `served` are the targets of this shipway."""
    changes = await _changes(project, served)
    await asyncio.to_thread(_apply, project.root, changes)
    return changes


async def check(project: Project, served: Collection[str]) -> None:
    """WorkflowsDiffer, with the difference, where `write` would change something. Touches nothing."""
    changes = await _changes(project, served)
    if changes:
        raise WorkflowsDiffer(changes)


async def _changes(project: Project, served: Collection[str]) -> Sequence[Change]:
    wanted = documents.files(project, served)
    there = await asyncio.to_thread(_read, project.root)
    for file, text in there.items():
        if not text.startswith(documents.MARK):
            raise ForeignWorkflow(file)
    changes = [
        Change(file, there.get(file), wanted.get(file))
        for file in map(documents.path, documents.NAMES)
    ]
    return [change for change in changes if change.before != change.after]


def _read(root: Path) -> dict[PurePath, str]:
    files = map(documents.path, documents.NAMES)
    return {
        file: (root / file).read_text(encoding="utf-8") for file in files if (root / file).is_file()
    }


def _apply(root: Path, changes: Sequence[Change]) -> None:
    for change in changes:
        path = root / change.file
        if change.after is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(change.after, encoding="utf-8")
