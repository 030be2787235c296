"""One request as the handlers see it: the object it names, its options and its body."""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import msgspec

from drydock.api import protobuf, status
from drydock.resources import SERVED, Resource

Form = Literal["Object", "Table", "PartialObjectMetadata"]

_BY_PATH = {(kind.group, kind.version, kind.plural): kind for kind in SERVED}
_NUMBER = re.compile(r"[+-]?[0-9]{1,99}")
_NAMESPACE_SUBRESOURCES = {"status", "finalize"}


@dataclass(frozen=True, slots=True)
class Place:
    """What a path names: a collection (no name), an object, or one of its subresources."""

    resource: Resource
    namespace: str | None  # None: all namespaces; empty for cluster-scoped kinds
    name: str = ""
    subresource: str = ""


def place(path: str) -> Place | None:
    """`/api/v1/namespaces/dev/pods/web-1/log`; None for a path that no kind owns."""
    match [part for part in path.split("/") if part]:
        case ["api", version, *rest]:
            return _place("", version, rest)
        case ["apis", group, version, *rest]:
            return _place(group, version, rest)
    return None


def _place(group: str, version: str, rest: list[str]) -> Place | None:
    namespace: str | None = None
    match rest:
        case ["namespaces", inside, plural, *_] if plural not in _NAMESPACE_SUBRESOURCES:
            namespace, rest = inside, rest[2:]
    if not 1 <= len(rest) <= 3:
        return None
    plural, name, subresource = (*rest, "", "")[:3]
    resource = _BY_PATH.get((group, version, plural))
    if resource is None or (namespace is not None and not resource.namespaced):
        return None
    if subresource and subresource not in resource.subresources:
        return None
    return Place(resource, namespace if resource.namespaced else "", name, subresource)


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` have lower-case names."""

    method: str
    place: Place
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    pairs: Sequence[tuple[str, str]] = ()  # the query again, for what may be given several times

    @property
    def manager(self) -> str:
        """Who owns the fields that this request writes."""
        agent = self.headers.get("user-agent", "unknown").split("/")[0]
        name = "".join(filter(str.isprintable, agent.split(" ")[0]))[:128]
        return self.query.get("fieldManager") or name or "unknown"

    @property
    def dry_run(self) -> bool:
        return self.query.get("dryRun") == "All"

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def form(self) -> Form:
        return accepted_form(self.headers.get("accept", ""))

    @property
    def protocols(self) -> list[str]:
        """The subprotocols that a WebSocket may speak, as the client prefers them."""
        offered = self.headers.get("sec-websocket-protocol", "").split(",")
        return [name for each in offered if (name := each.strip())]

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def flag(self, name: str) -> bool:
        """Given without a value, it is set."""
        return self.query.get(name, "false").lower() not in {"false", "0"}

    def number(self, name: str) -> int | None:
        text = self.query.get(name, "")
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise status.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        if not -(1 << 63) <= int(text) < 1 << 63:
            raise status.bad_request(f'strconv.ParseInt: parsing "{text}": value out of range')
        return int(text)


@functools.lru_cache(maxsize=256)
def accepted_form(accept: str) -> Form:
    """The first form of JSON that the client takes. Protobuf is passed over: no client insists on it."""
    for offer in accept.split(","):
        media_type, *parameters = (part.strip() for part in offer.split(";"))
        if media_type in {"application/json", "application/*", "*/*"}:
            wanted = dict(part.partition("=")[::2] for part in parameters).get("as", "")
            if wanted == "Table":
                return "Table"
            if wanted.startswith("PartialObjectMetadata"):
                return "PartialObjectMetadata"
            if not wanted:
                return "Object"
    return "Object"


def decoded(body: bytes) -> Any:
    """JSON, YAML or protobuf, told apart by the first bytes as the API server's recogniser does."""
    try:
        if protobuf.is_protobuf(body):
            return protobuf.decode(body)
        if body.lstrip()[:1] in {b"{", b"["}:
            return msgspec.json.decode(body)
        # clients seldom send YAML, and its import would delay every start
        from drydock.api import yaml_body  # noqa: PLC0415

        return yaml_body.decode(body)
    except protobuf.BadBody as error:
        raise status.bad_request(f"the body of the request could not be read: {error}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise status.bad_request(f"couldn't get version/kind; json parse error: {error}") from error


def decoded_object(body: bytes) -> dict[str, Any]:
    value = decoded(body)
    if not isinstance(value, dict):
        raise status.bad_request("the body of the request is no object")
    return cast("dict[str, Any]", value)
