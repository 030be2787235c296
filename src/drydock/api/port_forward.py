"""`portforward`: a client's WebSocket joined to ports of a pod.

kubectl tunnels SPDY through it. Others speak in numbered channels: of the port that they name nth, channel 2n carries
the data and 2n + 1 what went wrong; each begins with the port's number.
"""

import asyncio
import struct
from collections.abc import Sequence
from functools import partial
from typing import NoReturn, Protocol

from drydock.api import pod_containers, status
from drydock.api.carrier import Carrier, Connection, Dial, Send
from drydock.api.request import Request
from drydock.api.sockets import Converse, Socket, protocol
from drydock.api.spdy_tunnel import Tunnel
from drydock.resources import Object
from drydock.sessions import Unavailable

TUNNEL = "SPDY/3.1+portforward.k8s.io"
CHANNELS = "v4.channel.k8s.io"
_MOST = 64  # ports at once


class Forwarding(Protocol):
    """The node's side of it."""

    async def dial(self, pod: Object, port: int) -> Connection:
        """Raises Unavailable."""
        ...


def forward(request: Request, pod: Object, node: Forwarding) -> Converse:
    """What is wrong with the request is raised before the client is spoken to."""
    pod_containers.check_host(pod)
    tunnels = TUNNEL in request.protocols
    ports = [] if tunnels else _ports(request)
    name = f"pod {pod['metadata']['name']}, uid {pod['metadata']['uid']}"

    async def dial(port: int) -> Connection:
        return await node.dial(pod, port)

    async def converse(socket: Socket) -> None:
        offered = request.protocols
        if not tunnels and not ports:
            raise status.bad_request('query parameter "ports" is required')
        await socket.accept(protocol(offered, (TUNNEL, CHANNELS)) if offered else "")
        if tunnels:
            await Tunnel(socket, dial, name).run()
        else:
            await _carry(socket, dial, ports, name)

    return converse


def _ports(request: Request) -> list[int]:
    texts = [text for value in request.every("ports") for text in value.split(",")]
    if len(texts) > _MOST:
        raise status.bad_request(f"at most {_MOST} ports can be forwarded at once")
    for text in texts:
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise status.bad_request(f'unable to parse "{text}" as a port')
    return [int(text) for text in texts]


async def _carry(socket: Socket, dial: Dial, ports: Sequence[int], name: str) -> None:
    """Until every port has said all that it has to say. Raises Left."""
    for channel in range(2 * len(ports)):
        await socket.send(struct.pack("<BH", channel, ports[channel // 2]))
    carriers = [
        Carrier(dial, port, partial(_send, socket, 2 * nth)) for nth, port in enumerate(ports)
    ]
    tasks = [
        asyncio.create_task(_run(carrier, partial(_send, socket, 2 * nth + 1), name))
        for nth, carrier in enumerate(carriers)
    ]
    hearing = asyncio.create_task(_hear(socket, list(zip(carriers, tasks, strict=True))))
    ending = asyncio.gather(*tasks)
    try:
        await asyncio.wait((ending, hearing), return_when=asyncio.FIRST_COMPLETED)
        if not ending.done():
            hearing.result()
        await ending
    finally:
        hearing.cancel()
        ending.cancel()
        await asyncio.gather(hearing, *tasks, return_exceptions=True)
    await socket.close()


async def _run(carrier: Carrier, complain: Send, name: str) -> None:
    try:
        await carrier.run()
    except Unavailable as problem:
        await complain(f"error forwarding port {carrier.port} to {name}: {problem}".encode())


async def _hear(
    socket: Socket, connections: Sequence[tuple[Carrier, asyncio.Task[None]]]
) -> NoReturn:
    while True:
        message = await socket.receive()
        nth, odd = divmod(message[0], 2) if message else (0, 1)
        if odd or len(message) < 2 or nth >= len(connections):
            continue
        carrier, task = connections[nth]
        if not task.done():
            await socket.while_there(carrier.put(message[1:]))


async def _send(socket: Socket, channel: int, data: bytes) -> None:
    await socket.send(bytes((channel,)) + data)
