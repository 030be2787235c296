"""helm 4 and the life of a release."""

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
def web(helm: Run, charts: Path, drydock: Drydock) -> Release:
    return Release(helm, "web", charts / "web", f"{drydock.images}:1")


def deployed(namespace: str, revision: int, colour: str, description: str) -> str:
    return dedent(f"""\
        NAME: web
        LAST DEPLOYED: TIME
        NAMESPACE: {namespace}
        STATUS: deployed
        REVISION: {revision}
        DESCRIPTION: {description}
        NOTES:
        web is {colour}.
        """)


def installed(namespace: str) -> Said:
    return Said(0, deployed(namespace, 1, "red", "Install complete"))


def upgraded(namespace: str, revision: int, colour: str = "red") -> Said:
    said = 'Release "web" has been upgraded. Happy Helming!\n'
    return Said(0, said + deployed(namespace, revision, colour, "Upgrade complete"))


async def ready(kubectl: Run) -> str:
    said = await kubectl("get", "deployment", "web", "-o=jsonpath={.status.readyReplicas}")
    return said.out


async def colour(kubectl: Run) -> str:
    said = await kubectl("get", "configmap", "web", "-o=jsonpath={.data.colour}")
    return said.out


async def owners(kubectl: Run) -> set[tuple[str, str]]:
    """Who owns fields of the Deployment, and by which operation; not who writes its status."""
    said = await kubectl("get", "deployment", "web", "--show-managed-fields", "-o=json")
    return {
        (entry["manager"], entry["operation"])
        for entry in said.data["metadata"]["managedFields"]
        if "f:spec" in entry["fieldsV1"]
    }


async def test_a_release_is_installed_upgraded_rolled_back_and_removed(
    web: Release, kubectl: Run, namespace: str
) -> None:
    assert (await web.install("--wait=watcher")).plain == installed(namespace)
    assert await ready(kubectl) == "1"
    assert (await web.upgrade("--wait=watcher")).plain == upgraded(namespace, 2)
    changed = await web.upgrade("--wait=watcher", colour="blue")
    assert changed.plain == upgraded(namespace, 3, "blue")
    assert await ready(kubectl) == "1"
    assert await web.helm("rollback", "web", "--wait=watcher") == BACK
    assert await colour(kubectl) == "red"
    assert await web.helm("rollback", "web", 3, "--wait=watcher") == BACK
    assert await colour(kubectl) == "blue"
    assert await web.revisions() == [
        ("superseded", "Install complete"),
        ("superseded", "Upgrade complete"),
        ("superseded", "Upgrade complete"),
        ("superseded", "Rollback to 2"),
        ("deployed", "Rollback to 3"),
    ]
    assert await web("uninstall", "--wait=watcher") == GONE
    nothing = Said(0, "", f"No resources found in {namespace} namespace.\n")
    assert await kubectl("get", "all") == nothing
    assert await web("status") == Said(1, "", "Error: release: not found\n")


async def test_an_upgrade_without_a_change_leaves_every_object_as_it_is(
    web: Release, kubectl: Run
) -> None:
    await web.install("--wait")
    before = await kubectl("get", KINDS, VERSIONS)
    assert (await web.upgrade("--wait")).code == 0
    assert await kubectl("get", KINDS, VERSIONS) == before
    assert before.out.count(" web") == 5


async def test_the_older_way_to_wait_waits_too(web: Release, kubectl: Run, namespace: str) -> None:
    await web.install()
    changed = await web.upgrade("--wait=legacy", colour="blue")
    assert changed.plain == upgraded(namespace, 2, "blue")
    assert await ready(kubectl) == "1"
    assert await web("uninstall", "--wait=legacy") == GONE


async def test_who_waits_for_hooks_only_does_not_wait_for_pods(
    web: Release, kubectl: Run, namespace: str, drydock: Drydock
) -> None:
    started = await web.install("--wait=hookOnly", image=f"{drydock.images}:none")
    assert started.plain == installed(namespace)
    assert await ready(kubectl) == ""
    assert (await web.upgrade("--wait=hookOnly")).plain == upgraded(namespace, 2)


