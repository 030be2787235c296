"""Messages with descriptors over a socket that keeps their bounds. For the agent, too."""

import array
import socket

LONGEST = 65_536  # bytes
_MOST = 4  # descriptors


def send(door: socket.socket, raw: bytes, descriptors: list[int]) -> None:
    socket.send_fds(door, [raw], descriptors)


def receive(door: socket.socket) -> tuple[bytes, list[int]]:
    """Nothing at all when the other end is closed. No program inherits the descriptors: Python 3.11's own function
    forgets the flag for that.
    """
    found = array.array("i")
    raw, extras, _, _ = door.recvmsg(
        LONGEST, socket.CMSG_SPACE(_MOST * found.itemsize), socket.MSG_CMSG_CLOEXEC
    )
    for level, kind, data in extras:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return raw, list(found)
