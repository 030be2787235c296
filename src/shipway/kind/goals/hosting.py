"""The ConfigMap by which the cluster names its registry to any tool (KEP-1755)."""

from dataclasses import dataclass
from typing import ClassVar

from lightkube.core.exceptions import ApiError
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap

from shipway.kind import layout
from shipway.kind.goals.kubeconfig import Way
from shipway.kind.ground import Ground
from shipway.kube.access import connect
from shipway.kube.local_registry import NAME, NAMESPACE
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say

SUMMARY = f"{NAMESPACE}/{NAME} names {layout.REGISTRY}"


@dataclass(frozen=True, slots=True)
class Hosting:
    name: ClassVar[str] = "hosting"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        if so_far.get(Way) is not None and await self._data() == layout.local_registry():
            return Reached(SUMMARY)
        return Missing(f"write the ConfigMap {NAMESPACE}/{NAME}")

    async def reach(self, _so_far: Facts, _say: Say) -> Outcome:
        metadata = ObjectMeta(name=NAME, namespace=NAMESPACE)
        wanted = ConfigMap(metadata=metadata, data=dict(layout.local_registry()))
        async with connect(self.ground.access) as client:
            await client.apply(wanted, field_manager="shipway", force=True)
        return Outcome(SUMMARY)

    async def _data(self) -> dict[str, str] | None:
        async with connect(self.ground.access) as client:
            try:
                return (await client.get(ConfigMap, NAME, namespace=NAMESPACE)).data
            except ApiError as error:
                if error.status.code == 404:
                    return None
                raise