async def test_a_release_tells_all_about_itself(web: Release, namespace: str) -> None:
    await web.install("--wait", "--labels=team=sea")
    await web.upgrade(colour="blue")
    status, *sections = (await web("status")).plain.out.split("==> ")
    assert status == dedent(f"""\
        NAME: web
        LAST DEPLOYED: TIME
        NAMESPACE: {namespace}
        STATUS: deployed
        REVISION: 2
        DESCRIPTION: Upgrade complete
        RESOURCES:
        """)
    # helm has them in no order of its own
    tables = {each.splitlines()[0]: each.splitlines()[1] for each in sections}
    assert tables == {
        "v1/ConfigMap": "NAME  DATA  AGE",
        "v1/Service": "NAME  TYPE  CLUSTER-IP  EXTERNAL-IP  PORT(S)  AGE",
        "v1/Deployment": "NAME  READY  UP-TO-DATE  AVAILABLE  AGE",
        "v1/Pod(related)": "NAME  READY  STATUS  RESTARTS  AGE",
    }
    assert (await web("history")).plain.out == dedent("""\
        REVISION  UPDATED  STATUS  CHART  APP VERSION  DESCRIPTION
        1  TIME  superseded  web-0.1.0  1  Install complete
        2  TIME  deployed  web-0.1.0  1  Upgrade complete
        """)
    assert (await web("get", "metadata")).plain.out == dedent(f"""\
        NAME: web
        CHART: web
        VERSION: 0.1.0
        APP_VERSION: 1
        ANNOTATIONS:
        LABELS: modifiedAt=SECONDS,name=web,owner=helm,status=deployed,team=sea,version=2
        DEPENDENCIES:
        NAMESPACE: {namespace}
        REVISION: 2
        STATUS: deployed
        DEPLOYED_AT: TIME
        APPLY_METHOD: server-side apply
        """)
    values = f"colour: blue\nimage: {web.image}\n"
    assert (await web("get", "values")).out == f"USER-SUPPLIED VALUES:\n{values}"
    first = f"USER-SUPPLIED VALUES:\nimage: {web.image}\n"
    assert (await web("get", "values", "--revision=1")).out == first
    computed = f"broken: false\ncolour: blue\ndeadline: 60\nimage: {web.image}\nreplicas: 1\n"
    assert (await web("get", "values", "--all")).out == f"COMPUTED VALUES:\n{computed}"
    assert await web("get", "notes") == Said(0, "NOTES:\nweb is blue.\n\n")
    sources = [
        line for line in (await web("get", "manifest")).out.splitlines() if line.startswith("# ")
    ]
    assert sources == [
        f"# Source: web/templates/{name}.yaml" for name in ("config", "service", "deployment")
    ]
    hooks = (await web("get", "hooks")).out
    assert hooks.startswith("---\n# Source: web/templates/test.yaml\napiVersion: v1\nkind: Pod\n")
    everything = (await web("get", "all")).out
    assert all(part in everything for part in (values, computed, hooks, *sources))


async def test_a_list_holds_what_is_asked_for(web: Release, namespace: str) -> None:
    await web.install("--labels=team=sea")
    columns = "NAME  NAMESPACE  REVISION  UPDATED  STATUS  CHART  APP VERSION\n"
    row = f"web  {namespace}  1  TIME  deployed  web-0.1.0  1\n"
    listed = {
        "": columns + row,
        "--filter=^w": columns + row,
        "--filter=^x": columns,
        "--selector=team=sea": columns + row,
        "--selector=team=land": columns,
        "--failed": columns,
        "--short": "web\n",
        "--uninstalled": columns,
    }
    found = [await web.helm("list", *filter(None, (words,))) for words in listed]
    assert [plain(each.out) for each in found] == list(listed.values())
    everywhere = (await web.helm("list", "--all-namespaces", "--output=json")).data
    assert {
        "name": "web",
        "namespace": namespace,
        "revision": "1",
        "status": "deployed",
        "chart": "web-0.1.0",
        "app_version": "1",
    } in [{k: v for k, v in each.items() if k != "updated"} for each in everywhere]


