"""kubectl edit, label, annotate, scale, autoscale and set, against a whole drydock."""

import re
from pathlib import Path

import pytest

from tests.drydock.clients.conftest import Drydock, Run
from tests.drydock.clients.manifests import ok, refused, settings, tidy, web
from tests.drydock.clients.said import Said

pytestmark = pytest.mark.real


@pytest.fixture(params=["kubectl", "kubectl_1_31"])
def each_kubectl(request: pytest.FixtureRequest) -> Run:
    run: Run = request.getfixturevalue(request.param)
    return run


@pytest.fixture
async def idle(kubectl: Run, drydock: Drydock) -> None:
    """A Deployment of no pods."""
    await ok(kubectl, "apply", "-f", "-", stdin=web(drydock.images, replicas=0))


@pytest.fixture
def editor(tmp_path: Path) -> str:
    """Does to the file what $EDIT, a command of sed, says."""
    path = tmp_path / "editor"
    path.write_text('#!/bin/sh\nsed -i.before "$EDIT" "$1"\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


async def test_edits(each_kubectl: Run, editor: str, tmp_path: Path) -> None:
    kubectl = each_kubectl
    await ok(kubectl, "apply", "-f", "-", stdin=settings(a="x"))

    async def edit(command: str, *words: str) -> Said:
        more = {"EDITOR": editor, "EDIT": command, "TMPDIR": str(tmp_path)}
        return await kubectl("edit", "configmap", "settings", *words, **more)

    assert await edit("s/  a: x/  a: red/") == Said(0, "configmap/settings edited\n")
    assert await edit("s/nothing/else/") == Said(0, "", "Edit cancelled, no changes made.\n")
    edited = await edit('s/"a": "red"/"a": "blue"/', "-o", "json")
    assert edited.data["data"] == {"a": "blue"}
    assert await ok(kubectl, "get", "configmap", "settings", "-o", "jsonpath={.data.a}") == "blue"
    broken = await edit("s/  a: blue/  a: [/")
    assert (broken.code, broken.out) == (1, "")
    assert broken.err.endswith("error: Edit cancelled, no valid changes were saved.\n")
    renamed = await edit("s/  name: settings/  name: others/")
    assert (renamed.code, renamed.err.splitlines()[-1]) == (
        1,
        "error: At least one of apiVersion, kind and name was changed",
    )


@pytest.mark.usefixtures("idle")
async def test_an_invalid_edit_is_kept_aside_and_changes_nothing(
    each_kubectl: Run, editor: str, tmp_path: Path
) -> None:
    edit = ("edit", "deployment", "web")
    for command in ("s/  replicas: 0/  replicas: -1/", "s/  replicas: 0/  replicaz: 1/"):
        said = await each_kubectl(*edit, EDITOR=editor, EDIT=command, TMPDIR=str(tmp_path))
        assert said.code == 1
        assert f'A copy of your changes has been stored to "{tmp_path}/kubectl-edit-' in said.err
    number = await ok(each_kubectl, "get", "deployment", "web", "-o", "jsonpath={.spec.replicas}")
    assert number == "0"


@pytest.mark.usefixtures("idle")
async def test_edits_the_status(kubectl: Run, editor: str) -> None:
    said = await kubectl(
        *("edit", "deployment", "web", "--subresource=status"),
        EDITOR=editor,
        EDIT="s/^status: .*/status: {collisionCount: 7}/;s/^status:$/status:\\n  collisionCount: 7/",
    )
    assert said.out == "deployment.apps/web edited\n"
    count = await ok(kubectl, "get", "deployment/web", "-o", "jsonpath={.status.collisionCount}")
    assert count == "7"


async def test_labels_and_annotates(each_kubectl: Run) -> None:
    kubectl = each_kubectl
    await ok(kubectl, "apply", "-f", "-", stdin=settings(a="x"))
    one = ("configmap", "settings")
    assert await ok(kubectl, "label", *one, "tier=front") == "configmap/settings labeled\n"
    assert await refused(kubectl, "label", *one, "tier=back") == (
        "error: 'tier' already has a value (front), and --overwrite is false\n"
    )
    assert await ok(kubectl, "label", *one, "tier=back", "--overwrite") == (
        "configmap/settings labeled\n"
    )
    assert await ok(kubectl, "label", *one, "--list") == "tier=back\n"
    assert await ok(kubectl, "label", *one, "tier-") == "configmap/settings unlabeled\n"
    stale = await refused(kubectl, "label", *one, "tier=x", "--resource-version=1")
    assert stale == (
        'Error from server (Conflict): Operation cannot be fulfilled on configmaps "settings": the '
        "object has been modified; please apply your changes to the latest version and try again\n"
    )
    assert "name part must consist of" in await refused(kubectl, "label", *one, "a b=c")
    assert await ok(kubectl, "annotate", *one, "note=1") == "configmap/settings annotated\n"
    assert (await kubectl("annotate", *one, "note=2")).code == 1
    assert await ok(kubectl, "annotate", *one, "note=2", "--overwrite") == (
        "configmap/settings annotated\n"
    )
    assert await ok(kubectl, "annotate", *one, "note-") == "configmap/settings annotated\n"
    assert await ok(kubectl, "label", "configmaps", "--all", "all=yes") == (
        "configmap/kube-root-ca.crt labeled\nconfigmap/settings labeled\n"
    )


@pytest.mark.usefixtures("idle")
async def test_scales(each_kubectl: Run) -> None:
    kubectl = each_kubectl
    await ok(kubectl, "patch", "deployment", "web", "-p", '{"spec":{"paused":true}}')
    scale = ("scale", "deployment", "web")
    assert await ok(kubectl, *scale, "--replicas=1", "--dry-run=server") == (
        "deployment.apps/web scaled (server dry run)\n"
    )
    assert await refused(kubectl, *scale, "--replicas=0", "--current-replicas=9") == (
        "error: Expected replicas to be 9, was 0\n"
    )
    assert await ok(kubectl, *scale, "--replicas=0", "--current-replicas=0") == (
        "deployment.apps/web scaled\n"
    )
    shown = await ok(kubectl, "get", "deployment", "web", "--subresource=scale")
    assert tidy(shown) == "NAME  DESIRED  AVAILABLE  AGE\nweb  0  0  AGE\n"


@pytest.mark.usefixtures("idle")
async def test_autoscales(kubectl: Run) -> None:
    words = ("autoscale", "deployment", "web", "--min=1", "--max=3", "--cpu=80%")
    assert await ok(kubectl, *words) == "horizontalpodautoscaler.autoscaling/web autoscaled\n"
    shown = tidy(await ok(kubectl, "get", "hpa", "--no-headers"))
    assert re.fullmatch(r"web  Deployment/web  cpu: <unknown>/80%  1  3  \d  AGE\n", shown)


@pytest.mark.usefixtures("idle")
async def test_sets_parts_of_a_template(each_kubectl: Run, drydock: Drydock) -> None:
    kubectl = each_kubectl
    await ok(kubectl, "create", "configmap", "more", "--from-literal=size=big")
    for words, said in (
        (
            ("image", "deployment/web", f"web={drydock.images}:2"),
            "deployment.apps/web image updated\n",
        ),
        (("image", "deployment/web", f"web={drydock.images}:2"), ""),
        (("env", "deployment/web", "A=B"), "deployment.apps/web env updated\n"),
        (("env", "deployment/web", "COLOUR-"), "deployment.apps/web env updated\n"),
        (
            ("resources", "deployment/web", "--limits=memory=64Mi"),
            "deployment.apps/web resource requirements updated\n",
        ),
        (
            ("serviceaccount", "deployment/web", "robot"),
            "deployment.apps/web serviceaccount updated\n",
        ),
        (("selector", "service", "web", "app=web,tier=front"), "service/web selector updated\n"),
    ):
        assert await ok(kubectl, "set", *words) == said
    assert await ok(kubectl, "set", "env", "deployment/web", "--list") == (
        "# Deployment web, container web\n# IP from field path status.podIP\n"
        "# POD from field path metadata.name\nA=B\n"
    )
    imported = await kubectl("set", "env", "deployment/web", "--from=configmap/more")
    assert imported.out == "deployment.apps/web env updated\n"
    assert await refused(kubectl, "set", "image", "deployment/web", "none=x") == (
        'error: unable to find container named "none"\n'
    )
    assert "must be less than or equal to memory limit" in await refused(
        kubectl, "set", "resources", "deployment/web", "--requests=memory=1Gi"
    )
    template = (await kubectl("get", "deployment", "web", "-o", "json")).data["spec"]["template"]
    container = template["spec"]["containers"][0]
    assert template["spec"]["serviceAccountName"] == "robot"
    assert container["image"] == f"{drydock.images}:2"
    assert container["resources"] == {"limits": {"memory": "64Mi"}, "requests": {"memory": "16Mi"}}
    assert [variable["name"] for variable in container["env"]] == ["IP", "POD", "A", "SIZE"]
