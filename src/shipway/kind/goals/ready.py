"""Kubernetes on the node: it answers, and the node takes pods."""

import asyncio
import time
from dataclasses import dataclass
from typing import ClassVar

from lightkube.resources.core_v1 import Node as NodeResource

from shipway.kind.errors import BrokenCluster
from shipway.kind.goals.kubeconfig import Way
from shipway.kind.ground import Ground
from shipway.kube.access import connect
from shipway.kube.errors import ClusterUnreachable
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Ready:
    name: ClassVar[str] = "node"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        if so_far.get(Way) is None:
            return Missing("wait until the node is Ready")
        lacking, version = await self._see()
        if lacking:
            return Missing(f"wait until the node is Ready: {lacking}")
        return Reached(f"Ready, Kubernetes {version}")

    async def reach(self, _so_far: Facts, say: Say) -> Outcome:
        start = time.monotonic()
        while True:
            lacking, version = await self._see()
            if not lacking:
                return Outcome(f"Ready, Kubernetes {version}")
            passed = time.monotonic() - start
            if passed > self.ground.patience.limit:
                raise BrokenCluster(f"after {passed:.0f} s {lacking}")
            say.progress(f"{lacking}, {passed:.0f} s")
            await asyncio.sleep(self.ground.patience.pause)

    async def _see(self) -> tuple[str, str]:
        """What is still wanting, and the version."""
        try:
            async with connect(self.ground.access) as client:
                nodes = [each async for each in client.list(NodeResource)]
        except ClusterUnreachable as silent:
            return f"no answer of {silent.server}", ""
        for node in nodes:
            conditions = (node.status and node.status.conditions) or []
            if any(each.type == "Ready" and each.status == "True" for each in conditions):
                info = node.status and node.status.nodeInfo
                return "", (info and info.kubeletVersion) or ""
        return "it is not Ready", ""
