"""A port of this machine that a test's server listens on."""

import socket


def listen(port: int = 0) -> socket.socket:
    """With its protocol named, asyncio sends at once: without, each answer waits 40 ms for an acknowledgement."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener
