"""A Kubernetes version that EKS still makes clusters with."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.eks import versions
from shipway.eks.blueprint import Blueprint
from shipway.eks.cloud import Cloud
from shipway.pipeline.goal import Reached
from shipway.pipeline.stage import Facts


@dataclass(frozen=True, slots=True)
class Version:
    name: ClassVar[str] = "version"

    async def look(self, so_far: Facts) -> Reached:
        offers = await so_far.of(Cloud).versions()
        return Reached(versions.judge(so_far.of(Blueprint).version, offers))
