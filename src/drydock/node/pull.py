"""Getting a container's image, as the pull policy says."""

import time
from typing import Literal, Protocol

from drydock.node.back_off import duration
from drydock.node.images import Image, Images, PullFailed, Reference
from drydock.node.mishaps import Mishaps, pull_failure
from drydock.node.refused import Refused
from drydock.resources import Object


class Tell(Protocol):
    """Records an event about the container."""

    def __call__(
        self, reason: str, message: str, type_: Literal["Normal", "Warning"] = "Normal"
    ) -> None: ...


async def pull(images: Images, container: Object, tell: Tell, mishaps: Mishaps) -> Image:
    """Raises Refused with the kubelet's reason: ErrImagePull may pass, the others stay until the pod is changed."""
    name = container["image"]
    reference = Reference.parse(name)
    if reference is None:
        message = f'couldn\'t parse image name "{name}": invalid reference format'
        tell("InspectFailed", f'Failed to apply default image tag "{name}": {message}', "Warning")
        raise Refused("InvalidImageName", f'Failed to apply default image tag "{name}": {message}')
    policy = container.get("imagePullPolicy") or (
        "Always" if reference.tag == "latest" and not reference.digest else "IfNotPresent"
    )
    present = images.present(reference)
    if policy == "Never" and not present:
        message = f'Container image "{name}" is not present with pull policy of Never'
        tell("ErrImageNeverPull", message, "Warning")
        raise Refused("ErrImageNeverPull", message)
    asks = policy == "Always" or not present
    began = time.monotonic()
    if asks:
        tell("Pulling", f'Pulling image "{name}"')
        if problem := mishaps.pull_problem(name):
            raise _failed(name, pull_failure(problem, str(reference)), tell)
    try:
        image = await images.pull(reference)
    except PullFailed as failed:
        raise _failed(name, f"rpc error: code = NotFound desc = {failed}", tell) from failed
    took = duration(time.monotonic() - began)
    if asks:
        size = f"Image size: {image.size} bytes."
        tell(
            "Pulled",
            f'Successfully pulled image "{name}" in {took} ({took} including waiting). {size}',
        )
    else:
        tell(
            "Pulled",
            f'Container image "{name}" already present on machine and can be accessed by the pod',
        )
    return image


def _failed(name: str, message: str, tell: Tell) -> Refused:
    tell("Failed", f'Failed to pull image "{name}": {message}', "Warning")
    return Refused("ErrImagePull", message)
