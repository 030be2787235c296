"""Nothing on this machine that leads to the cluster: no context, no `.env.eks`."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.commands import kubectl
from shipway.eks.goals.doomed import Doomed
from shipway.eks.ground import Ground
from shipway.eks.kube import entries
from shipway.eks.settings import FILE
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Forgotten:
    name: ClassVar[str] = "forget"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        doomed = so_far.of(Doomed)
        parts = []
        if entries(self.ground.kubeconfig, doomed.name):
            parts.append(f"the context {doomed.name}")
        if self._is_ours(doomed):
            parts.append(FILE)
        if not parts:
            return Reached(f"neither a context {doomed.name} nor {FILE}")
        return Missing(f"remove {' and '.join(parts)}")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        doomed = so_far.of(Doomed)
        for kind, name in entries(self.ground.kubeconfig, doomed.name).items():
            command = kubectl.forget(kind, name, self.ground.kubeconfig)
            await self.ground.shell.run(command, listen=say.line)
        if self._is_ours(doomed):
            self.ground.settings_file.unlink()
        return Outcome(f"no context {doomed.name} and no {FILE} any more")

    def _is_ours(self, doomed: Doomed) -> bool:
        return self.ground.written.get("EKS_CLUSTER_NAME") == doomed.name
