"""A Dagger engine in this process: it checks each query against the API, and runs the containers' commands on this machine."""

import asyncio
import base64
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from pathlib import Path
from string import Template
from typing import Any

import uvicorn
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    get_named_type,
    graphql_sync,
    is_leaf_type,
    parse,
    validate,
)
from graphql import execute as graphql_execute
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.loopback import listen
from tests.runners.dagger_api import schema

OWN = ("/opt/", "/src", "/var/cache")
"""Where paths are a container's own; anything else is this machine's."""

PROGRAM = """\
#!{python}
# The dagger program as the SDK starts it: says where its session is, and prints the engine's progress until stdin ends.
import json, sys, threading, urllib.request

def progress():
    for line in urllib.request.urlopen("http://127.0.0.1:{port}/progress"):
        sys.stderr.buffer.write(line)
        sys.stderr.flush()

assert sys.argv[1] == "session", sys.argv
threading.Thread(target=progress, daemon=True).start()
print(json.dumps({{"port": {port}, "session_token": "{token}"}}), flush=True)
sys.stdin.read()
"""

Step = tuple[str, str]
"""A field and its arguments as JSON."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Any object of the API: which type it is, and by which fields one came to it."""

    kind: str
    steps: tuple[Step, ...] = ()

    @property
    def id(self) -> str:
        return base64.b64encode(json.dumps([self.kind, self.steps]).encode()).decode()

    @classmethod
    def of(cls, text: str) -> "Thing":
        kind, steps = json.loads(base64.b64decode(text))
        return cls(kind, tuple((name, arguments) for name, arguments in steps))

    def then(self, kind: str, name: str, arguments: Mapping[str, Any]) -> "Thing":
        return Thing(kind, (*self.steps, (name, json.dumps(arguments, sort_keys=True))))

    @property
    def last(self) -> dict[str, Any]:
        found = json.loads(self.steps[-1][1])
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    stdout: str
    stderr: str
    combined: str


@dataclass(frozen=True, slots=True)
class Container:
    """What a chain of steps comes to. `root` holds its own files; everything else is this machine's."""

    root: Path
    env: Mapping[str, str] = field(default_factory=dict)
    workdir: str = ""
    ended: Ended | None = None


