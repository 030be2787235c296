"""Nothing on this machine that leads to the cluster: no context, no kubeconfig of ours, no `.env.eks`."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.aws.cluster import kubeconfig_file
from shipway.commands import kubectl
from shipway.eks.account import Account
from shipway.eks.goals.doomed import Doomed
from shipway.eks.ground import Ground
from shipway.eks.kube import entries
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Forgotten:
    name: ClassVar[str] = "forget"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        found = self._found(so_far)
        if not found:
            return Reached(f"nothing here leads to {so_far.of(Doomed).name}")
        return Missing(f"remove {found}")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        doomed, found = so_far.of(Doomed), self._found(so_far)
        for kind, name in entries(self.ground.kubeconfig, doomed.name).items():
            command = kubectl.forget(kind, name, self.ground.kubeconfig)
            await self.ground.shell.run(command, listen=say.line)
        for file in self._files(so_far):
            file.unlink()
        return Outcome(f"removed {found}")

    def _found(self, so_far: Facts) -> str:
        name = so_far.of(Doomed).name
        context = [f"the context {name}"] if entries(self.ground.kubeconfig, name) else []
        return " and ".join([*context, *(file.name for file in self._files(so_far))])

    def _files(self, so_far: Facts) -> list[Path]:
        name, account = so_far.of(Doomed).name, so_far.of(Account)
        way_in = self.ground.root / kubeconfig_file(account.id, account.region, name)
        ours = self.ground.written.get("EKS_CLUSTER_NAME") == name
        files = [way_in, *([self.ground.settings_file] if ours else [])]
        return [file for file in files if file.exists()]
