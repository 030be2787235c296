"""Which container of a pod a request means."""

from drydock.api import status
from drydock.api.request import Request
from drydock.resources import Object

_DEFAULT = "kubectl.kubernetes.io/default-container"


def container(request: Request, pod: Object) -> str:
    name = pod["metadata"]["name"]
    spec = pod["spec"]
    mains = [container["name"] for container in spec["containers"]]
    inits = [container["name"] for container in spec.get("initContainers", ())]
    default = pod["metadata"].get("annotations", {}).get(_DEFAULT, "")
    asked = request.query.get("container") or (default if default in mains else "")
    if not asked and len(mains) > 1:
        choices = f"choose one of: [{' '.join(mains)}]"
        if inits:
            choices += f" or one of the init containers: [{' '.join(inits)}]"
        raise status.bad_request(f"a container name must be specified for pod {name}, {choices}")
    if asked and asked not in {*mains, *inits}:
        raise status.bad_request(f"container {asked} is not valid for pod {name}")
    return asked or mains[0]


def check_host(pod: Object) -> None:
    if not pod["spec"].get("nodeName"):
        name = pod["metadata"]["name"]
        raise status.bad_request(f"pod {name} does not have a host assigned")
