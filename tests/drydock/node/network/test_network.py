import asyncio
import logging
import socket

import pytest

from drydock.node.network.dial import MACHINE_ADDRESS, Streams, dial
from drydock.node.network.streams import close
from drydock.resources import ENDPOINT_SLICES, EVENTS, PODS
from tests.drydock.node.network.conftest import FakeIsland, Islands

WEB = {"app": "web"}
CLUSTER_IP = "10.96.0.77"


async def introduce(streams: Streams) -> None:
    """Says who calls, then what it hears."""
    reader, writer = streams
    writer.write(f"{writer.get_extra_info('peername')[0]}\n".encode())
    writer.write(await reader.read())


async def asked(island: FakeIsland, address: str, port: int, said: bytes = b"hello") -> bytes:
    return await answered(await island.begin(address, port), said)


async def answered(streams: Streams, said: bytes = b"hello") -> bytes:
    reader, writer = streams
    try:
        writer.write(said)
        writer.write_eof()
        return await reader.read()
    finally:
        await close(writer)


async def web(islands: Islands, name: str = "web") -> tuple[FakeIsland, int]:
    island = islands.pod(name, WEB)
    port = await islands.app(island, introduce)
    return island, port


async def test_a_pod_is_reached_by_its_address_and_sees_who_calls(islands: Islands) -> None:
    target, port = await web(islands)
    caller = islands.pod("caller")
    assert await asked(caller, target.ip, port) == f"{caller.ip}\nhello".encode()


async def test_a_service_leads_to_its_ready_endpoints(islands: Islands) -> None:
    _, port = await web(islands)
    caller = islands.pod("caller")
    islands.service("web", CLUSTER_IP, ("web", port))
    assert await asked(caller, CLUSTER_IP, 80) == f"{caller.ip}\nhello".encode()


async def test_an_endpoint_that_refuses_is_passed_over(islands: Islands) -> None:
    _, port = await web(islands)
    islands.pod("leaving", WEB)
    caller = islands.pod("caller")
    islands.service("web", CLUSTER_IP, ("leaving", 9), ("web", port))
    for _ in range(8):
        assert await asked(caller, CLUSTER_IP, 80) == f"{caller.ip}\nhello".encode()


async def test_where_all_endpoints_leave_those_that_still_serve_are_reached(
    islands: Islands,
) -> None:
    _, port = await web(islands)
    caller = islands.pod("caller")
    islands.service("web", CLUSTER_IP, ("web", port))
    (found,) = islands.store.list(ENDPOINT_SLICES)
    leaving = {"ready": False, "serving": True, "terminating": True}
    for conditions in (leaving, {"ready": False, "serving": False, "terminating": True}):
        endpoint = {**found["endpoints"][0], "conditions": conditions}
        meta = {**found["metadata"], "resourceVersion": ""}
        islands.store.update(ENDPOINT_SLICES, {**found, "metadata": meta, "endpoints": [endpoint]})
        if conditions is leaving:
            assert await asked(caller, CLUSTER_IP, 80) == f"{caller.ip}\nhello".encode()
    with pytest.raises(ConnectionResetError):
        await asked(caller, CLUSTER_IP, 80)


async def test_a_pod_reaches_itself_through_its_service_whatever_policies_say(
    islands: Islands,
) -> None:
    island, port = await web(islands)
    islands.service("web", CLUSTER_IP, ("web", port))
    islands.policy("closed", podSelector={}, policyTypes=["Ingress", "Egress"])
    assert await asked(island, CLUSTER_IP, 80) == f"{island.ip}\nhello".encode()


async def test_an_endpoint_slice_may_lead_out_of_the_cluster(islands: Islands) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"outside")
        await close(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    islands.service("api", CLUSTER_IP, ("127.0.0.1", port))
    caller = islands.pod("caller")
    async with server:
        assert await asked(caller, CLUSTER_IP, 80) == b"outside"
        with pytest.raises(ConnectionResetError):
            await asked(caller, "127.0.0.1", port)


@pytest.mark.parametrize(
    ("address", "port"),
    [
        (CLUSTER_IP, 81),  # no such port
        ("10.96.0.78", 80),  # no endpoints
        ("10.96.0.79", 80),  # no service
        ("127.77.253.1", 80),  # no pod
    ],
)
async def test_where_nobody_is_a_connection_is_reset(
    islands: Islands, address: str, port: int
) -> None:
    caller = islands.pod("caller")
    islands.service("web", CLUSTER_IP)
    islands.service("empty", "10.96.0.78")
    with pytest.raises(ConnectionResetError):
        await asked(caller, address, port)


async def test_a_refused_caller_is_reset_and_the_log_names_the_policy(
    islands: Islands, caplog: pytest.LogCaptureFixture
) -> None:
    target, port = await web(islands)
    friend, stranger = islands.pod("friend", {"app": "friend"}), islands.pod("stranger")
    islands.policy(
        "friends",
        podSelector={"matchLabels": WEB},
        ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}]}],
    )
    assert await asked(friend, target.ip, port) == f"{friend.ip}\nhello".encode()
    caplog.set_level(logging.INFO, "drydock.node.network")
    with pytest.raises(ConnectionResetError):
        await asked(stranger, target.ip, port)
    assert caplog.messages == [
        f"blocked by NetworkPolicy dev/friends: dev/stranger may not reach {target.ip}:{port}"
    ]


