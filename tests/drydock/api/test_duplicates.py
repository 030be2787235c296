"""Fields that stand twice: refused, warned about or let pass, as fieldValidation says."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from drydock.api.duplicates import duplicate_fields

Call = Callable[..., Awaitable[tuple[int, Any]]]

PATH = "/api/v1/namespaces/dev/configmaps"
JSON = b'{"metadata":{"name":"a"},"data":{"k":"1","k":"2"},"dat":{}}'
YAML = b"metadata: {name: a}\ndata:\n  k: '1'\n  k: '2'\n"
REFUSED = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (JSON, 'duplicate field "data.k", unknown field "dat"'),
        (YAML, 'yaml: unmarshal errors:\n  line 4: key "k" already set in map'),
    ],
    ids=["json", "yaml"],
)
async def test_a_strict_server_refuses_them(call: Call, body: bytes, wrong: str) -> None:
    code, answer = await call("POST", PATH, body, fieldValidation="Strict")
    assert (code, answer["message"]) == (400, f"{REFUSED}{wrong}")


async def test_by_default_the_last_one_counts_and_a_warning_says_so(
    client: httpx2.AsyncClient,
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.post(PATH, content=JSON, headers=headers)
    assert (answer.status_code, answer.json()["data"]) == (201, {"k": "2"})
    assert answer.headers.get_list("warning") == [
        '299 - "duplicate field \\"data.k\\""',
        '299 - "unknown field \\"dat\\""',
    ]


async def test_who_does_not_ask_is_not_told(client: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.post(f"{PATH}?fieldValidation=Ignore", content=JSON, headers=headers)
    assert (answer.status_code, "warning" in answer.headers) == (201, False)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"a":1,"b":{"a":1}}', ()),
        (b' {"a":[{"b":1},{"b":1,"b":2}]}', ('duplicate field "a[1].b"',)),
        (b'{"a":1,"a":1,"a":1}', ('duplicate field "a"', 'duplicate field "a"')),
        (b"a: &x {b: 1}\nc: *x\n", ()),
        (b"k8s\0\n\0", ()),
    ],
)
def test_every_place_is_named(body: bytes, found: tuple[str, ...]) -> None:
    assert duplicate_fields(body) == found
