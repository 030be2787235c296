"""One machine for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kind.machine import Machine
from tests.kind.stand_in import stand_in


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    for name in ("pki", "project"):
        (tmp_path / name).mkdir()
    async with stand_in(tmp_path / "pki", tmp_path / "project") as machine:
        yield machine
