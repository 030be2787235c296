"""Connections to a pod: into its own network where it has one, plainly where it shares the machine's."""

import asyncio
import socket
import ssl

from drydock.node.island import Island

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

MACHINE_ADDRESS = "127.76.0.1"
"""What pods see as the address of this machine, where probes and the ingress come from. No pod has it."""

_LIMIT = 64 * 1024  # bytes that a reader holds before the other side has to wait


async def dial(
    island: Island | None,
    address: str,
    port: int,
    *,
    source: str = "",
    tls: ssl.SSLContext | None = None,
    limit: int = _LIMIT,
) -> Streams:
    """As the caller at `source`, which is what the pod sees. Waits as long as the system does; raises OSError.

    Without a source the caller is this machine.
    """
    if island is None:
        local = (source, 0) if source else None
        return await asyncio.open_connection(address, port, local_addr=local, ssl=tls, limit=limit)
    connection = await connect(island, address, port, source=source)
    try:
        name = address if tls else None
        return await asyncio.open_connection(
            sock=connection, ssl=tls, server_hostname=name, limit=limit
        )
    except BaseException:
        connection.close()
        raise


async def connect(
    island: Island | None, address: str, port: int, *, source: str = ""
) -> socket.socket:
    """As `dial`, the bare connection; without an island to an address of this machine or of the world."""
    connection = island.socket() if island else socket.socket()
    try:
        connection.settimeout(0)
        if island:
            connection.bind((source or MACHINE_ADDRESS, 0))
        await asyncio.get_running_loop().sock_connect(connection, (address, port))
    except BaseException:
        connection.close()
        raise
    return connection
