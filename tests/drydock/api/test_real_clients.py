"""The real helm and kubectl, through TLS and a token."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from drydock.resources import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, SECRETS, Object
from drydock.store import Store

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("server")]

Run = Callable[..., Coroutine[Any, Any, tuple[int, str]]]

DEPLOYMENT = dedent("""\
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      replicas: 2
      selector:
        matchLabels: {app: web}
      template:
        metadata:
          labels: {app: web}
        spec:
          containers:
          - name: web
            image: example/web:1
            ports:
            - containerPort: 8080
    """)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: small\nversion: 0.1.0\n")
    (folder / "values.yaml").write_text("colour: red\n")
    (folder / "templates" / "all.yaml").write_text(
        dedent("""\
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: {{ .Release.Name }}-settings
            data:
              colour: {{ .Values.colour }}
            ---
            apiVersion: v1
            kind: Secret
            metadata:
              name: {{ .Release.Name }}-secret
            stringData:
              colour: {{ .Values.colour }}
            """)
    )
    return folder


def colour(store: Store) -> str:
    settings = store.get(CONFIG_MAPS, "default", "demo-settings")
    assert settings is not None
    return str(settings["data"]["colour"])


def web(store: Store) -> Object:
    found = store.get(DEPLOYMENTS, "default", "web")
    assert found is not None
    return found


async def until(text: str, stream: asyncio.StreamReader) -> str:
    """The first line with `text` in it."""
    async with asyncio.timeout(45):
        while line := await stream.readline():
            if text.encode() in line:
                return line.decode()
    raise EOFError(f"ended without {text!r}")


async def test_helm_installs_upgrades_rolls_back_and_uninstalls(
    helm: Run, chart: Path, store: Store
) -> None:
    wait = ("--wait", "--timeout", "20s")
    code, output = await helm("install", "demo", chart, *wait)
    assert code == 0, output
    assert colour(store) == "red"
    code, output = await helm("upgrade", "demo", chart, "--set", "colour=blue", *wait)
    assert code == 0, output
    assert colour(store) == "blue"
    code, output = await helm("rollback", "demo", "1", *wait)
    assert (code, output) == (0, "Rollback was a success! Happy Helming!\n")
    assert colour(store) == "red"
    code, output = await helm("history", "demo", "--output", "json")
    assert re.findall(r'"status":"([^"]+)"', output) == ["superseded", "superseded", "deployed"]
    code, output = await helm("status", "demo")
    assert "==> v1/ConfigMap\nNAME            DATA   AGE\ndemo-settings   1 " in output
    code, output = await helm("uninstall", "demo", *wait)
    assert (code, output) == (0, 'release "demo" uninstalled\n')
    assert store.list(CONFIG_MAPS) == store.list(SECRETS) == []


async def test_helm_refuses_to_take_over_what_another_release_owns(
    helm: Run, kubectl: Run, chart: Path
) -> None:
    await kubectl("create", "configmap", "demo-settings", "--from-literal=colour=green")
    code, output = await helm("install", "demo", chart)
    assert code == 1
    assert 'ConfigMap "demo-settings" in namespace "default" exists and cannot be' in output


async def test_kubectl_apply_is_idempotent_and_merges_lists_by_their_keys(
    kubectl: Run, store: Store
) -> None:
    assert await kubectl("apply", "-f", "-", stdin=DEPLOYMENT) == (
        0,
        "deployment.apps/web created\n",
    )
    assert await kubectl("apply", "-f", "-", stdin=DEPLOYMENT) == (
        0,
        "deployment.apps/web unchanged\n",
    )
    sidecar = '{"spec":{"template":{"spec":{"containers":[{"name":"log","image":"example/log"}]}}}}'
    assert (await kubectl("patch", "deployment", "web", "-p", sidecar))[0] == 0
    newer = DEPLOYMENT.replace("web:1", "web:2")
    assert await kubectl("apply", "-f", "-", stdin=newer) == (
        0,
        "deployment.apps/web configured\n",
    )
    containers = web(store)["spec"]["template"]["spec"]["containers"]
    assert {container["name"]: container["image"] for container in containers} == {
        "log": "example/log",
        "web": "example/web:2",
    }


async def test_kubectl_server_side_apply_conflicts_with_another_owner_until_forced(
    kubectl: Run, store: Store
) -> None:
    apply = ("apply", "--server-side", "-f", "-")
    assert await kubectl(*apply, stdin=DEPLOYMENT) == (
        0,
        "deployment.apps/web serverside-applied\n",
    )
    assert (await kubectl("scale", "deployment", "web", "--replicas=5"))[0] == 0
    code, output = await kubectl(*apply, stdin=DEPLOYMENT)
    assert code == 1
    assert (
        'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using '
        "apps/v1: .spec.replicas\n" in output
    )
    assert web(store)["spec"]["replicas"] == 5
    assert (await kubectl(*apply, "--force-conflicts", stdin=DEPLOYMENT))[0] == 0
    assert web(store)["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("strategic", '{"spec":{"replicas":7}}'),
        ("merge", '{"spec":{"replicas":7}}'),
        ("json", '[{"op":"replace","path":"/spec/replicas","value":7}]'),
    ],
)
async def test_kubectl_patches(kubectl: Run, store: Store, kind: str, patch: str) -> None:
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    code, output = await kubectl("patch", "deployment", "web", "--type", kind, "-p", patch)
    assert (code, output) == (0, "deployment.apps/web patched\n")
    assert web(store)["spec"]["replicas"] == 7
    assert web(store)["metadata"]["generation"] == 2


async def test_kubectl_labels_annotates_scales_and_deletes(kubectl: Run, store: Store) -> None:
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    for argv in (
        ("label", "deployment", "web", "tier=front"),
        ("annotate", "deployment", "web", "note=hello"),
        ("scale", "deployment", "web", "--replicas=4"),
        ("set", "image", "deployment/web", "web=example/web:9"),
    ):
        code, output = await kubectl(*argv)
        assert code == 0, output
    found = web(store)
    assert found["metadata"]["labels"] == {"tier": "front"}
    assert found["metadata"]["annotations"]["note"] == "hello"
    assert found["spec"]["replicas"] == 4
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "example/web:9"
    assert await kubectl("delete", "deployment", "web") == (
        0,
        'deployment.apps "web" deleted from default namespace\n',
    )
    assert store.list(DEPLOYMENTS) == []


async def test_kubectl_creates_secrets_config_maps_and_namespaces(
    kubectl: Run, store: Store
) -> None:
    assert await kubectl("create", "secret", "generic", "login", "--from-literal=user=me") == (
        0,
        "secret/login created\n",
    )
    assert await kubectl("create", "configmap", "settings", "--from-literal=a=b") == (
        0,
        "configmap/settings created\n",
    )
    assert await kubectl("create", "namespace", "other") == (0, "namespace/other created\n")
    assert store.list(SECRETS)[0]["data"] == {"user": "bWU="}
    assert store.list(CONFIG_MAPS)[0]["data"] == {"a": "b"}
    assert store.get(NAMESPACES, "", "other") is not None
    assert await kubectl("create", "configmap", "settings") == (
        1,
        'error: failed to create configmap: configmaps "settings" already exists\n',
    )
    assert await kubectl("create", "configmap", "settings", "-n", "nowhere") == (
        1,
        'error: failed to create configmap: namespaces "nowhere" not found\n',
    )


async def test_kubectl_gets_tables(kubectl: Run) -> None:
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    code, output = await kubectl("get", "deploy", "-o", "wide")
    assert code == 0
    heading, row = (line.split() for line in output.splitlines())
    assert heading == [
        *("NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"),
    ]
    assert [*row[:4], *row[5:]] == ["web", "0/2", "0", "0", "web", "example/web:1", "app=web"]
    assert await kubectl("get", "pods") == (0, "No resources found in default namespace.\n")
    assert await kubectl("get", "deploy", "nope") == (
        1,
        'Error from server (NotFound): deployments.apps "nope" not found\n',
    )
    assert (await kubectl("get", "all"))[1].splitlines()[1].startswith("deployment.apps/web")


async def test_kubectl_gets_more_than_one_page(kubectl: Run) -> None:
    for name in ("a", "b", "c"):
        await kubectl("create", "configmap", name)
    code, output = await kubectl("get", "configmaps", "--chunk-size=2", "--no-headers")
    assert (code, [line.split()[0] for line in output.splitlines()]) == (0, ["a", "b", "c"])


async def test_kubectl_refuses_fields_that_the_kind_does_not_have(kubectl: Run) -> None:
    code, output = await kubectl(
        "apply", "-f", "-", stdin=DEPLOYMENT.replace("replicas: 2", "replica: 2")
    )
    assert (code, output) == (
        1,
        'Error from server (BadRequest): error when creating "STDIN": Deployment in version "v1" '
        'cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica"\n',
    )


async def test_kubectl_warns_of_them_when_asked_only_to_warn(kubectl: Run) -> None:
    code, output = await kubectl(
        *("apply", "--validate=warn", "-f", "-"),
        stdin=DEPLOYMENT.replace("replicas: 2", "replica: 2"),
    )
    assert (code, output) == (
        0,
        'Warning: unknown field "spec.replica"\ndeployment.apps/web created\n',
    )


async def test_kubectl_dry_runs_store_nothing(kubectl: Run, store: Store) -> None:
    code, output = await kubectl("apply", "--dry-run=server", "-f", "-", stdin=DEPLOYMENT)
    assert (code, output) == (0, "deployment.apps/web created (server dry run)\n")
    assert store.list(DEPLOYMENTS) == []


async def test_kubectl_explains(kubectl: Run) -> None:
    code, output = await kubectl("explain", "deployment.spec.replicas")
    assert code == 0
    assert output.startswith(
        "GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n\n"
        "FIELD: replicas <integer>\n\n\nDESCRIPTION:\n    Number of desired pods."
    )
    _, output = await kubectl("explain", "pod.spec.containers")
    assert "FIELD: containers <[]Container>" in output
    assert "  image\t<string>\n" in output


async def test_kubectl_asks_what_it_may_do(kubectl: Run) -> None:
    assert await kubectl("auth", "can-i", "delete", "pods") == (0, "yes\n")
    code, output = await kubectl("auth", "can-i", "--list")
    assert code == 0
    assert "*.*" in output


async def test_kubectl_waits_for_deletion_and_for_conditions(kubectl: Run, store: Store) -> None:
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    available = asyncio.create_task(
        kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=60s")
    )
    gone = asyncio.create_task(kubectl("wait", "--for=delete", "deployment/web", "--timeout=60s"))
    condition = {"type": "Available", "status": "True"}
    store.update(
        DEPLOYMENTS,
        {**web(store), "status": {"conditions": [condition]}},
        subresource="status",
    )
    assert await available == (0, "deployment.apps/web condition met\n")
    store.delete(DEPLOYMENTS, "default", "web")
    assert (await gone)[0] == 0


async def test_kubectl_watches(kubectl_path: str, isolated: dict[str, str], store: Store) -> None:
    store.create(CONFIG_MAPS, {"metadata": {"name": "a", "namespace": "default"}})
    process = await asyncio.create_subprocess_exec(
        *(kubectl_path, "get", "configmaps", "--watch", "--output-watch-events", "--no-headers"),
        env=isolated,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        await until("ADDED", process.stdout)
        changed = {"metadata": {"name": "a", "namespace": "default"}, "data": {"x": "y"}}
        store.update(CONFIG_MAPS, changed)
        seen = await until("MODIFIED", process.stdout)
        assert re.search(r"MODIFIED +a +1 ", seen)
        store.delete(CONFIG_MAPS, "default", "a")
        await until("DELETED", process.stdout)
    finally:
        process.kill()
        await process.wait()
