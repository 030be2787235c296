"""Answers to the pods' DNS queries: the cluster's names from its objects, all others from upstream."""

import asyncio
import socket
from collections.abc import Iterator

from dns import flags, message, opcode, rcode, rdataclass, rdatatype, rrset
from dns.exception import DNSException
from dns.message import Message

from drydock.node.network import zone
from drydock.node.network.upstream import Upstream
from drydock.node.network.zone import Records
from drydock.store import Store

_TTL = 5  # seconds, as CoreDNS lets the cluster's names be remembered
_SMALL = 512  # bytes of a UDP answer for who does not ask for more
_MOST_ALIASES = 8
_LARGEST = 65_535  # bytes of any message
_SOA = "ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5"
_ADDRESSES = {rdatatype.A, rdatatype.AAAA}


class Resolver:
    def __init__(self, store: Store, upstream: Upstream) -> None:
        self._store = store
        self._upstream = upstream

    async def answer(self, wire: bytes, *, tcp: bool, aliases: int = _MOST_ALIASES) -> bytes | None:
        """None for what is no query. At most so many `aliases` are followed."""
        try:
            query = message.from_wire(wire)
        except DNSException:
            return None
        if query.opcode() != opcode.QUERY or query.flags & flags.QR or len(query.question) != 1:
            return None
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        if zone.belongs(name):
            records = zone.find(self._store, name)
        elif found := zone.reverse(self._store, name):
            records = found
        else:
            return await self._outside(query, wire, tcp=tcp)
        answer = _answer(query, records)
        if records and records.alias and question.rdtype != rdatatype.CNAME and aliases:
            await self._follow(answer, records.alias, question.rdtype, aliases - 1)
        return _wire(answer, query, tcp=tcp)

    async def _follow(
        self, answer: Message, alias: str, wanted: rdatatype.RdataType, aliases: int
    ) -> None:
        """What the alias stands for: a stub resolver asks but once."""
        query = message.make_query(f"{alias}.", wanted)
        # TCP between us, so that nothing is cut off here: the whole answer is cut where it must be
        reply = await self.answer(query.to_wire(), tcp=True, aliases=aliases)
        if reply:
            answer.answer.extend(message.from_wire(reply).answer)

    async def _outside(self, query: Message, wire: bytes, *, tcp: bool) -> bytes | None:
        reply = await self._upstream.ask(wire, tcp=tcp)
        if reply is None and query.question[0].rdtype in _ADDRESSES:
            return _wire(await _ask_system(query), query, tcp=tcp)
        if reply is None:
            failure = message.make_response(query, recursion_available=True)
            failure.set_rcode(rcode.SERVFAIL)
            return _wire(failure, query, tcp=tcp)
        return reply


def _answer(query: Message, records: Records | None) -> Message:
    """Of the cluster's own zone."""
    answer = message.make_response(query, recursion_available=True)
    answer.flags |= flags.AA
    if records is None:
        answer.set_rcode(rcode.NXDOMAIN)
    else:
        question = query.question[0]
        name = question.name.to_text()
        for type_, texts in _texts(records, question.rdtype):
            answer.answer.append(rrset.from_text(name, _TTL, rdataclass.IN, type_, *texts))
    if not answer.answer:
        answer.authority.append(
            rrset.from_text(f"{zone.CLUSTER}.", _TTL, rdataclass.IN, rdatatype.SOA, _SOA)
        )
    return answer


def _texts(
    records: Records, wanted: rdatatype.RdataType
) -> Iterator[tuple[rdatatype.RdataType, list[str]]]:
    """What is known of that type, in the form of zone files."""
    if records.alias:
        yield rdatatype.CNAME, [f"{records.alias}."]
    elif wanted == rdatatype.A and records.addresses:
        yield rdatatype.A, list(records.addresses)
    elif wanted == rdatatype.SRV and records.locations:
        share = 100 // len(records.locations) or 1
        yield rdatatype.SRV, [f"0 {share} {each.port} {each.host}." for each in records.locations]
    elif wanted == rdatatype.PTR and records.host:
        yield rdatatype.PTR, [f"{records.host}."]


def _wire(answer: Message, query: Message, *, tcp: bool) -> bytes:
    """Over UDP no more than the asker takes: who gets a part asks again over TCP."""
    size = _LARGEST if tcp else max(_SMALL, query.payload)
    return answer.to_wire(max_size=size, prefer_truncation=True)


async def _ask_system(query: Message) -> Message:
    """By the C library, which may know other ways than DNS. IPv6 leads nowhere for pods."""
    answer = message.make_response(query, recursion_available=True)
    name = query.question[0].name
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            name.to_text(omit_final_dot=True), None, family=socket.AF_INET, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as problem:
        unknown = getattr(problem, "errno", None) == socket.EAI_NONAME
        answer.set_rcode(rcode.NXDOMAIN if unknown else rcode.SERVFAIL)
        return answer
    if query.question[0].rdtype == rdatatype.A:
        addresses = sorted({str(info[4][0]) for info in found})
        answer.answer.append(rrset.from_text(name, _TTL, rdataclass.IN, rdatatype.A, *addresses))
    return answer
