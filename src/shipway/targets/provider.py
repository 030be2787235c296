"""Who brings a target up: one implementation per kind of target, chosen by name."""

from collections.abc import Callable
from typing import ClassVar, Protocol

from shipway.config.project import Project
from shipway.shell.shell import Shell
from shipway.targets.embedded import Embedded
from shipway.targets.kind import Kind
from shipway.targets.target import Target


class Provider(Protocol):
    """Every step looks first: what is there already is left as it is."""

    host_images: ClassVar[bool]  # its nodes lend their Python to images that have none
    one_by_one: ClassVar[bool]  # a run without a wish releases to the first environment only

    async def check(self) -> None:
        """Raise what a person has to put right before anything can begin."""
        ...

    async def up(self, say: Callable[[str], None]) -> Target:
        """Bring the target to where it can be released to. `say` hears what is waited for."""
        ...

    async def find(self) -> Target:
        """The target as it is, without changing anything; NoCluster where there is none."""
        ...


def _eks(project: Project, shell: Shell) -> Provider:
    from shipway.targets.eks import Eks  # noqa: PLC0415  # boto3 takes as long as a short verb

    return Eks(project, shell)


PROVIDERS: dict[str, Callable[[Project, Shell], Provider]] = {
    "embedded": Embedded,
    "kind": Kind,
    "eks": _eks,
}


def provider(name: str, project: Project, shell: Shell) -> Provider:
    """`name` is one of PROVIDERS; the command line sees to that."""
    return PROVIDERS[name](project, shell)
