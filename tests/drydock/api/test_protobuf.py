"""The bodies were made by client-go's own serializer (k8s.io/api v0.36)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from drydock.api.protobuf import _SCALARS, BadBody, decode, is_protobuf
from drydock.messages import MESSAGES
from drydock.schema import message

BODIES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "protobuf_bodies.json").read_text()
)


def body(kind: str) -> bytes:
    encoded = next(each["base64"] for each in BODIES if each["object"]["kind"] == kind)
    return base64.b64decode(encoded)


def enveloped(kind: str, raw: bytes) -> bytes:
    type_meta = b"\x0a\x02v1" + b"\x12" + bytes([len(kind)]) + kind.encode()
    envelope = b"\x0a" + bytes([len(type_meta)]) + type_meta + b"\x12" + bytes([len(raw)]) + raw
    return b"k8s\x00" + envelope


@pytest.mark.parametrize("case", BODIES, ids=lambda case: str(case["object"]["kind"]))
def test_a_clients_body_becomes_the_object_that_it_stands_for(case: dict[str, Any]) -> None:
    assert decode(base64.b64decode(case["base64"])) == case["object"]


def test_protobuf_is_known_by_its_magic_number() -> None:
    assert is_protobuf(body("Secret"))
    assert not is_protobuf(b'{"kind": "Secret"}')


def test_a_zero_that_was_meant_is_kept_and_one_that_was_not_is_left_out() -> None:
    spec = decode(body("Deployment"))["spec"]
    assert spec["replicas"] == 0
    assert "minReadySeconds" not in spec


def test_unknown_field_numbers_are_skipped() -> None:
    secret = b"\x1a\x06Opaque" + b"\xf2\x01\x03new" + b"\xf8\x01\x05" + b"\xf5\x01abcd"
    assert decode(enveloped("Secret", secret)) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
    }


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(BadBody) as bad:
        decode(enveloped("Widget", b""))
    assert bad.value.message == "no protobuf schema for v1, Kind=Widget"


def test_a_message_that_is_no_kind_of_its_own_is_refused() -> None:
    with pytest.raises(BadBody, match="no protobuf schema for v1, Kind=Container"):
        decode(enveloped("Container", b""))


@pytest.mark.parametrize("kind", ["Deployment", "Pod", "Event"])
def test_a_body_that_was_cut_or_damaged_is_a_bad_body_or_another_object(kind: str) -> None:
    whole = body(kind)
    for at in range(len(whole)):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]):
            try:
                decode(damaged)
            except BadBody as bad:
                assert bad.message  # noqa: PT017 # both outcomes are allowed, any other exception is not


def test_the_table_of_messages_is_complete_in_itself() -> None:
    for line in MESSAGES.splitlines():
        name, _, fields = line.partition(": ")
        found = message(name)
        assert found is not None
        assert len(found.by_number) == len(fields.split(", ")), name
        types = {field.type for field in found.by_number.values()}
        assert all(type_ in _SCALARS or message(type_) for type_ in types), name
