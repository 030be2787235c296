"""helm 3.17 and the life of a release: what it says in its own way. It looks every 2 s whether all is ready."""

import asyncio
from pathlib import Path
from textwrap import dedent

import pytest

from tests.drydock.clients.conftest import Drydock, Run
from tests.drydock.clients.release import Release
from tests.drydock.clients.said import Said, plain

pytestmark = pytest.mark.real

BACK = Said(0, "Rollback was a success! Happy Helming!\n")
GONE = Said(0, 'release "web" uninstalled\n')
KINDS = "deployments,replicasets,pods,services,configmaps"
VERSIONS = "-o=custom-columns=:.kind,:.metadata.name,:.metadata.resourceVersion"


@pytest.fixture
def web(helm3: Run, charts: Path, drydock: Drydock) -> Release:
    return Release(helm3, "web", charts / "web", f"{drydock.images}:1")


def deployed(namespace: str, revision: int, colour: str = "red") -> str:
    return dedent(f"""\
        NAME: web
        LAST DEPLOYED: TIME
        NAMESPACE: {namespace}
        STATUS: deployed
        REVISION: {revision}
        NOTES:
        web is {colour}.
        """)


def upgraded(namespace: str, revision: int, colour: str = "red") -> Said:
    said = 'Release "web" has been upgraded. Happy Helming!\n'
    return Said(0, said + deployed(namespace, revision, colour))


async def of_deployment(kubectl: Run, field: str) -> str:
    said = await kubectl("get", "deployment", "web", f"-o=jsonpath={{{field}}}")
    return said.out


async def test_a_release_is_installed_upgraded_rolled_back_and_removed(
    web: Release, kubectl: Run, namespace: str
) -> None:
    installed = await web.install("--wait")
    assert installed.plain == Said(0, deployed(namespace, 1))
    assert await of_deployment(kubectl, ".status.readyReplicas") == "1"
    before = await kubectl("get", KINDS, VERSIONS)
    assert (await web.upgrade("--wait")).plain == upgraded(namespace, 2)
    assert await kubectl("get", KINDS, VERSIONS) == before
    changed = await web.upgrade("--wait", colour="blue")
    assert changed.plain == upgraded(namespace, 3, "blue")
    assert await of_deployment(kubectl, ".status.updatedReplicas") == "1"
    assert await web.helm("rollback", "web") == BACK
    assert await web.helm("rollback", "web", 3) == BACK
    settings = await kubectl("get", "configmap", "web", "-o=jsonpath={.data}")
    assert settings == Said(0, '{"colour":"blue"}')
    assert await web.revisions() == [
        ("superseded", "Install complete"),
        ("superseded", "Upgrade complete"),
        ("superseded", "Upgrade complete"),
        ("superseded", "Rollback to 2"),
        ("deployed", "Rollback to 3"),
    ]
    assert await web("uninstall", "--wait") == GONE
    nothing = Said(0, "", f"No resources found in {namespace} namespace.\n")
    assert await kubectl("get", "deployments,services") == nothing
    assert await web("status") == Said(1, "", "Error: release: not found\n")


async def test_a_release_tells_all_about_itself(web: Release, namespace: str) -> None:
    await web.install("--labels=team=sea")
    await web.upgrade(colour="blue")
    assert (await web("status")).plain == Said(0, deployed(namespace, 2, "blue"))
    status, *sections = (await web("status", "--show-resources")).plain.out.split("==> ")
    assert status.endswith("REVISION: 2\nRESOURCES:\n")
    assert {each.splitlines()[0] for each in sections} == {
        "v1/ConfigMap",
        "v1/Service",
        "v1/Deployment",
        "v1/Pod(related)",
    }
    assert (await web("history")).plain.out == dedent("""\
        REVISION  UPDATED  STATUS  CHART  APP VERSION  DESCRIPTION
        1  TIME  superseded  web-0.1.0  1  Install complete
        2  TIME  deployed  web-0.1.0  1  Upgrade complete
        """)
    values = f"USER-SUPPLIED VALUES:\ncolour: blue\nimage: {web.image}\n"
    assert (await web("get", "values")).out == values
    assert await web("get", "notes") == Said(0, "NOTES:\nweb is blue.\n\n")
    metadata = (await web("get", "metadata")).plain.out
    assert metadata == dedent(f"""\
        NAME: web
        CHART: web
        VERSION: 0.1.0
        APP_VERSION: 1
        ANNOTATIONS:
        DEPENDENCIES:
        NAMESPACE: {namespace}
        REVISION: 2
        STATUS: deployed
        DEPLOYED_AT: TIME
        """)
    manifest, hooks = (await web("get", "manifest")).out, (await web("get", "hooks")).out
    everything = (await web("get", "all")).out
    assert all(part.strip() in everything for part in (manifest, hooks))
    columns = "NAME  NAMESPACE  REVISION  UPDATED  STATUS  CHART  APP VERSION\n"
    row = f"web  {namespace}  2  TIME  deployed  web-0.1.0  1\n"
    listed = {
        "--all": columns + row,
        "--filter=^x": columns,
        "--selector=team=sea": columns + row,
        "--pending": columns,
        "--superseded": columns + row.replace("  2  TIME  deployed", "  1  TIME  superseded"),
        "--short": "web\n",
    }
    found = [await web.helm("list", words) for words in listed]
    assert [plain(each.out) for each in found] == list(listed.values())
    everywhere = (await web.helm("list", "--all-namespaces", "--output=json")).data
    assert ("web", namespace) in [(each["name"], each["namespace"]) for each in everywhere]


