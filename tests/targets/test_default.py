"""Which target is meant where nobody named one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from shipway.config.load import load
from shipway.config.project import Project
from shipway.targets import kind
from shipway.targets.default import Choice, default

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The sample's, with its state elsewhere."""
    return replace(load(ROOT / "shipway.yaml"), root=tmp_path)


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def kubeconfig(project: Project, server: str) -> None:
    path = kind.kubeconfig(project.root)
    path.parent.mkdir(parents=True)
    clusters = [{"name": kind.CONTEXT, "cluster": {"server": server}}]
    path.write_text(yaml.safe_dump({"clusters": clusters}), encoding="utf-8")


async def test_it_is_drydock_where_no_kind_cluster_was_set_up(project: Project) -> None:
    assert await default(project) == Choice("embedded", "no Kind cluster is set up")


async def test_it_is_kind_while_its_cluster_answers(project: Project) -> None:
    async with listening() as port:
        kubeconfig(project, f"https://127.0.0.1:{port}")
        assert await default(project) == Choice("kind", "its cluster is reachable")


async def test_it_is_drydock_while_the_kind_cluster_is_stopped(project: Project) -> None:
    async with listening() as port:
        kubeconfig(project, f"https://127.0.0.1:{port}")
    assert await default(project) == Choice("embedded", "the Kind cluster does not answer")


@pytest.mark.parametrize("server", ["", "https://", "127.0.0.1", "https://127.0.0.1:high"])
async def test_a_kubeconfig_that_says_nothing_is_no_cluster(project: Project, server: str) -> None:
    kubeconfig(project, server)
    assert await default(project) == Choice("embedded", "the Kind cluster does not answer")


async def test_a_broken_kubeconfig_is_no_cluster(project: Project) -> None:
    kubeconfig(project, "https://127.0.0.1:1")
    kind.kubeconfig(project.root).write_text("clusters: [", encoding="utf-8")
    assert await default(project) == Choice("embedded", "the Kind cluster does not answer")


async def test_a_project_without_the_target_never_means_it(project: Project) -> None:
    async with listening() as port:
        kubeconfig(project, f"https://127.0.0.1:{port}")
        alone = replace(project, targets={"embedded": project.targets["embedded"]})
        assert (await default(alone)).target == "embedded"
