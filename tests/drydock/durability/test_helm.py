"""helm's history after drydock was killed in the middle of an upgrade."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.drydock.conftest import Run, runner
from tests.drydock.durability.conftest import LONG, Drydock

CHART = "apiVersion: v2\nname: app\nversion: 0.1.0\n"
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: {{ .Values.colour }}}
"""
NEVER = """\
{{- if .Values.never }}
apiVersion: v1
kind: Pod
metadata: {name: never}
spec: {containers: [{name: app, image: "nowhere.invalid/app:1"}]}
{{- end }}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(CHART)
    (folder / "values.yaml").write_text("colour: red\nnever: false\n")
    (folder / "templates" / "settings.yaml").write_text(SETTINGS)
    (folder / "templates" / "never.yaml").write_text(NEVER)
    return folder


async def history(helm: Run) -> list[tuple[int, str]]:
    code, said = await helm("history", "app", "--output", "json")
    assert code == 0, said
    return [(each["revision"], each["status"]) for each in json.loads(said)]


async def colour(drydock: Drydock) -> str:
    async with drydock.api() as api:
        found: Any = (await api.get("/api/v1/namespaces/default/configmaps/settings")).json()
    return str(found["data"]["colour"])


@pytest.mark.real
async def test_an_upgrade_that_the_kill_broke_off_is_pending_and_can_be_rolled_back(
    drydock: Drydock, helm_path: str, isolated: Mapping[str, str], chart: Path
) -> None:
    await drydock.up()
    helm = runner(helm_path, {**isolated, "KUBECONFIG": str(drydock.home.kubeconfig)})
    code, said = await helm("install", "app", chart, "--wait")
    assert code == 0, said
    upgrading = asyncio.create_task(
        helm("upgrade", "app", chart, "--wait", "--set", "colour=blue,never=true")
    )
    async with drydock.api() as api, asyncio.timeout(LONG):
        while (await api.get("/api/v1/namespaces/default/pods/never")).status_code != 200:  # noqa: ASYNC110  # a client sees by asking
            await asyncio.sleep(0.01)
    await drydock.kill()
    await drydock.up()
    assert await history(helm) == [(1, "deployed"), (2, "pending-upgrade")]
    upgrading.cancel()
    await asyncio.wait([upgrading])

    code, said = await helm("upgrade", "app", chart, "--wait")
    assert (code, "another operation (install/upgrade/rollback) is in progress" in said) == (
        1,
        True,
    )
    code, said = await helm("rollback", "app", "1", "--wait")
    assert code == 0, said
    assert await history(helm) == [
        (1, "superseded"),
        (2, "pending-upgrade"),
        (3, "deployed"),
    ]
    assert await colour(drydock) == "red"
    assert drydock.tracebacks == []