async def test_the_test_of_a_release_shows_what_it_said(
    web: Release, namespace: str, kubectl: Run
) -> None:
    await web.install()
    asked = dedent(f"""\
        NAME: web
        LAST DEPLOYED: TIME
        NAMESPACE: {namespace}
        STATUS: deployed
        REVISION: {{}}
        DESCRIPTION: {{}} complete
        TEST SUITE:     web-test
        Last Started:   TIME
        Last Completed: TIME
        Phase:          {{}}

        POD LOGS: web-test
        it is {{}}

        """)
    said = await web("test", "--logs")
    assert said.plain == Said(0, plain(asked.format(1, "Install", "Succeeded", "red")))
    await web.upgrade(colour="black")
    said = await web("test", "--logs")
    assert said.plain == Said(
        1,
        plain(asked.format(2, "Upgrade", "Failed", "black")),
        f"Error: resource Pod/{namespace}/web-test not ready. status: Failed, "
        "message: pod web-test failed\n",
    )
    assert "web-test" in (await kubectl("get", "pods")).out


async def test_a_broken_change_fails_when_its_deadline_is_over(
    web: Release, namespace: str
) -> None:
    await web.install("--wait")
    late = (
        f"resource Deployment/{namespace}/web not ready. "
        "status: Failed, message: Progress deadline exceeded"
    )
    assert await web.upgrade("--wait", "--timeout=60s", broken="true", deadline=1) == Said(
        1,
        "",
        f'level=WARN msg="upgrade failed" name=web error="{late}"\nError: UPGRADE FAILED: {late}\n',
    )
    assert await web.revisions() == [
        ("deployed", "Install complete"),
        ("failed", f'Upgrade "web" failed: {late}'),
    ]


async def test_a_broken_first_install_leaves_nothing(
    web: Release, kubectl: Run, namespace: str, drydock: Drydock
) -> None:
    refused = await web.install(
        "--rollback-on-failure", "--timeout=1s", image=f"{drydock.images}:none"
    )
    assert refused == Said(
        1,
        "",
        "Error: INSTALLATION FAILED: release web failed, and has been uninstalled due to "
        f"rollback-on-failure being set: resource Deployment/{namespace}/web not ready. "
        "status: InProgress, message: Available: 0/1\ncontext deadline exceeded\n",
    )
    assert (await web.helm("list", "--short")).out == ""
    kept = await kubectl("get", "deployments,services,secrets", "-o=name")
    assert kept == Said(0)


async def test_a_rehearsal_on_the_server_changes_nothing(
    web: Release, kubectl: Run, namespace: str
) -> None:
    await web.install()
    before = await kubectl("get", "configmaps,services", VERSIONS)
    rehearsed = (await web.upgrade("--dry-run=server", colour="blue")).plain
    assert (rehearsed.code, rehearsed.err) == (0, "")
    assert (
        dedent(f"""\
        Release "web" has been upgraded. Happy Helming!
        NAME: web
        LAST DEPLOYED: TIME
        NAMESPACE: {namespace}
        STATUS: pending-upgrade
        REVISION: 2
        DESCRIPTION: Dry run complete
        HOOKS:
        """)
        in rehearsed.out
    )
    assert await kubectl("get", "configmaps,services", VERSIONS) == before
    assert await web.revisions() == [("deployed", "Install complete")]
    assert 'colour: "blue"' in rehearsed.out


async def test_objects_are_applied_on_either_side_and_helm_knows_which(
    web: Release, kubectl: Run
) -> None:
    async def method() -> str:
        return (await web("get", "metadata")).out.splitlines()[-1]

    await web.install("--server-side=false")
    assert await owners(kubectl) == {("helm", "Update")}
    assert await method() == "APPLY_METHOD: client-side apply"
    await web.upgrade("--server-side=auto", colour="blue")
    assert await method() == "APPLY_METHOD: client-side apply"
    await web.upgrade("--server-side=true", colour="green")
    assert await owners(kubectl) == {("helm", "Apply")}
    assert await method() == "APPLY_METHOD: server-side apply"
    await web.upgrade("--server-side=auto", colour="pink")
    assert await method() == "APPLY_METHOD: server-side apply"
    assert await colour(kubectl) == "pink"
    assert await web.helm("rollback", "web", 1) == BACK
    assert await colour(kubectl) == "red"


