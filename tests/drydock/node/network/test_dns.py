"""DNS as a pod asks it: over the two sockets of its island."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest
from dns import asyncquery, flags, message, rcode, rdatatype
from dns.exception import Timeout
from dns.message import Message

from drydock.node.network.upstream import Upstream, read_message, write_message
from drydock.resources import PODS
from tests.drydock.node.network.conftest import FakeIsland, Islands


async def ask(
    island: FakeIsland, name: str, type_: str = "A", *, tcp: bool = False, patience: float = 30
) -> Message:
    query = message.make_query(name, type_)
    udp, stream = island.names
    host, port = (stream if tcp else udp).getsockname()
    if tcp:
        return await asyncquery.tcp(query, host, patience, port)
    return await asyncquery.udp(query, host, patience, port)


def said(answer: Message) -> list[str]:
    """Its code and the records of its answer."""
    records = [
        f"{each.name} {rdatatype.to_text(each.rdtype)} {item}"
        for each in answer.answer
        for item in each
    ]
    return [rcode.to_text(answer.rcode()), *sorted(records)]


@pytest.fixture
async def asker(islands: Islands) -> FakeIsland:
    """Beside a service `web`, a headless `db` of two pods, one empty, and one that is another's name."""
    asker = islands.pod("asker")
    islands.pod("web")
    islands.pod("db-0", hostname="db-0", subdomain="db")
    islands.pod("db-1")
    islands.service("web", "10.96.0.77", ("web", 8080))
    islands.service("db", "None", ("db-0", 5432), ("db-1", 5432))
    islands.service("nobody", "None")
    islands.service("far", "", type="ExternalName", externalName="web.dev.svc.cluster.local")
    return asker


@pytest.fixture
def addresses(islands: Islands, asker: FakeIsland) -> Mapping[str, str]:
    """For what the tests below call `{db0}` and the like."""
    pods = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in islands.store.list(PODS)}
    return {
        "db0": pods["db-0"],
        "db1": pods["db-1"],
        "dashed1": pods["db-1"].replace(".", "-"),
    }


DB = "db.dev.svc.cluster.local."
WEB = "web.dev.svc.cluster.local."


@pytest.mark.parametrize(
    ("name", "type_", "records"),
    [
        (WEB, "A", [f"{WEB} A 10.96.0.77"]),
        (WEB.upper(), "A", [f"{WEB.upper()} A 10.96.0.77"]),
        (DB, "A", [f"{DB} A {{db0}}", f"{DB} A {{db1}}"]),
        (f"db-0.{DB}", "A", [f"db-0.{DB} A {{db0}}"]),
        (f"{{dashed1}}.{DB}", "A", [f"{{dashed1}}.{DB} A {{db1}}"]),
        (
            f"_http._tcp.{WEB}",
            "SRV",
            [f"_http._tcp.{WEB} SRV 0 100 80 {WEB}"],
        ),
        (
            f"_http._tcp.{DB}",
            "SRV",
            [
                f"_http._tcp.{DB} SRV 0 50 5432 {{dashed1}}.{DB}",
                f"_http._tcp.{DB} SRV 0 50 5432 db-0.{DB}",
            ],
        ),
        (
            "far.dev.svc.cluster.local.",
            "A",
            [f"far.dev.svc.cluster.local. CNAME {WEB}", f"{WEB} A 10.96.0.77"],
        ),
        (
            "127-77-1-2.dev.pod.cluster.local.",
            "A",
            ["127-77-1-2.dev.pod.cluster.local. A 127.77.1.2"],
        ),
        ("77.0.96.10.in-addr.arpa.", "PTR", [f"77.0.96.10.in-addr.arpa. PTR {WEB}"]),
    ],
)
async def test_the_clusters_names_stand_for_its_objects(
    asker: FakeIsland, addresses: Mapping[str, str], name: str, type_: str, records: list[str]
) -> None:
    answer = await ask(asker, name.format(**addresses), type_)
    assert said(answer) == ["NOERROR", *(record.format(**addresses) for record in records)]
    assert answer.flags & flags.AA


@pytest.mark.parametrize(
    ("name", "type_"),
    [(WEB, "AAAA"), (WEB, "MX"), ("dev.svc.cluster.local.", "A"), ("cluster.local.", "A")],
)
async def test_a_name_without_such_records_exists_all_the_same(
    asker: FakeIsland, name: str, type_: str
) -> None:
    answer = await ask(asker, name, type_)
    assert said(answer) == ["NOERROR"]
    assert [str(each.name) for each in answer.authority] == ["cluster.local."]