async def test_the_test_of_a_release_shows_what_it_said(web: Release, namespace: str) -> None:
    await web.install()
    head = deployed(namespace, 1).replace("NOTES:\nweb is red.\n", "")
    suite = "TEST SUITE:  web-test\nLast Started:  TIME\nLast Completed: TIME\nPhase:  {}\n"
    notes = "NOTES:\nweb is {}.\n\nPOD LOGS: web-test\nit is {}\n\n"
    assert (await web("test", "--logs")).plain == Said(
        0, head + suite.format("Succeeded") + notes.format("red", "red")
    )
    await web.upgrade(colour="black")
    head = head.replace("REVISION: 1", "REVISION: 2")
    assert (await web("test", "--logs")).plain == Said(
        1,
        head + suite.format("Failed") + notes.format("black", "black"),
        "Error: 1 error occurred:\n\t* pod web-test failed\n\n\n".replace("\t", "  "),
    )


async def test_what_is_refused_is_said_plainly(web: Release, namespace: str) -> None:
    never = 'Error: UPGRADE FAILED: "web" has no deployed releases\n'
    assert await web.upgrade() == Said(1, "", never)
    invalid = await web.install(replicas=-1)
    assert invalid == Said(
        1,
        "",
        "Error: INSTALLATION FAILED: 1 error occurred:\n"
        '\t* Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: '
        "must be greater than or equal to 0\n\n\n",
    )
    assert (await web.helm("list", "--failed", "--short")).out == "web\n"
    assert (await web.upgrade()).plain == upgraded(namespace, 2)
    again = "Error: INSTALLATION FAILED: cannot re-use a name that is still in use\n"
    assert await web.install() == Said(1, "", again)
    assert await web.helm("rollback", "web", 7) == Said(1, "", "Error: release has no 7 version\n")
    gone = await web.helm("uninstall", "other")
    why = "Error: uninstall: Release not loaded: other: release: not found\n"
    assert gone == Said(1, "", why)
    fresh = await web.install(f"--namespace={namespace}-none")
    why = f'Error: INSTALLATION FAILED: create: failed to create: namespaces "{namespace}-none" not found\n'
    assert fresh == Said(1, "", why)


async def test_a_misspelt_field_is_only_warned_of(web: Release, namespace: str) -> None:
    template = web.chart / "templates" / "deployment.yaml"
    template.write_text(template.read_text().replace("progressDeadline", "progresDeadline"))
    said = await web.install()
    assert said.plain.out == deployed(namespace, 1)
    assert said.err.endswith('] unknown field "spec.progresDeadlineSeconds"\n')


async def test_of_two_upgrades_at_once_one_wins_and_one_says_why(
    web: Release, namespace: str
) -> None:
    await web.install()
    said = await asyncio.gather(web.upgrade("--wait", colour="blue"), web.upgrade(colour="green"))
    winner, loser = sorted(said, key=lambda each: each.code)
    assert winner.plain in (upgraded(namespace, 2, "blue"), upgraded(namespace, 2, "green"))
    assert loser.code == 1
    assert loser.err in {
        "Error: UPGRADE FAILED: release: already exists\n",
        "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress\n",
    }


async def test_objects_may_be_replaced_and_a_removed_release_brought_back(
    web: Release, kubectl: Run, namespace: str
) -> None:
    await web.install()
    forced = await web.upgrade("--force", colour="blue")
    assert forced.plain == upgraded(namespace, 2, "blue")
    rehearsed = await web.upgrade("--dry-run=server", colour="green")
    assert (rehearsed.code, 'colour: "green"' in rehearsed.out) == (0, True)
    assert await web("uninstall", "--keep-history") == GONE
    assert (await web.helm("list", "--short", "--uninstalled")).out == "web\n"
    assert await web.helm("rollback", "web", 2) == BACK
    settings = await kubectl("get", "configmap", "web", "-o=jsonpath={.data.colour}")
    assert settings == Said(0, "blue")
