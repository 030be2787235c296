"""The kinds of faults: where each strikes and what it does there, as the command line and the wire spell it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

Verb = Literal["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]


class Api(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="on", tag="api"):
    """Requests of clients. Empty filters take everything; texts may hold `*` and `?`. Times are seconds."""

    verb: tuple[Verb, ...] = ()
    kind: tuple[str, ...] = ()
    namespace: str = ""
    name: str = ""
    user_agent: str = ""
    answer: Literal[410, 429, 500, 503, 504] | None = None
    retry_after: int | None = None
    delay: float | None = None
    drop: bool = False


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="on", tag="watch"):
    """Open watches and those to come, each about `every` so many seconds."""

    kind: tuple[str, ...] = ()
    namespace: str = ""
    user_agent: str = ""
    drop: bool = False
    expire: bool = False
    every: float = 5.0


class Pull(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="on", tag="pull"):
    """The node's pulls."""

    answer: Literal["not-found", "unauthorized", "timeout"]
    image: str = ""


class Pod(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="on", tag="pod"):
    """Pods on the node; `kill` and `out_of_memory` take one of them about `every` so many seconds."""

    selector: str = ""
    namespace: str = ""
    kill: bool = False
    out_of_memory: bool = False
    every: float = 5.0
    slow_start: float | None = None
    never_ready: bool = False


class Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="on", tag="node"):
    """The node as the scheduler sees it."""

    full: bool = False
    not_ready: bool = False
    disk_pressure: bool = False


class Registry(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="on", tag="registry"
):
    """Requests to the registry. `drop_after` counts the bytes of one request's body or its answer's."""

    verb: tuple[Literal["push", "pull"], ...] = ()
    repository: str = ""
    answer: Literal[401, 429, 500, 502, 503, 504] | None = None
    delay: float | None = None
    drop_after: int | None = None


Kind: TypeAlias = Api | Watch | Pull | Pod | Node | Registry
KINDS: tuple[type[Kind], ...] = (Api, Watch, Pull, Pod, Node, Registry)
SECONDS = frozenset(("delay", "every", "slow_start"))
"""The fields that are durations."""


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault as it is asked for. Without a seed it gets one; without limits it lasts until it is cleared."""

    fault: Kind
    seed: int | None = None
    count: int | None = None
    seconds: float | None = None
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A fault as the list tells it. `left` are strikes and `seconds_left` seconds; None is without end.

    What is in force all the time has no strikes to be counted.
    """

    id: str
    fault: str
    active: bool
    seed: int
    rate: float
    struck: int | None
    left: int | None
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Misuse(Exception):
    """A fault that cannot be meant."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return self.problem


def is_state(fault: Kind) -> bool:
    """Whether it is in force all the time, instead of striking now and then."""
    return isinstance(fault, Node) or (isinstance(fault, Pod) and fault.never_ready)


def words(fault: Kind) -> str:
    """What to write behind `drydock fault add` for it."""
    config = type(fault).__struct_config__
    return " ".join([str(config.tag), *_flags(fault)])


def _flags(fault: Kind) -> Iterator[str]:
    for field in msgspec.structs.fields(fault):
        value = getattr(fault, field.name)
        if value == field.default:
            continue
        flag = f"--{field.name.replace('_', '-')}"
        if value is True:
            yield flag
        elif field.name in SECONDS:
            yield f"{flag} {value:g}s"
        elif isinstance(value, tuple):
            yield from (f"{flag} {each}" for each in value)
        else:
            yield f"{flag} {_quoted(str(value))}"


def _quoted(text: str) -> str:
    return f"'{text}'" if set(text) & set("*?!()| ") else text
