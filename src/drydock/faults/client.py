"""Asking a running drydock about its faults: over its API, with its token."""

import http.client
import ssl
from typing import Any

import msgspec

from drydock.faults.kinds import Entry, Misuse, Order
from drydock.home import Home, Status

PATH = "/drydock/faults"


class Unreachable(Exception):
    """It is up, and does not answer."""


def add(home: Home, status: Status, order: Order) -> Entry:
    """Returns when it is in force. Raises Misuse and Unreachable."""
    return msgspec.convert(_ask(home, status, "POST", body=order), Entry)


def entries(home: Home, status: Status, *, patience: float = 30.0) -> list[Entry]:
    """Raises Unreachable, after so many seconds."""
    return msgspec.convert(_ask(home, status, "GET", patience=patience)["faults"], list[Entry])


def clear(home: Home, status: Status, identity: str = "") -> list[Entry]:
    """One, or all. Raises Unreachable."""
    path = f"/{identity}" if identity else ""
    return msgspec.convert(_ask(home, status, "DELETE", path)["faults"], list[Entry])


def _ask(
    home: Home,
    status: Status,
    method: str,
    path: str = "",
    *,
    body: object = None,
    patience: float = 30.0,
) -> Any:
    trust = ssl.create_default_context(cafile=home.pki / "ca.crt")
    connection = http.client.HTTPSConnection(
        "127.0.0.1", status.api, context=trust, timeout=patience
    )
    try:
        connection.request(
            method,
            PATH + path,
            msgspec.json.encode(body) if body else None,
            {"Authorization": f"Bearer {home.token.read_text(encoding='ascii').strip()}"},
        )
        response = connection.getresponse()
        answer = msgspec.json.decode(response.read())
    except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
        raise Unreachable(f"drydock (pid {status.pid}) does not answer: {error}") from error
    finally:
        connection.close()
    if response.status == 422:
        raise Misuse(answer["problem"], answer["remedy"])
    if response.status >= 400:
        raise Unreachable(f"drydock (pid {status.pid}) refuses: {answer['message']}")
    return answer
