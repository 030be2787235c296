"""One project and one cluster per file of stories; its tests tell one story in their order."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from shipway.testing.workbench import Workbench


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workbench]:
    folder: Path = tmp_path_factory.mktemp("project")
    bench = Workbench(folder)
    await bench.commit("first")
    yield bench
    await bench.down()
