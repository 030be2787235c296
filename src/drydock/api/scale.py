"""The scale subresource: autoscaling/v1 Scale in front of `spec.replicas`."""

from dataclasses import dataclass
from typing import Any

from drydock.admission.invalid import invalid
from drydock.api import status
from drydock.api.objects import Objects
from drydock.api.patch_body import PATCHES, patched
from drydock.api.request import Request, decoded_object
from drydock.api.sent import SCALE, typed
from drydock.api.writes import Writes
from drydock.resources import Object
from drydock.selectors import spelled

_METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(obj: Object) -> dict[str, Any]:
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {k: obj["metadata"][k] for k in _METADATA if k in obj["metadata"]},
        "spec": {"replicas": obj["spec"].get("replicas", 1)},
        "status": {
            "replicas": obj.get("status", {}).get("replicas", 0),
            "selector": spelled(obj["spec"].get("selector", {})),
        },
    }


@dataclass(frozen=True, slots=True)
class Scales:
    objects: Objects
    writes: Writes

    def get(self, request: Request) -> Object:
        return scale_of(self.objects.get(request))

    def replace(self, request: Request) -> Object:
        live = self.objects.get(request)
        return self._write(request, live, decoded_object(request.body))

    def patch(self, request: Request) -> Object:
        live = self.objects.get(request)
        if request.media_type not in PATCHES:
            raise status.unsupported_media_type(*PATCHES)
        return self._write(request, live, patched(request, scale_of(live)))

    def _write(self, request: Request, live: Object, wanted: Object) -> Object:
        wanted = typed(SCALE, wanted)
        replicas = wanted.get("spec", {}).get("replicas", 0)
        if replicas < 0:
            cause = invalid("spec.replicas", replicas, "must be greater than or equal to 0")
            raise status.invalid(SCALE, request.place.name, [cause])
        version = wanted.get("metadata", {}).get("resourceVersion")
        return scale_of(self.writes.scale(request, live, replicas, version))
