"""What a pod's network needs of the kernel, as netlink messages. Formats: rtnetlink(7), linux/netfilter/nf_tables.h."""

import socket
import struct

_NETLINK_ROUTE, _NETLINK_NETFILTER = 0, 12
_REQUEST, _ACK, _CREATE, _EXCLUSIVE, _APPEND = 1, 4, 0x400, 0x200, 0x800
_NLMSG_ERROR = 2
_NESTED = 0x8000
_LOOPBACK = 1  # lo has this number in every network

_RTM_NEWLINK, _RTM_NEWADDR, _RTM_NEWROUTE = 16, 20, 24
_IFF_UP = 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_SCOPE_HOST = 254
_TABLE_LOCAL, _PROTO_STATIC, _TYPE_LOCAL = 255, 4, 2
_RTA_OIF, _RTA_PREFSRC = 4, 7

_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_NFTABLES = 10
_NEWTABLE, _NEWCHAIN, _NEWRULE = 0, 3, 6
_LOCAL_OUT = 3
_BEFORE_ROUTING = -100  # the priority of destination NAT
_NETWORK_HEADER, _IP_DESTINATION = 1, 16
_META_L4PROTO = 16
_NF_ACCEPT = 1
_TABLE, _CHAIN = "drydock", "output"
_PATIENCE = 5.0  # seconds for the kernel's answer, which comes at once or never


def link_up() -> bytes:
    return _message(_RTM_NEWLINK, 0, struct.pack("=BxHiII", 0, 0, _LOOPBACK, _IFF_UP, _IFF_UP))


def address(ip: str) -> bytes:
    raw = socket.inet_aton(ip)
    head = struct.pack("=BBBBI", socket.AF_INET, 32, 0, _SCOPE_HOST, _LOOPBACK)
    body = head + _attribute(_IFA_LOCAL, raw) + _attribute(_IFA_ADDRESS, raw)
    return _message(_RTM_NEWADDR, _CREATE | _EXCLUSIVE, body)


def everything_is_local(ip: str) -> bytes:
    """The route that makes any destination an address of this network, seen from `ip`."""
    head = struct.pack(
        "=BBBBBBBBI",
        *(socket.AF_INET, 0, 0, 0),
        *(_TABLE_LOCAL, _PROTO_STATIC, _SCOPE_HOST, _TYPE_LOCAL, 0),
    )
    device = _attribute(_RTA_OIF, struct.pack("=I", _LOOPBACK))
    source = _attribute(_RTA_PREFSRC, socket.inet_aton(ip))
    return _message(_RTM_NEWROUTE, _CREATE | _EXCLUSIVE, head + device + source)


def redirection(ip: str, names: str, pods: tuple[str, str], port: int) -> bytes:
    """Turns TCP that leaves for elsewhere to `port`: not for `ip` or `names`; of 127.0.0.0/8 only for `pods`.

    `pods` is a network and its mask. One batch: a table, a chain at the output hook, and the rules in order.
    """
    redirect = [*_is_tcp(), *_redirect_to(port)]
    rules = [
        [*_goes_to(ip, "255.255.255.255"), _accept()],
        [*_goes_to(names, "255.255.255.255"), _accept()],
        [*_goes_to(*pods), *redirect],
        [*_goes_to("127.0.0.0", "255.0.0.0"), _accept()],
        redirect,
    ]
    hook = _number(1, _LOCAL_OUT) + _attribute(2, struct.pack(">i", _BEFORE_ROUTING))
    chain = _text(1, _TABLE) + _text(3, _CHAIN) + _attribute(4 | _NESTED, hook) + _text(7, "nat")
    parts = [
        _netfilter(_BATCH_BEGIN, 0, b"", resource=_NFTABLES),
        _netfilter(_NFTABLES << 8 | _NEWTABLE, _CREATE, _text(1, _TABLE)),
        _netfilter(_NFTABLES << 8 | _NEWCHAIN, _CREATE, chain),
    ]
    for expressions in rules:
        listed = b"".join(_attribute(1 | _NESTED, expression) for expression in expressions)
        rule = _text(1, _TABLE) + _text(2, _CHAIN) + _attribute(4 | _NESTED, listed)
        parts.append(_netfilter(_NFTABLES << 8 | _NEWRULE, _CREATE | _APPEND, rule))
    parts.append(_netfilter(_BATCH_END, 0, b"", resource=_NFTABLES))
    return b"".join(parts)


def route(*messages: bytes) -> None:
    """Raises OSError with the kernel's answer to the first that it refuses."""
    for message in messages:
        _send(_NETLINK_ROUTE, message, 1)


def netfilter(batch: bytes) -> None:
    _send(_NETLINK_NETFILTER, batch, _acknowledged(batch))


def _send(family: int, message: bytes, answers: int) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family) as door:
        door.settimeout(_PATIENCE)
        door.bind((0, 0))
        door.send(message)
        while answers > 0:
            data = door.recv(65536)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == _NLMSG_ERROR:
                    (number,) = struct.unpack_from("=i", data, 16)
                    if number:
                        raise OSError(-number, "the kernel refuses a message of netlink")
                    answers -= 1
                data = data[length + 3 & ~3 :]


def _acknowledged(batch: bytes) -> int:
    count = 0
    while batch:
        length, _, flags = struct.unpack_from("=IHH", batch)
        count += bool(flags & _ACK)
        batch = batch[length + 3 & ~3 :]
    return count


def _message(kind: int, flags: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags | _REQUEST | _ACK, 0, 0) + body


def _netfilter(kind: int, flags: int, attributes: bytes, *, resource: int = 0) -> bytes:
    """The two that bound a batch are not acknowledged."""
    flags |= _REQUEST if resource else _REQUEST | _ACK
    family = socket.AF_UNSPEC if resource else socket.AF_INET
    body = struct.pack(">BBH", family, 0, resource) + attributes
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 0, 0) + body


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack(">I", value))


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _expression(name: str, data: bytes) -> bytes:
    return _text(1, name) + _attribute(2 | _NESTED, data)


def _value(kind: int, raw: bytes) -> bytes:
    return _attribute(kind | _NESTED, _attribute(1, raw))


def _equals(raw: bytes) -> bytes:
    return _expression("cmp", _number(1, 1) + _number(2, 0) + _value(3, raw))


def _is_tcp() -> list[bytes]:
    protocol = _expression("meta", _number(2, _META_L4PROTO) + _number(1, 1))
    return [protocol, _equals(bytes([socket.IPPROTO_TCP]))]


def _goes_to(network: str, mask: str) -> list[bytes]:
    where = _number(2, _NETWORK_HEADER) + _number(3, _IP_DESTINATION) + _number(4, 4)
    destination = _expression("payload", _number(1, 1) + where)
    masked = _number(1, 1) + _number(2, 1) + _number(3, 4)
    masked += _value(4, socket.inet_aton(mask)) + _value(5, bytes(4))
    return [destination, _expression("bitwise", masked), _equals(socket.inet_aton(network))]


def _accept() -> bytes:
    verdict = _attribute(2 | _NESTED, _number(1, _NF_ACCEPT))
    return _expression("immediate", _number(1, 0) + _attribute(2 | _NESTED, verdict))


def _redirect_to(port: int) -> list[bytes]:
    number = _expression("immediate", _number(1, 1) + _value(2, struct.pack(">H", port)))
    return [number, _expression("redir", _number(1, 1))]