async def test_what_somebody_else_changed_is_a_conflict_until_it_is_forced(
    web: Release, kubectl: Run, namespace: str
) -> None:
    await web.install()
    await kubectl("set", "env", "deployment/web", "COLOUR=pink")
    refused = await web.upgrade(colour="blue")
    conflict = (
        f"conflict occurred while applying object {namespace}/web apps/v1, Kind=Deployment: "
        'Apply failed with 1 conflict: conflict with "kubectl-set" using apps/v1: '
        '.spec.template.spec.containers[name="web"].env[name="COLOUR"].value'
    )
    assert (refused.code, refused.err.splitlines()[-1]) == (
        1,
        f"Error: UPGRADE FAILED: {conflict}",
    )
    forced = await web.upgrade("--force-conflicts", colour="blue")
    assert forced.plain == upgraded(namespace, 3, "blue")
    assert await owners(kubectl) == {("helm", "Apply")}
    replaced = await web.upgrade("--force-replace", "--server-side=false", colour="green")
    assert replaced.plain == upgraded(namespace, 4, "green")
    assert await owners(kubectl) == {("helm", "Apply"), ("helm", "Update")}


async def test_of_two_upgrades_at_once_one_wins_and_one_says_why(
    web: Release, namespace: str
) -> None:
    await web.install()
    first, second = await asyncio.gather(
        web.upgrade("--wait", colour="blue"), web.upgrade("--wait", colour="green")
    )
    winner, loser = sorted((first, second), key=lambda said: said.code)
    assert winner.plain in (upgraded(namespace, 2, "blue"), upgraded(namespace, 2, "green"))
    assert (loser.code, loser.out) == (1, "")
    assert loser.err.splitlines()[-1] in {
        "Error: UPGRADE FAILED: release: already exists",
        "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
    }
    assert await web.revisions() == [
        ("superseded", "Install complete"),
        ("deployed", "Upgrade complete"),
    ]


async def test_a_removed_release_may_be_kept_and_brought_back(web: Release, kubectl: Run) -> None:
    await web.install("--wait")
    assert await web("uninstall", "--keep-history") == GONE
    assert await web.revisions() == [("uninstalled", "Uninstallation complete")]
    assert (await web.helm("list", "--short", "--uninstalled")).out == "web\n"
    assert await web.helm("rollback", "web", 1, "--wait") == BACK
    assert await ready(kubectl) == "1"


async def test_what_is_not_there_is_said_plainly(web: Release) -> None:
    asked = {
        ("status", "web"): "release: not found",
        ("history", "web"): "release: not found",
        ("get", "values", "web"): "release: not found",
        ("test", "web"): "release: not found",
        ("rollback", "web"): "release: not found",
        ("uninstall", "web"): "uninstall: Release not loaded: web: release: not found",
    }
    found = [await web.helm(*words) for words in asked]
    assert found == [Said(1, "", f"Error: {why}\n") for why in asked.values()]
    never = 'Error: UPGRADE FAILED: "web" has no deployed releases\n'
    assert await web.upgrade() == Said(1, "", never)
    await web.install()
    again = await web.install()
    assert again.err.splitlines()[-1] == (
        "Error: INSTALLATION FAILED: release name check failed: "
        "cannot reuse a name that is still in use"
    )
    assert await web.helm("rollback", "web", 7) == Said(1, "", "Error: release has no 7 version\n")


async def test_a_namespace_is_made_when_asked_for(
    web: Release, kubectl: Run, namespace: str
) -> None:
    fresh = f"{namespace}-fresh"
    missing = await web.install(f"--namespace={fresh}")
    assert missing == Said(
        1,
        "",
        f'Error: INSTALLATION FAILED: create: failed to create: namespaces "{fresh}" not found\n',
    )
    made = await web.install(f"--namespace={fresh}", "--create-namespace")
    assert made.plain == installed(fresh)
    labels = await kubectl("get", "namespace", fresh, "-o=jsonpath={.metadata.labels}")
    assert labels.data == {"kubernetes.io/metadata.name": fresh, "name": fresh}
    assert (
        await kubectl("delete", "namespace", fresh)
    ).plain.out == f'namespace "{fresh}" deleted\n'


async def test_a_misspelt_field_is_refused(web: Release, namespace: str) -> None:
    template = web.chart / "templates" / "deployment.yaml"
    template.write_text(template.read_text().replace("progressDeadline", "progresDeadline"))
    why = (
        f"server-side apply failed for object {namespace}/web apps/v1, Kind=Deployment: "
        f"failed to create typed patch object ({namespace}/web; apps/v1, Kind=Deployment): "
        ".spec.progresDeadlineSeconds: field not declared in schema"
    )
    assert await web.install() == Said(1, "", f"Error: INSTALLATION FAILED: {why}\n")
    assert await web.revisions() == [("failed", f'Release "web" failed: {why}')]
