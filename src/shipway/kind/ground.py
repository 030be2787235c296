"""What every goal stands on: this project, the shell, and how long to wait."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shipway.commands.helm import Cluster
from shipway.kind import ports
from shipway.kind.layout import Layout
from shipway.kind.ports import Program
from shipway.kube.access import Access
from shipway.shell.shell import Shell
from shipway.targets import kind
from shipway.targets.tool_env import tool_env


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for the node and Traefik to come up, and between two looks."""

    limit: float = 300.0
    pause: float = 1.0


@dataclass(frozen=True, slots=True)
class Ground:
    root: Path  # of the project
    layout: Layout
    shell: Shell
    listener: Callable[[int], Awaitable[Program | None]] = ports.listener
    patience: Patience = Patience()

    @property
    def home(self) -> Path:
        return self.root / ".shipway" / kind.NAME

    @property
    def kubeconfig(self) -> Path:
        return kind.kubeconfig(self.root)

    @property
    def unfinished(self) -> Path:
        """There from before the cluster is made until it stands: who finds it was cut off between."""
        return self.home / "unfinished"

    @property
    def access(self) -> Access:
        return Access(kind.NAME, self.kubeconfig, kind.START, kind.CONTEXT, local=True)

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.kubeconfig, kind.CONTEXT)

    @property
    def tool_env(self) -> Mapping[str, str]:
        return tool_env(self.home / "helm")
