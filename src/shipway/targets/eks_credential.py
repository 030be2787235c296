"""The way into the cluster for the programs of one run: signed in our own process, kept for them, gone with the run.

They start a plugin at every call. The real one, `aws eks get-token`, takes a second of processor time each time; this one
reads what we keep, and starts the real one only where there is nothing young. See docs/decisions/0009-eks-token.md.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shipway.aws.cluster import EXEC, Plugin
from shipway.targets import private_file

VARIABLE = "SHIPWAY_EKS_CREDENTIAL"
"""Names the file. It is set for the programs that we start: a person's own kubectl asks `aws`, as everywhere."""

YOUNG = 600.0  # seconds that a token is handed out; botocore signs with nothing that ends sooner
ENDS = 840.0  # seconds until its user asks again; EKS takes it for 900

# The token goes from one builtin to another: it is in nobody's argv.
SCRIPT = f"""\
kept=${{{VARIABLE}:-}}
if test -r "$kept" && {{ read -r until && read -r credential; }} <"$kept" && test "$(date +%s)" -lt "$until"
then printf '%s\\n' "$credential"
else exec "$@"
fi
"""


def plugin(real: tuple[str, ...]) -> Plugin:
    """`real` is the command that asks AWS."""
    return Plugin("/bin/sh", ("-c", SCRIPT, "shipway-eks-token", *real))


@dataclass(frozen=True, slots=True)
class Credential:
    """Signs a token for us whenever we connect, and keeps it for helm at the same time."""

    sign: Callable[[], Awaitable[str]]
    file: Path
    clock: Callable[[], float] = time.time

    async def bearer(self) -> str:
        now = self.clock()
        token = await self.sign()
        await asyncio.to_thread(private_file.write, self.file, _kept(token, now))
        return token


def _kept(token: str, now: float) -> str:
    """Until when it may be handed out, and the answer to hand out: a line each."""
    ends = datetime.fromtimestamp(now + ENDS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = {
        "apiVersion": EXEC,
        "kind": "ExecCredential",
        "spec": {},
        "status": {"expirationTimestamp": ends, "token": token},
    }
    return f"{now + YOUNG:.0f}\n{json.dumps(answer)}\n"
