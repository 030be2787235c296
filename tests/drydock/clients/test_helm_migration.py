"""A release made by helm 3 goes on with helm 4, and may come back."""

import asyncio
from pathlib import Path

import pytest

from tests.drydock.clients.conftest import Drydock, Run
from tests.drydock.clients.release import Release
from tests.drydock.clients.said import Said

pytestmark = pytest.mark.real


@pytest.fixture
def old(helm3: Run, charts: Path, drydock: Drydock) -> Release:
    return Release(helm3, "web", charts / "web", f"{drydock.images}:1")


@pytest.fixture
def new(helm: Run, charts: Path, drydock: Drydock) -> Release:
    return Release(helm, "web", charts / "web", f"{drydock.images}:1")


async def owners(kubectl: Run) -> set[tuple[str, str]]:
    said = await kubectl("get", "deployment", "web", "--show-managed-fields", "-o=json")
    return {
        (entry["manager"], entry["operation"])
        for entry in said.data["metadata"]["managedFields"]
        if "f:spec" in entry["fieldsV1"]
    }


async def colours(kubectl: Run) -> tuple[str, str]:
    """What the ConfigMap says, and what the pods are told."""
    settings = await kubectl("get", "configmap", "web", "-o=jsonpath={.data.colour}")
    env = "{.spec.template.spec.containers[0].env[?(@.name=='COLOUR')].value}"
    deployment = await kubectl("get", "deployment", "web", f"-o=jsonpath={env}")
    return settings.out, deployment.out


async def test_helm_4_upgrades_and_rolls_back_what_helm_3_made(
    old: Release, new: Release, kubectl: Run
) -> None:
    await old.install()
    assert await owners(kubectl) == {("helm", "Update")}
    upgraded = await new.upgrade("--wait", colour="blue")
    assert upgraded.code == 0, upgraded
    assert await colours(kubectl) == ("blue", "blue")
    # auto stays with the way of the release before
    assert await owners(kubectl) == {("helm", "Update")}
    applied = await new.upgrade("--wait", "--server-side=true", colour="green")
    assert applied.code == 0, applied
    assert await owners(kubectl) == {("helm", "Apply")}
    assert await colours(kubectl) == ("green", "green")
    back = Said(0, "Rollback was a success! Happy Helming!\n")
    assert await new.helm("rollback", "web", 1, "--wait") == back
    assert await colours(kubectl) == ("red", "red")
    assert (
        await old.revisions()
        == await new.revisions()
        == [
            ("superseded", "Install complete"),
            ("superseded", "Upgrade complete"),
            ("superseded", "Upgrade complete"),
            ("deployed", "Rollback to 1"),
        ]
    )
    tested = await new("test")
    assert tested.code == 0, tested
    assert await new("uninstall", "--wait") == Said(0, 'release "web" uninstalled\n')


async def test_helm_3_takes_over_again_what_helm_4_applied(
    old: Release, new: Release, kubectl: Run
) -> None:
    await new.install()
    assert await owners(kubectl) == {("helm", "Apply")}
    changed = await old.upgrade(colour="blue")
    assert changed.code == 0, changed
    assert await colours(kubectl) == ("blue", "blue")
    # what helm 3 took is helm 4's again without force: both write as `helm`
    again = await new.upgrade("--server-side=true", "--force-conflicts", colour="green")
    assert again.code == 0, again
    assert await colours(kubectl) == ("green", "green")
    assert (await old.helm("rollback", "web", 1)).code == 0
    assert await colours(kubectl) == ("red", "red")


async def test_of_helm_3_and_helm_4_at_once_one_wins(
    old: Release, new: Release, kubectl: Run
) -> None:
    await old.install()
    said = await asyncio.gather(
        old.upgrade("--wait", colour="blue"), new.upgrade("--wait", colour="blue")
    )
    assert sorted(each.code for each in said) == [0, 1]
    loser = next(each for each in said if each.code)
    assert loser.err.splitlines()[-1] in {
        "Error: UPGRADE FAILED: release: already exists",
        "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
    }
    assert await colours(kubectl) == ("blue", "blue")
    assert [status for status, _ in await new.revisions()] == ["superseded", "deployed"]
