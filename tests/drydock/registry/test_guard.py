"""A web page must not reach the registry, whatever name it gave this machine."""

from pathlib import Path

import pytest

from drydock.registry.app import create
from tests.drydock.registry.conftest import code, serve


@pytest.mark.parametrize("host", ["localhost", "localhost:5001", "LOCALHOST:1", "[::1]:5001"])
async def test_known_hosts_are_served_on_any_port(tmp_path: Path, host: str) -> None:
    async with serve(create(tmp_path, allowed_hosts={"localhost", "::1"})) as registry:
        response = await registry.http.get("/v2/", headers={"Host": host})
        assert response.status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:5001", "", "[::2]"])
async def test_other_hosts_are_refused(tmp_path: Path, host: str) -> None:
    async with serve(create(tmp_path, allowed_hosts={"localhost", "::1"})) as registry:
        response = await registry.http.get("/v2/", headers={"Host": host})
        assert code(response) == (403, "DENIED")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:8080"])
async def test_foreign_origins_are_refused(tmp_path: Path, origin: str) -> None:
    async with serve(create(tmp_path, allowed_hosts={"localhost"})) as registry:
        headers = {"Host": "localhost:5001", "Origin": origin}
        response = await registry.http.post("/v2/a/blobs/uploads/", headers=headers)
        assert code(response) == (403, "DENIED")


async def test_its_own_origin_is_served(tmp_path: Path) -> None:
    async with serve(create(tmp_path, allowed_hosts={"localhost"})) as registry:
        headers = {"Host": "localhost:5001", "Origin": "http://localhost:5001"}
        assert (await registry.http.get("/v2/", headers=headers)).status_code == 200
