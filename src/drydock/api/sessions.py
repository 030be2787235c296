"""`exec`, `attach` and `portforward`: which of them a request means, and what it is told without a WebSocket."""

from dataclasses import dataclass
from typing import NoReturn, Protocol

from drydock.api import port_forward, remote_commands, status
from drydock.api.objects import Objects
from drydock.api.port_forward import Forwarding
from drydock.api.remote_commands import Execution
from drydock.api.request import Request
from drydock.api.sockets import Converse
from drydock.resources import PODS


class PodAccess(Execution, Forwarding, Protocol):
    """What the node does for them."""


@dataclass(frozen=True, slots=True)
class Sessions:
    objects: Objects
    pods: PodAccess

    def converse(self, request: Request) -> Converse:
        """How to speak with the client. Raises Refused."""
        place = request.place
        if place.resource != PODS or place.namespace is None:
            raise status.bad_request("no WebSocket is spoken here")
        match place.subresource:
            case "exec":
                return remote_commands.execute(request, self.objects.get(request), self.pods)
            case "attach":
                return remote_commands.attach(request, self.objects.get(request), self.pods)
            case "portforward":
                return port_forward.forward(request, self.objects.get(request), self.pods)
        raise status.bad_request("no WebSocket is spoken here")

    def refuse(self, request: Request) -> NoReturn:
        """Clients that were refused a WebSocket ask again with SPDY, and show that answer: it says what is wrong."""
        self.converse(request)
        raise status.bad_request("Upgrade request required")
