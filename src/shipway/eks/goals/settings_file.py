"""`.env.eks`, written whole and last: who finds it finds a cluster that is ready."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from shipway.eks import settings
from shipway.eks.account import Account
from shipway.eks.ground import Ground
from shipway.eks.outputs import Outputs
from shipway.eks.settings import FILE, Settings
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.targets import private_file


@dataclass(frozen=True, slots=True)
class SettingsFile:
    name: ClassVar[str] = "settings"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        if so_far.get(Outputs) is not None:
            path = self.ground.settings_file
            same = path.exists() and path.read_text(encoding="utf-8") == _text(so_far)
            if same and path.stat().st_mode & 0o777 == 0o600:
                return Reached(f"{FILE} says all of it: source {FILE}")
        return Missing(f"write {FILE}")

    async def reach(self, so_far: Facts, _say: Say) -> Outcome:
        await asyncio.to_thread(private_file.write, self.ground.settings_file, _text(so_far))
        return Outcome(f"{FILE} is written: source {FILE}")


def _text(so_far: Facts) -> str:
    account, outputs = so_far.of(Account), so_far.of(Outputs)
    return settings.render(
        Settings(account.id, account.region, outputs["EcrRepositoryUri"], outputs["ClusterName"])
    )