@dataclass
class Engine:
    folder: Path
    images: frozenset[str] = frozenset({"python:3.12-slim"})
    env: dict[str, str] = field(default_factory=dict)  # of every image
    refused: list[str] = field(default_factory=list)  # queries that the API does not have
    ran: list[list[str]] = field(default_factory=list)
    pids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = count()
        self._made: dict[tuple[Step, ...], asyncio.Task[Container]] = {}
        self._progress: list[asyncio.Queue[str]] = []
        self.folder.mkdir()
        self.port = 0
        self.token = "a-token"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Engine"]:
        routes = [
            Route("/query", self._query, methods=["POST"]),
            Route("/progress", self._show_progress),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), lifespan="off", ws="none", log_level="warning"
        )
        config.timeout_graceful_shutdown = 1
        server = uvicorn.Server(config)
        with listen() as listener:
            self.port = listener.getsockname()[1]
            task = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                yield self
            finally:
                self._tell_progress("")
                for making in self._made.values():
                    making.cancel()
                await asyncio.gather(*self._made.values(), return_exceptions=True)
                server.should_exit = True
                await task

    def program(self) -> Path:
        """For _EXPERIMENTAL_DAGGER_CLI_BIN."""
        path = self.folder / "dagger"
        path.write_text(PROGRAM.format(python=sys.executable, port=self.port, token=self.token))
        path.chmod(0o755)
        return path

    async def _query(self, request: Request) -> Response:
        credentials = base64.b64encode(f"{self.token}:".encode()).decode()
        if request.headers.get("authorization") != f"Basic {credentials}":
            return JSONResponse({"errors": [{"message": "no such session"}]}, 401)
        asked = await request.json()
        if "__schema" in asked["query"]:
            return JSONResponse(_introspected(asked["query"]))
        document = parse(asked["query"])
        errors = validate(schema(), document)
        if errors:
            self.refused += [error.message for error in errors]
            return JSONResponse({"errors": [error.formatted for error in errors]})
        answering = asyncio.create_task(self._answer(document, asked.get("variables")))
        leaving = asyncio.create_task(_left(request))
        await asyncio.wait([answering, leaving], return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not answering.done():  # nobody waits for it any more: neither do its processes
            answering.cancel()
            for making in self._made.values():
                making.cancel()
            return Response(status_code=499)
        return JSONResponse(answering.result().formatted)

    async def _answer(self, document: Any, variables: dict[str, Any] | None) -> ExecutionResult:
        result = graphql_execute(
            schema(),
            document,
            root_value=Thing("Query"),
            variable_values=variables,
            field_resolver=self._resolve,
            type_resolver=lambda thing, *_: thing.kind,
        )
        return result if isinstance(result, ExecutionResult) else await result

    async def _resolve(self, thing: Thing, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        name = info.field_name
        if name == "node":
            return Thing.of(arguments["id"])
        if name == "id":
            return thing.id
        kind = get_named_type(info.return_type)
        if not is_leaf_type(kind):
            return thing.then(kind.name, name, arguments)
        if thing.kind == "Query" and name == "version":
            return "v0.0.0"
        container = await self._container(thing.steps)
        if name == "sync":
            return thing.id
        assert container.ended is not None, f"{name} of a container that ran nothing"
        match name:
            case "exitCode":
                return container.ended.code
            case "combinedOutput":
                return container.ended.combined
            case _:
                raise GraphQLError(f"this engine does not know {thing.kind}.{name}")

    async def _container(self, steps: tuple[Step, ...]) -> Container:
        """Each step is taken once, however often it is asked for."""
        making = self._made.get(steps)
        if making is None or making.cancelled():
            making = asyncio.create_task(self._take(steps))
            self._made[steps] = making
        return await asyncio.shield(making)

    async def _take(self, steps: tuple[Step, ...]) -> Container:
        name, arguments = steps[-1][0], json.loads(steps[-1][1])
        if name == "container":
            return Container(self._new_root(None))
        before = await self._container(steps[:-1])
        match name:
            case "from":
                return self._from(before, arguments["address"])
            case "withWorkdir":
                return replace(before, workdir=arguments["path"])
            case "withFile" | "withMountedDirectory":
                return self._with(before, arguments["path"], Thing.of(arguments["source"]))
            case "withMountedCache":
                return self._with(before, arguments["path"], Thing.of(arguments["cache"]))
            case "withoutMount":
                root = self._new_root(before.root)
                (root / arguments["path"].lstrip("/")).unlink()
                return replace(before, root=root)
            case "withExec":
                return await self._run(before, arguments["args"], arguments.get("expect"))
            case _:
                return replace(before, env=_changed(before.env, name, arguments))

    def _from(self, before: Container, address: str) -> Container:
        if address not in self.images:
            raise GraphQLError(f"failed to resolve image {address}: no such host")
        here = str(Path(sys.executable).parent)
        return replace(before, env={"PATH": f"{here}:/usr/bin:/bin", **self.env})

    def _new_root(self, before: Path | None) -> Path:
        root = self.folder / f"root-{next(self._numbers)}"
        if before is None:
            root.mkdir(parents=True)
        else:
            shutil.copytree(before, root, symlinks=True)
        return root

    def _with(self, before: Container, path: str, source: Thing) -> Container:
        root = self._new_root(before.root)
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        match source.kind:
            case "File":
                shutil.copyfile(source.last["path"], target)
            case "CacheVolume":
                volume = self.folder / "volumes" / source.last["key"]
                volume.mkdir(parents=True, exist_ok=True)
                target.symlink_to(volume)
            case "Directory":
                _copy(Path(source.last["path"]), source.last, target)
        return replace(before, root=root)

    async def _run(self, before: Container, argv: list[str], expect: str | None) -> Container:
        root = self._new_root(before.root)
        self.ran.append(argv)
        try:
            process = await asyncio.create_subprocess_exec(
                *(_inside(root, word) for word in argv),
                cwd=_inside(root, before.workdir) if before.workdir else root,
                env={name: _inside_all(root, value) for name, value in before.env.items()},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise GraphQLError(f'exec: "{argv[0]}": executable file not found in $PATH') from None
        self.pids.append(process.pid)
        together: list[str] = []
        try:
            stdout, stderr, code = await asyncio.gather(
                self._drain(process.stdout, together),
                self._drain(process.stderr, together),
                process.wait(),
            )
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        code = 128 - code if code < 0 else code
        expected = code == 0 if expect is None else not 128 <= code <= 191
        if not expected:
            facts = {"cmd": argv, "exitCode": code, "stdout": stdout, "stderr": stderr}
            raise GraphQLError(f"exit code: {code}", extensions={"_type": "EXEC_ERROR", **facts})
        return replace(before, root=root, ended=Ended(code, stdout, stderr, "".join(together)))

    async def _drain(self, stream: asyncio.StreamReader | None, together: list[str]) -> str:
        assert stream is not None
        lines = []
        async for raw in stream:
            line = raw.decode()
            lines.append(line)
            together.append(line)
            self._tell_progress(f"7   :     [0.1s] | {line}")
        return "".join(lines)

    def _tell_progress(self, line: str) -> None:
        for queue in self._progress:
            queue.put_nowait(line)

    async def _show_progress(self, _request: Request) -> Response:
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._progress.append(queue)

        async def lines() -> AsyncIterator[str]:
            yield "1   : connect\n"
            while line := await queue.get():
                yield line

        return StreamingResponse(lines(), media_type="text/plain")


@cache
def _introspected(query: str) -> dict[str, Any]:
    return dict(graphql_sync(schema(), query).formatted)


def _changed(env: Mapping[str, str], name: str, arguments: dict[str, Any]) -> dict[str, str]:
    variable = arguments["name"]
    match name:
        case "withEnvVariable":
            value = arguments["value"]
            if arguments.get("expand"):
                value = Template(value).substitute(env)
            return {**env, variable: value}
        case "withSecretVariable":
            return {**env, variable: Thing.of(arguments["secret"]).last["plaintext"]}
        case "withoutEnvVariable" | "withoutSecretVariable":
            return {known: value for known, value in env.items() if known != variable}
        case _:
            raise GraphQLError(f"this engine does not know Container.{name}")


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _inside(root: Path, word: str) -> str:
    return f"{root}{word}" if word.startswith(OWN) else word


def _inside_all(root: Path, value: str) -> str:
    return ":".join(_inside(root, part) for part in value.split(":"))


def _copy(source: Path, filters: Mapping[str, Any], target: Path) -> None:
    """Patterns without a slash are for the top alone, as in a .dockerignore; git says what it ignores."""
    excluded = filters.get("exclude", [])

    def left_out(folder: str, names: list[str]) -> set[str]:
        top = Path(folder) == source
        return {
            name
            for name in names
            if (top and name in excluded)
            or f"**/{name}" in excluded
            or (filters.get("gitignore") and name in _ignored_here(source))
        }

    shutil.copytree(source, target, symlinks=True, ignore=left_out)


def _ignored_here(source: Path) -> set[str]:
    """The plainest of what a .gitignore may say: whole names."""
    try:
        lines = (source / ".gitignore").read_text().split()
    except FileNotFoundError:
        return set()
    return {line.strip("/") for line in lines}