@pytest.mark.parametrize(
    "name",
    [
        "none.dev.svc.cluster.local.",
        "web.none.svc.cluster.local.",
        "none.svc.cluster.local.",
        "nobody.dev.svc.cluster.local.",
        f"db-9.{DB}",
        f"_none._tcp.{WEB}",
        "web.dev.cluster.local.",
        "x.dev.pod.cluster.local.",
        "example.com.dev.svc.cluster.local.",
    ],
)
async def test_a_name_of_the_cluster_that_is_not_there_does_not_exist(
    asker: FakeIsland, name: str
) -> None:
    assert said(await ask(asker, name)) == ["NXDOMAIN"]


async def test_names_that_stand_for_each_other_end(islands: Islands, asker: FakeIsland) -> None:
    for one, other in (("chicken", "egg"), ("egg", "chicken")):
        name = f"{other}.dev.svc.cluster.local"
        islands.service(one, "", type="ExternalName", externalName=name)
    chicken, egg = "chicken.dev.svc.cluster.local.", "egg.dev.svc.cluster.local."
    answer = await ask(asker, chicken)
    assert said(answer) == ["NOERROR", f"{chicken} CNAME {egg}", f"{egg} CNAME {chicken}"]


async def test_an_answer_too_long_for_udp_is_asked_again_over_tcp(
    islands: Islands, asker: FakeIsland
) -> None:
    targets = [(f"127.79.0.{number}", 80) for number in range(1, 61)]
    islands.service("many", "None", *targets)
    name = "many.dev.svc.cluster.local."
    cut = await ask(asker, name)
    assert cut.flags & flags.TC
    assert len(cut.to_wire()) <= 512
    whole = await ask(asker, name, tcp=True)
    assert said(whole) == ["NOERROR", *sorted(f"{name} A {target}" for target, _ in targets)]


async def test_what_is_no_query_is_not_answered_and_the_next_one_is(asker: FakeIsland) -> None:
    udp, _ = asker.names
    sender = asyncio.DatagramProtocol()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: sender, remote_addr=udp.getsockname()
    )
    for nonsense in (b"", b"x", b"\0" * 12, b"\xff" * 600):
        transport.sendto(nonsense)
    transport.close()
    assert said(await ask(asker, WEB)) == ["NOERROR", f"{WEB} A 10.96.0.77"]


async def test_a_pod_that_may_not_ask_gets_no_answer(
    islands: Islands, asker: FakeIsland, caplog: pytest.LogCaptureFixture
) -> None:
    islands.policy("closed", podSelector={}, policyTypes=["Egress"])
    caplog.set_level(logging.INFO, "drydock.node.network")
    with pytest.raises(Timeout):
        await ask(asker, WEB, patience=0.3)
    with pytest.raises((ConnectionResetError, EOFError)):
        await ask(asker, WEB, tcp=True)
    refusal = "blocked by NetworkPolicy dev/closed: dev/asker may not reach 10.96.0.10:53"
    assert caplog.messages == [refusal, refusal]


@pytest.mark.parametrize(
    "rule",
    [
        {"ports": [{"port": 53, "protocol": "UDP"}]},
        {
            "to": [
                {
                    "namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": "kube-system"}
                    },
                    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                }
            ],
            "ports": [{"port": "dns", "protocol": "UDP"}],
        },
    ],
)
async def test_a_policy_lets_a_pod_ask(
    islands: Islands, asker: FakeIsland, rule: Mapping[str, object]
) -> None:
    islands.policy("names", podSelector={}, policyTypes=["Egress"], egress=[rule])
    assert said(await ask(asker, WEB)) == ["NOERROR", f"{WEB} A 10.96.0.77"]


async def test_other_names_are_asked_of_this_machines_servers(
    islands: Islands, asker: FakeIsland, tmp_path: Path
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        query = message.from_wire(await read_message(reader))
        reply = message.make_response(query)
        reply.set_rcode(rcode.REFUSED)
        await write_message(writer, reply.to_wire())
        writer.close()

    class Server(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # it is one
            self.transport = transport

        def datagram_received(self, data: bytes, asker: tuple[str, int]) -> None:
            self.transport.sendto(data[:2] + b"\x81\x85" + data[4:], asker)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    where = server.sockets[0].getsockname()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        Server, local_addr=where
    )
    settings = tmp_path / "other.conf"
    settings.write_text("search example.org\nnameserver 127.0.0.1\n")
    upstream = Upstream(settings, where[1])
    query = message.make_query("example.org.", "A").to_wire()
    for tcp in (False, True):
        reply = await upstream.ask(query, tcp=tcp)
        assert reply
        assert said(message.from_wire(reply)) == ["REFUSED"]
    transport.close()
    server.close()
    await server.wait_closed()


async def test_without_a_server_the_system_is_asked(asker: FakeIsland) -> None:
    assert said(await ask(asker, "localhost.")) == ["NOERROR", "localhost. A 127.0.0.1"]
    assert said(await ask(asker, "localhost.", "AAAA")) == ["NOERROR"]
    assert said(await ask(asker, "localhost.", "TXT")) == ["SERVFAIL"]
