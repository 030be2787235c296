"""The chart as the real helm renders it."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from shipway.commands.command import Command, argv
from shipway.shell.local import LocalShell

ROOT = Path(__file__).parents[2]
REPOSITORY = "registry.example/sample-app"
DIGEST = f"sha256:{'ab' * 32}"


class Chart:
    """Renders and lints helm/sample-app with a file of environments/ and values laid over it."""

    def __init__(self, helm: str, workspace: Path) -> None:
        self._helm = helm
        self._workspace = workspace
        self._shell = LocalShell(ROOT)
        self._said: dict[str, str] = {}  # helm is pure here, and the slowest thing in these tests

    async def render(self, environment: str, **overlay: Any) -> Mapping[str, Any]:
        """Manifests by kind; the chart makes at most one of each."""
        image = {"repository": REPOSITORY, "digest": DIGEST, "tag": "v1.2.0"}
        overlay["image"] = {**image, **overlay.get("image", {})}
        text = await self._run(
            argv("template", f"sample-app-{environment}", "helm/sample-app"), environment, overlay
        )
        manifests = [each for each in yaml.safe_load_all(text) if each]
        by_kind = {each["kind"]: each for each in manifests}
        assert len(by_kind) == len(manifests)
        return by_kind

    async def lint(self, environment: str, **overlay: Any) -> str:
        return await self._run(argv("lint", "helm/sample-app", "--strict"), environment, overlay)

    async def _run(self, verb: tuple[str, ...], environment: str, overlay: Any) -> str:
        over = yaml.safe_dump(overlay)
        question = " ".join((*verb, environment, over))
        if question not in self._said:
            merged = self._workspace / "overlay.yaml"
            merged.write_text(over)
            files = (f"environments/{environment}.yaml", str(merged))
            command = Command(argv(self._helm, *verb, ("--values", files)))
            self._said[question] = (await self._shell.run(command)).stdout
        return self._said[question]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def helm() -> AsyncIterator[str]:
    """Helm 4, from SHIPWAY_HELM, from the tools that shipway keeps, or from the PATH."""
    for candidate in filter(None, _candidates()):
        version = await LocalShell(ROOT).run(Command((candidate, "version", "--short")))
        if version.stdout.startswith("v4."):
            yield candidate
            return
    pytest.skip("no helm 4: set SHIPWAY_HELM to one")


def _candidates() -> Iterator[str | None]:
    yield os.environ.get("SHIPWAY_HELM")
    yield shutil.which(ROOT / ".shipway" / "tools" / "helm")
    yield shutil.which("helm")


@pytest.fixture(scope="session")
def chart(helm: str, tmp_path_factory: pytest.TempPathFactory) -> Chart:
    return Chart(helm, tmp_path_factory.mktemp("chart"))
