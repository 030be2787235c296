"""exec and attach as the protocol has them, over a real WebSocket to a node that only pretends."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from drydock.pki import Identity
from drydock.resources import PODS
from drydock.sessions import Streams
from drydock.store import Store
from tests.drydock.api.conftest import TOKEN, Call
from tests.drydock.api.pods import Command, Pods, said

EXEC = "/api/v1/namespaces/dev/pods/web/exec"
ATTACH = "/api/v1/namespaces/dev/pods/web/attach"
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"


def pod(*containers: str, **spec: Any) -> dict[str, Any]:
    names = containers or ("app",)
    return {
        "metadata": {"name": "web", "namespace": "dev"},
        "spec": {
            "nodeName": "drydock",
            "containers": [{"name": name} for name in names],
            **spec,
        },
        "status": {"phase": "Running"},
    }


@asynccontextmanager
async def dialled(
    server: str, tls: Identity, path: str, *protocols: str, **headers: str
) -> AsyncIterator[ClientConnection]:
    context = ssl.create_default_context(cadata=tls.authority)
    async with (
        asyncio.timeout(45),
        connect(
            server.replace("https://", "wss://") + path,
            ssl=context,
            subprotocols=[Subprotocol(each) for each in protocols or (V5,)],
            additional_headers={"Authorization": f"Bearer {TOKEN}", **headers},
            proxy=None,
        ) as socket,
    ):
        yield socket


async def everything(socket: ClientConnection) -> list[bytes]:
    """The messages with something in them, until the server closes."""
    messages = [message async for message in socket]
    return [each for each in messages if isinstance(each, bytes) and len(each) > 1]


async def refusal(server: str, tls: Identity, path: str, *protocols: str, **headers: str) -> Any:
    with pytest.raises(InvalidStatus) as refused:
        async with dialled(server, tls, path, *protocols, **headers):
            pass
    response = refused.value.response
    return response.status_code, json.loads(response.body or b"{}")["message"]


async def test_streams_are_channels_and_the_last_one_says_how_it_ended(
    server: str, tls: Identity, store: Store, pods: Pods
) -> None:
    store.create(PODS, pod())
    pods.command = Command({"stdout": said(b"out"), "stderr": said(b"err")})
    query = "?command=sh&command=-c&command=true&stdout=true&stderr=true"
    async with dialled(server, tls, EXEC + query) as socket:
        assert socket.subprotocol == V5
        *streams, outcome = await everything(socket)
    assert sorted(streams) == [b"\x01out", b"\x02err"]
    assert (outcome[:1], json.loads(outcome[1:])) == (
        b"\x03",
        {"metadata": {}, "status": "Success"},
    )
    assert pods.asked == (
        "web",
        "app",
        ("sh", "-c", "true"),
        Streams(stdin=False, stdout=True, stderr=True, terminal=False),
    )
    assert pods.command.closed.is_set()


async def test_an_exit_code_is_a_cause_of_the_failure(
    server: str, tls: Identity, store: Store, pods: Pods
) -> None:
    store.create(PODS, pod())
    pods.command = Command({"stdout": said()}, code=3)
    async with dialled(server, tls, f"{EXEC}?command=false&stdout=true", V4) as socket:
        [outcome] = await everything(socket)
    assert json.loads(outcome[1:]) == {
        "metadata": {},
        "status": "Failure",
        "message": "command terminated with non-zero exit code: command terminated with exit code 3",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
    }


async def test_input_its_end_and_the_size_of_the_terminal_arrive(
    server: str, tls: Identity, store: Store, pods: Pods
) -> None:
    store.create(PODS, pod())
    output = said(ends=False)
    pods.command = command = Command({"stdout": output})
    query = "?command=sh&stdin=true&stdout=true&stderr=true&tty=true"
    async with dialled(server, tls, EXEC + query) as socket:
        for message in (
            b'\x04{"Width":120,"Height":40}',
            b'\x04{"Width":-1,"Height":40}',
            b"\x04nonsense",
            b"\x00one ",
            b"\x00",
            b"\x07unknown",
            b"\x00two",
            b"\xff\x00",
        ):
            await socket.send(message)
        await command.closed_stdin.wait()
        output.feed_eof()
        assert len(await everything(socket)) == 1
    assert (command.heard, command.sizes) == (b"one two", [(120, 40)])
    assert pods.asked[-1] == Streams(stdin=True, stdout=True, stderr=False, terminal=True)


@pytest.mark.parametrize("deaf", [False, True])
async def test_a_command_ends_with_the_client_that_leaves(
    server: str, tls: Identity, store: Store, pods: Pods, *, deaf: bool
) -> None:
    store.create(PODS, pod())
    pods.command = command = Command({"stdout": said(ends=False)}, deaf=deaf)
    async with dialled(server, tls, f"{EXEC}?command=sh&stdin=true&stdout=true") as socket:
        assert await socket.recv() == b"\x01"
        await socket.send(b"\x00more than it reads")
        await socket.send(b"\x00and more")
        socket.transport.abort()
    async with asyncio.timeout(45):
        await command.closed.wait()


async def test_what_the_node_cannot_do_is_told_on_the_error_channel(
    server: str, tls: Identity, store: Store
) -> None:
    store.create(PODS, pod())
    async with dialled(server, tls, f"{ATTACH}?stdout=true") as socket:
        [outcome] = await everything(socket)
    answer = json.loads(outcome[1:])
    assert (answer["code"], answer["message"]) == (
        500,
        "Internal error occurred: nobody is there",
    )


async def test_attach_takes_the_container_that_is_named(
    server: str, tls: Identity, store: Store, pods: Pods
) -> None:
    store.create(PODS, pod("app", "beside"))
    pods.command = Command({"stdout": said(b"hello")})
    async with dialled(server, tls, f"{ATTACH}?container=beside&stdout=true") as socket:
        assert (await everything(socket))[0] == b"\x01hello"
    assert pods.asked == (
        "web",
        "beside",
        Streams(stdin=False, stdout=True, stderr=False, terminal=False),
    )


async def test_a_message_beyond_all_measure_ends_the_connection(
    server: str, tls: Identity, store: Store, pods: Pods
) -> None:
    store.create(PODS, pod())
    pods.command = command = Command({"stdout": said(ends=False)})
    async with dialled(server, tls, f"{EXEC}?command=sh&stdin=true&stdout=true") as socket:
        await socket.send(b"\x00" + bytes(4 * 1024 * 1024))
        with pytest.raises(ConnectionClosed) as closed:
            await everything(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    async with asyncio.timeout(45):
        await command.closed.wait()


WITHOUT = {"command": "sh", "stdout": "true"}


@pytest.mark.parametrize(
    ("path", "query", "code", "message"),
    [
        (EXEC, WITHOUT, 400, "Upgrade request required"),
        (EXEC, {"stdout": "true"}, 400, "you must specify at least one command for the container"),
        (EXEC, {"command": "sh"}, 400, "you must specify at least 1 of stdin, stdout, stderr"),
        (EXEC, {**WITHOUT, "container": "x"}, 400, "container x is not valid for pod web"),
        (EXEC.replace("web", "nix"), WITHOUT, 404, 'pods "nix" not found'),
        (ATTACH, WITHOUT, 400, "Upgrade request required"),
        (EXEC.replace("exec", "portforward"), {}, 400, "Upgrade request required"),
    ],
)
async def test_without_a_web_socket_the_answer_says_what_is_wrong(
    call: Call, store: Store, path: str, query: dict[str, str], *, code: int, message: str
) -> None:
    store.create(PODS, pod())
    for method in ("GET", "POST"):
        status, answer = await call(method, path, **query)
        assert (status, answer["message"]) == (code, message)


async def test_a_pod_without_a_node_is_not_entered(call: Call, store: Store) -> None:
    store.create(PODS, pod(nodeName=""))
    for path in (EXEC, ATTACH):
        status, answer = await call("GET", path, **WITHOUT)
        assert (status, answer["message"]) == (400, "pod web does not have a host assigned")


async def test_several_containers_need_a_name(call: Call, store: Store) -> None:
    store.create(PODS, pod("app", "beside"))
    status, answer = await call("GET", EXEC, **WITHOUT)
    assert (status, answer["message"]) == (
        400,
        "a container name must be specified for pod web, choose one of: [app beside]",
    )


async def test_a_web_socket_is_guarded_as_a_request_is(
    server: str, tls: Identity, store: Store, pods: Pods
) -> None:
    store.create(PODS, pod())
    path = f"{EXEC}?command=sh&stdout=true"
    assert await refusal(server, tls, path, Authorization="") == (401, "Unauthorized")
    assert await refusal(server, tls, path, Authorization="Bearer guess") == (401, "Unauthorized")
    assert await refusal(server, tls, path, Origin="https://evil.example") == (
        403,
        'the origin "https://evil.example" may not use this API',
    )
    assert await refusal(server, tls, path, Host="evil.example") == (
        403,
        'the host "evil.example" is not served here',
    )
    assert pods.asked == ()


async def test_other_paths_and_other_languages_speak_no_web_socket(
    server: str, tls: Identity, store: Store
) -> None:
    store.create(PODS, pod())
    assert await refusal(server, tls, "/api/v1/namespaces/dev/pods") == (
        400,
        "no WebSocket is spoken here",
    )
    assert await refusal(server, tls, "/nowhere") == (
        404,
        "the server could not find the requested resource",
    )
    assert await refusal(server, tls, f"{EXEC}?command=sh&stdout=true", "chat") == (
        400,
        "unable to upgrade: the WebSocket subprotocol must be one of v5.channel.k8s.io, "
        "v4.channel.k8s.io; asked for: chat",
    )