async def test_egress_is_decided_before_anybody_is_dialled(islands: Islands) -> None:
    caller = islands.pod("caller", {"app": "caller"})
    islands.policy(
        "https-only",
        podSelector={"matchLabels": {"app": "caller"}},
        policyTypes=["Egress"],
        egress=[{"ports": [{"port": 443, "protocol": "TCP"}]}],
    )
    began = asyncio.get_running_loop().time()
    with pytest.raises(ConnectionResetError):
        await asked(caller, "203.0.113.9", 80)
    assert asyncio.get_running_loop().time() - began < 5  # an address where nobody ever answers


async def test_a_door_leads_into_the_pod_and_the_app_sees_the_machine(islands: Islands) -> None:
    port = free_port()
    island = islands.pod("web", WEB, port=port)
    await islands.app(island, introduce, port)
    came = await answered(await dial(None, island.ip, port))
    assert came == f"{MACHINE_ADDRESS}\nhello".encode()


async def test_a_door_whose_app_does_not_listen_resets(islands: Islands) -> None:
    port = free_port()
    island = islands.pod("web", WEB, port=port)
    with pytest.raises(ConnectionResetError):
        await answered(await dial(None, island.ip, port))


async def test_a_service_opens_the_doors_it_sends_to(islands: Islands) -> None:
    island, port = await web(islands)
    with pytest.raises(ConnectionRefusedError):
        await dial(None, island.ip, port)
    islands.service("web", CLUSTER_IP, ("web", port))
    assert islands.store.list(ENDPOINT_SLICES)
    async with asyncio.timeout(30):
        while True:
            try:
                streams = await dial(None, island.ip, port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
            else:
                break
    assert await answered(streams) == f"{MACHINE_ADDRESS}\nhello".encode()


@pytest.mark.parametrize(("controller", "allowed"), [("traefik", True), ("nginx", False)])
async def test_who_comes_from_this_machine_counts_as_the_ingress_controller(
    islands: Islands, controller: str, *, allowed: bool
) -> None:
    port = free_port()
    island = islands.pod("web", WEB, port=port)
    await islands.app(island, introduce, port)
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": controller}},
    }
    islands.policy(
        "ingress", podSelector={}, ingress=[{"from": [peer], "ports": [{"port": "http"}]}]
    )
    if allowed:
        assert await answered(await dial(None, island.ip, port))
    else:
        with pytest.raises(ConnectionResetError):
            await answered(await dial(None, island.ip, port))
    # what probes do passes no door
    assert await answered(await dial(island, island.ip, port))


async def test_a_port_that_is_taken_is_told_once(islands: Islands) -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:
        port = other.getsockname()[1]
        island = islands.pod("web", WEB, port=port)
        islands.service("web", CLUSTER_IP, ("web", port))
        messages = [(each["reason"], each["message"]) for each in islands.store.list(EVENTS)]
    assert messages == [
        (
            "HostPortConflict",
            f"port {port} cannot be opened at {island.ip} on this machine: Address already in use; "
            "other pods reach it, the ingress does not",
        )
    ]


async def test_when_a_pod_leaves_its_doors_close_but_its_last_words_arrive(
    islands: Islands,
) -> None:
    port, last = free_port(), asyncio.Event()

    async def serve(streams: Streams) -> None:
        await streams[0].readline()
        streams[1].write(b"one ")
        await last.wait()
        streams[1].write(b"two")

    island = islands.pod("web", WEB, port=port)
    await islands.app(island, serve, port)
    reader, writer = await dial(None, island.ip, port)
    writer.write(b"request\n")
    assert await reader.readexactly(4) == b"one "
    pod = islands.store.get(PODS, "dev", "web")
    assert pod
    islands.network.expel(pod)
    async with asyncio.timeout(30):
        while await listens(island.ip, port):  # noqa: ASYNC110  # a client sees by asking
            await asyncio.sleep(0.01)
    last.set()
    assert await reader.read() == b"two"
    await close(writer)
    assert islands.network.island_of(island.ip) is None


async def listens(ip: str, port: int) -> bool:
    try:
        _, writer = await dial(None, ip, port)
    except ConnectionRefusedError:
        return False
    writer.transport.abort()
    return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
