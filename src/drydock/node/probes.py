"""Probes: what a container is asked, how often, and when its answers count."""

import asyncio
import errno
import os
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from drydock.node.island import Island
from drydock.node.network.dial import dial
from drydock.node.network.streams import close
from drydock.resources import Object

Kind = Literal["startup", "readiness", "liveness"]
Exec = Callable[[Sequence[str], float], Awaitable[str | None]]
Check = Callable[[], Awaitable[str | None]]

QUICK = 0.1  # seconds between probes until the first success, at most
EAGER = 0.02  # and at least: who starts fast is not kept waiting

_AGENT = "kube-probe/1.36"
_BODY = 10_240  # bytes of an answer that a probe reads
_UNVERIFIED = ssl._create_unverified_context  # noqa: SLF001  # the kubelet verifies no probe's certificate


@dataclass(frozen=True, slots=True)
class Probe:
    """Times in seconds, thresholds in answers."""

    kind: Kind
    handler: Object
    initial_delay: float = 0
    period: float = 10
    timeout: float = 1
    success_threshold: int = 1
    failure_threshold: int = 3

    @classmethod
    def of(cls, container: Object, kind: Kind) -> "Probe | None":
        spec = container.get(f"{kind}Probe")
        if not spec:
            return None
        return cls(
            kind,
            spec,
            spec.get("initialDelaySeconds") or 0,
            spec.get("periodSeconds") or 10,
            spec.get("timeoutSeconds") or 1,
            spec.get("successThreshold") or 1,
            spec.get("failureThreshold") or 3,
        )


@dataclass(slots=True)
class Tally:
    """Counts answers in a row; a verdict stands until the other side reaches its threshold."""

    success_threshold: int
    failure_threshold: int
    _successes: int = 0
    _failures: int = 0

    def count(self, *, success: bool) -> bool | None:
        """True or False when this answer decides, None while it does not."""
        if success:
            self._successes, self._failures = self._successes + 1, 0
            return True if self._successes >= self.success_threshold else None
        self._successes, self._failures = 0, self._failures + 1
        return False if self._failures >= self.failure_threshold else None


async def observe(
    probe: Probe,
    check: Check,
    decided: Callable[[bool], None],
    failed: Callable[[str], None],
) -> None:
    """Ask until cancelled; a startup probe until it is decided.

    Until the first success, startup and readiness probes are asked every `QUICK` seconds or sooner, so that a
    container is ready when it is and not at the next period. In that phase a failure counts, and is told, once per
    period.
    """
    loop = asyncio.get_running_loop()
    await asyncio.sleep(probe.initial_delay)
    begun = loop.time()
    tally = Tally(probe.success_threshold, probe.failure_threshold)
    waiting = probe.kind != "liveness"
    due = begun + (probe.period if waiting else 0)
    while True:
        asked = loop.time()
        problem = await check()
        verdict = None
        if problem is None:
            waiting = False
            verdict = tally.count(success=True)
        elif not waiting or loop.time() >= due:
            due = asked + probe.period
            failed(problem)
            verdict = tally.count(success=False)
        if verdict is not None:
            decided(verdict)
            if probe.kind == "startup":
                return
        interval = min(_soon(asked - begun), probe.period) if waiting else probe.period
        await asyncio.sleep(max(0, asked + interval - loop.time()))


def _soon(waited: float) -> float:
    """A tenth of what was waited already is little to wait in vain."""
    return min(max(waited / 10, EAGER), QUICK)


def check(probe: Probe, container: Object, ip: str, island: Island | None, execute: Exec) -> Check:
    """Asks the container at `ip`; None is success, a text is what the kubelet would say."""
    handler = probe.handler
    if http := handler.get("httpGet"):
        return lambda: get(http, container, ip, island, probe.timeout)
    if tcp := handler.get("tcpSocket"):
        return lambda: connect(tcp, container, ip, island, probe.timeout)
    if command := (handler.get("exec") or {}).get("command"):
        return lambda: execute(command, probe.timeout)
    return _unsupported


async def _unsupported() -> str:
    return "drydock's node knows httpGet, tcpSocket and exec probes"


def port(value: str | int, container: Object) -> int:
    """A number, or the name of one of the container's ports. Raises ValueError for an unknown name."""
    if isinstance(value, int) or value.isdigit():
        return int(value)
    for declared in container.get("ports", ()):
        if declared.get("name") == value:
            return int(declared["containerPort"])
    raise ValueError(f"couldn't find port: {value}")


def _way(host: str, ip: str, island: Island | None) -> Island | None:
    """Into the pod's own network to the pod, and through the host's to anybody else."""
    return island if host == ip else None


async def connect(
    tcp: Object, container: Object, ip: str, island: Island | None, patience: float
) -> str | None:
    host = tcp.get("host") or ip
    try:
        number = port(tcp["port"], container)
    except ValueError as problem:
        return str(problem)
    try:
        async with asyncio.timeout(patience):
            _, writer = await dial(_way(host, ip, island), host, number)
    except (OSError, TimeoutError) as problem:
        return _dial(host, number, problem)
    await close(writer)
    return None


async def get(
    http: Object, container: Object, ip: str, island: Island | None, patience: float
) -> str | None:
    try:
        number = port(http["port"], container)
    except ValueError as problem:
        return str(problem)
    scheme = http.get("scheme", "HTTP").lower()
    host, path = http.get("host") or ip, http.get("path") or "/"
    url = f"{scheme}://{host}:{number}{path if path.startswith('/') else '/' + path}"
    headers = {"Host": f"{host}:{number}", "User-Agent": _AGENT, "Accept": "*/*"}
    headers |= {header["name"]: header["value"] for header in http.get("httpHeaders", ())}
    try:
        async with asyncio.timeout(patience):
            tls = _UNVERIFIED() if scheme == "https" else None
            way = _way(host, ip, island)
            reader, writer = await dial(way, host, number, tls=tls, limit=_BODY)
            status = await _ask(reader, writer, url, headers)
    except TimeoutError:
        return f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
    except (ConnectionResetError, BrokenPipeError):
        return f'Get "{url}": read tcp {host}:{number}: read: connection reset by peer'
    except OSError as problem:
        return f'Get "{url}": {_dial(host, number, problem)}'
    except EOFError:
        return f'Get "{url}": EOF'
    except ValueError as problem:
        return f'Get "{url}": net/http: HTTP/1.x transport connection broken: {problem}'
    return None if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"


async def _ask(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    url: str,
    headers: Mapping[str, str],
) -> int:
    try:
        target = url.partition("://")[2].partition("/")[2]
        lines = [f"GET /{target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        status = await reader.readline()
        if not status:
            raise EOFError
        return _status_code(status)
    finally:
        await close(writer)


def _status_code(line: bytes) -> int:
    version, _, rest = line.decode("latin-1").partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise ValueError(f'malformed HTTP response "{line.decode("latin-1").strip()}"')
    return int(rest[:3])


def _dial(host: str, number: int, problem: Exception) -> str:
    if isinstance(problem, TimeoutError):
        return f"dial tcp {host}:{number}: i/o timeout"
    number_of = problem.errno if isinstance(problem, OSError) else None
    if number_of == errno.ECONNREFUSED or "Connect call failed" in str(problem):
        return f"dial tcp {host}:{number}: connect: connection refused"
    text = os.strerror(number_of).lower() if number_of else str(problem)
    return f"dial tcp {host}:{number}: connect: {text}"
