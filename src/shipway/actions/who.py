"""Who releases, as the records will say: in a GitHub job its actor, else the person at this machine."""

import getpass
import socket
from collections.abc import Mapping


def who(environment: Mapping[str, str]) -> str:
    actor = environment.get("GITHUB_ACTOR")
    if actor and environment.get("GITHUB_ACTIONS") == "true":
        return f"{actor} on GitHub"
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a uid without a name, as in many containers
        user = "somebody"
    return f"{user} on {socket.gethostname()}"
