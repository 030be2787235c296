from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from drydock.faults.kinds import Order, Registry
from drydock.faults.registry_layer import RegistryFaults, call_of
from drydock.faults.roster import Faults
from drydock.faults.rules import RegistryCall
from drydock.registry.app import create
from tests.drydock.faults.conftest import serving
from tests.drydock.registry.conftest import sha256

CONTENT = bytes(range(256)) * 4096
DIGEST = sha256(CONTENT)
PUSH = f"/v2/team/app/blobs/uploads/?digest={DIGEST}"
BLOB = f"/v2/team/app/blobs/{DIGEST}"


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def client(faults: Faults, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    app = create(tmp_path, allowed_hosts={"127.0.0.1"})
    async with serving(RegistryFaults(app, faults)) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("GET", "/v2/", RegistryCall("pull")),
        ("GET", BLOB, RegistryCall("pull", "team/app")),
        ("HEAD", "/v2/app/manifests/v1", RegistryCall("pull", "app")),
        ("PUT", "/v2/team/app/manifests/v1", RegistryCall("push", "team/app")),
        ("POST", "/v2/team/app/blobs/uploads/", RegistryCall("push", "team/app")),
    ],
)
def test_what_a_request_is_about(method: str, path: str, call: RegistryCall) -> None:
    assert call_of({"method": method, "path": path}) == call


@pytest.mark.parametrize(
    ("code", "error", "again"),
    [(401, "UNAUTHORIZED", None), (429, "TOOMANYREQUESTS", "1"), (503, "UNKNOWN", None)],
)
async def test_errors_are_of_the_distribution_spec(
    client: httpx2.AsyncClient, faults: Faults, code: int, error: str, again: str | None
) -> None:
    faults.add(Order(Registry(answer=code), count=1))  # type: ignore[arg-type]  # one of its codes
    answer = await client.get("/v2/")
    told = {"code": error, "message": "drydock fault f1", "detail": None}
    assert (answer.status_code, answer.json()) == (code, {"errors": [told]})
    assert answer.headers.get("retry-after") == again
    assert (await client.get("/v2/")).status_code == 200


async def test_only_pushes_fail_while_pulls_go_on(
    client: httpx2.AsyncClient, faults: Faults
) -> None:
    faults.add(Order(Registry(answer=503, verb=("push",))))
    assert (await client.post(PUSH, content=CONTENT)).status_code == 503
    assert (await client.get("/v2/")).status_code == 200


async def test_an_upload_that_is_cut_goes_on_where_it_was(
    client: httpx2.AsyncClient, faults: Faults
) -> None:
    location = (await client.post("/v2/team/app/blobs/uploads/")).headers["Location"]
    faults.add(Order(Registry(drop_after=300_000), count=1))
    with pytest.raises(httpx2.TransportError):
        await client.patch(location, content=CONTENT)
    stands = (await client.get(location)).headers["Range"]
    assert stands == "0-299999"
    rest = {"Content-Range": f"300000-{len(CONTENT) - 1}"}
    assert (
        await client.patch(location, content=CONTENT[300_000:], headers=rest)
    ).status_code == 202
    assert (await client.put(f"{location}?digest={DIGEST}")).status_code == 201
    assert (await client.get(BLOB)).content == CONTENT


async def test_a_download_that_is_cut_is_no_whole_answer(
    client: httpx2.AsyncClient, faults: Faults
) -> None:
    assert (await client.post(PUSH, content=CONTENT)).status_code == 201
    faults.add(Order(Registry(drop_after=100_000, repository="team/*"), count=1))
    with pytest.raises(httpx2.TransportError):
        await client.get(BLOB)
    assert (await client.get(BLOB)).content == CONTENT


async def test_what_is_smaller_than_the_cut_passes(
    client: httpx2.AsyncClient, faults: Faults
) -> None:
    faults.add(Order(Registry(drop_after=len(CONTENT))))
    assert (await client.post(PUSH, content=CONTENT)).status_code == 201
    assert (await client.get(BLOB)).content == CONTENT
