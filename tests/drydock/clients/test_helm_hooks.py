"""What helm runs before and after, with helm 4 and with helm 3: order, failure, and what is left of it."""

from pathlib import Path

import pytest

from tests.drydock.clients.conftest import Drydock, Run
from tests.drydock.clients.release import Release
from tests.drydock.clients.said import Said

pytestmark = pytest.mark.real


@pytest.fixture(params=["helm", "helm3"])
def hooks(request: pytest.FixtureRequest, charts: Path, drydock: Drydock) -> Release:
    helm: Run = request.getfixturevalue(request.param)
    return Release(helm, "app", charts / "hooks", f"{drydock.images}:1")


async def jobs(kubectl: Run) -> dict[str, str]:
    """The condition of every Job, by its hook."""
    said = await kubectl("get", "jobs", "-o=json")
    return {
        job["metadata"]["name"].removeprefix("app-"): job["status"]["conditions"][-1]["type"]
        for job in said.data["items"]
    }


async def settings(kubectl: Run) -> set[str]:
    said = await kubectl("get", "configmaps", "-o=name")
    names = {line.removeprefix("configmap/") for line in said.out.split()}
    return names - {"kube-root-ca.crt"}


async def test_every_event_of_a_release_has_its_hooks(hooks: Release, kubectl: Run) -> None:
    assert (await hooks.install()).code == 0
    done = {"pre-install": "Complete", "post-install": "Complete"}
    assert await jobs(kubectl) == done
    assert (await hooks.upgrade(colour="blue")).code == 0
    done |= {"pre-upgrade": "Complete", "post-upgrade": "Complete"}
    assert await jobs(kubectl) == done
    assert (await hooks("rollback")).code == 0
    done |= {"pre-rollback": "Complete", "post-rollback": "Complete"}
    assert await jobs(kubectl) == done
    said = await kubectl("logs", "--selector=hook", "--tail=-1")
    assert sorted(said.out.splitlines()) == [
        "post-install red",
        "post-rollback red",
        "post-upgrade blue",
        "pre-install red",
        "pre-rollback red",
        "pre-upgrade blue",
    ]
    assert await hooks("uninstall") == Said(0, 'release "app" uninstalled\n')
    done |= {"pre-delete": "Complete", "post-delete": "Complete"}
    assert await jobs(kubectl) == done
    assert await settings(kubectl) == {f"app-{each}" for each in done}


async def test_a_hook_that_succeeded_goes_and_one_that_failed_stops_the_release(
    hooks: Release, kubectl: Run
) -> None:
    first = await hooks.install(policy="hook-succeeded")
    assert first.code == 0, first
    assert (await jobs(kubectl), await settings(kubectl)) == ({}, {"app"})
    refused = await hooks.upgrade(policy="hook-succeeded", failing="pre-upgrade", colour="blue")
    assert (refused.code, refused.out) == (1, "")
    assert "UPGRADE FAILED: pre-upgrade hooks failed: " in refused.err
    assert await jobs(kubectl) == {"pre-upgrade": "Failed"}
    data = await kubectl("get", "configmap", "app", "-o=jsonpath={.data.colour}")
    assert data == Said(0, "red")
    statuses = [status for status, _ in await hooks.revisions()]
    assert statuses == ["deployed", "failed"]


async def test_a_hook_that_failed_may_go_too_and_the_one_before_is_replaced(
    hooks: Release, kubectl: Run
) -> None:
    policy = r"before-hook-creation\,hook-failed"
    refused = await hooks.install(policy=policy, failing="post-install")
    assert refused.code == 1
    assert "INSTALLATION FAILED: failed post-install: " in refused.err
    assert await jobs(kubectl) == {"pre-install": "Complete"}
    again = await hooks.upgrade("--install", policy=policy)
    assert again.code == 0, again
    assert set(await jobs(kubectl)) >= {"pre-upgrade", "post-upgrade"}
    first = await kubectl("get", "job", "app-pre-upgrade", "-o=jsonpath={.metadata.uid}")
    assert (await hooks.upgrade(policy=policy)).code == 0
    second = await kubectl("get", "job", "app-pre-upgrade", "-o=jsonpath={.metadata.uid}")
    assert first.out != second.out


async def test_a_failed_upgrade_is_taken_back(hooks: Release, kubectl: Run) -> None:
    await hooks.install()
    four = (await hooks.helm("version", "--short")).out.startswith("v4")
    flag = "rollback-on-failure" if four else "atomic"
    refused = await hooks.upgrade(
        f"--{flag}", "--timeout=60s", failing="post-upgrade", colour="blue"
    )
    taken_back = f"release app failed, and has been rolled back due to {flag} being set: "
    assert (refused.code, taken_back in refused.err) == (1, True), refused
    revisions = await hooks.revisions()
    assert [status for status, _ in revisions] == ["superseded", "failed", "deployed"]
    assert revisions[-1] == ("deployed", "Rollback to 1")
    data = await kubectl("get", "configmap", "app", "-o=jsonpath={.data.colour}")
    assert data == Said(0, "red")
