"""What the containers of one pod share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drydock.events import Recorder
from drydock.node.back_off import Schedule
from drydock.node.environment import Configs, Downward
from drydock.node.images import Images
from drydock.node.mishaps import Mishaps
from drydock.node.runtime import Sandbox
from drydock.resources import PODS, Object


@dataclass(frozen=True, slots=True)
class PodContext:
    pod: Object
    ip: str
    folder: Path
    images: Images
    sandbox: Sandbox
    recorder: Recorder
    configs: Configs
    downward: Downward
    schedule: Schedule
    proxy: str
    configs_changed: Callable[[], Awaitable[None]]
    mishaps: Mishaps

    @property
    def uid(self) -> str:
        return str(self.pod["metadata"]["uid"])

    @property
    def grace(self) -> float:
        """Seconds between asking the pod to end and ending it."""
        return float(self.pod["spec"].get("terminationGracePeriodSeconds", 30))

    @property
    def volumes(self) -> Path:
        return self.folder / "volumes"

    def log_path(self, container: str, restart: int) -> Path:
        return self.folder / "logs" / container / f"{restart}.log"

    @property
    def full_name(self) -> str:
        """As the kubelet's messages name a pod."""
        metadata = self.pod["metadata"]
        return f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"

    def event(
        self,
        reason: str,
        message: str,
        type_: Literal["Normal", "Warning"] = "Normal",
        *,
        field: str = "",
    ) -> None:
        self.recorder.record(PODS, self.pod, reason, message, type_=type_, field=field)
