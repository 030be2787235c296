"""Charts in drydock's registry, and what helm says to a chart before it installs it."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.drydock.clients.conftest import Drydock, Run

pytestmark = pytest.mark.real


@pytest.fixture(params=["helm", "helm3"])
def either(request: pytest.FixtureRequest) -> Run:
    helm: Run = request.getfixturevalue(request.param)
    return helm


async def test_a_chart_is_pushed_and_installed_from_the_registry(
    either: Run, charts: Path, drydock: Drydock, namespace: str, tmp_path: Path
) -> None:
    host = f"127.0.0.1:{drydock.status.registry}"
    packaged = await either("package", charts / "web", "--destination", tmp_path)
    assert packaged.code == 0, packaged
    archive = tmp_path / "web-0.1.0.tgz"
    stored = f"{host}/{namespace}/web"
    pushed = await either("push", archive, f"oci://{host}/{namespace}", "--plain-http")
    digest = drydock.registry.head(
        f"/v2/{namespace}/web/manifests/0.1.0",
        headers={"Accept": "application/vnd.oci.image.manifest.v1+json"},
    ).headers["Docker-Content-Digest"]
    # helm 4 says it on stdout, helm 3 on stderr
    assert (pushed.code, pushed.out + pushed.err) == (
        0,
        f"Pushed: {stored}:0.1.0\nDigest: {digest}\n",
    )
    image = f"image={drydock.images}:1"
    remote = (f"oci://{stored}", "--version=0.1.0", "--plain-http", "--set", image)
    installed = await either("install", "web", *remote, "--wait")
    assert installed.code == 0, installed
    assert "web is red." in installed.out
    by_digest = f"oci://{stored}@{digest}"
    upgraded = await either("upgrade", "web", by_digest, "--plain-http", "--set", image)
    assert upgraded.code == 0, upgraded
    folder = tmp_path / "pulled"
    folder.mkdir()
    pulled = await either("pull", f"oci://{stored}", "--plain-http", "--destination", folder)
    assert pulled.code == 0, pulled
    assert (folder / archive.name).read_bytes() == archive.read_bytes()
    missing = await either("pull", f"oci://{stored}", "--plain-http", "--version=9.9.9")
    assert missing.code == 1
    assert missing.err.endswith(f"{stored}:9.9.9: not found\n")


ANSWERS = dedent("""\
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: asks
    data:
      kubernetes: {{ .Capabilities.KubeVersion }}
      deployments: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}
      strangers: {{ .Capabilities.APIVersions.Has "strange.io/v1" | quote }}
      namespace: {{ (lookup "v1" "Namespace" "" "default").metadata.name }}
      nobody: {{ lookup "v1" "ConfigMap" "default" "nobody" | toJson | quote }}
    """)


@pytest.mark.parametrize(
    ("program", "words"),
    [("helm", ["--dry-run=server"]), ("helm3", ["--dry-run=server", "--validate"])],
)
async def test_a_template_knows_what_the_server_serves(
    request: pytest.FixtureRequest, program: str, words: list[str], tmp_path: Path
) -> None:
    helm: Run = request.getfixturevalue(program)
    chart = tmp_path / "asks"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: asks\nversion: 0.1.0\n")
    (chart / "templates" / "answer.yaml").write_text(ANSWERS)
    said = await helm("template", "asks", chart, *words)
    assert said.data["data"] == {
        "kubernetes": "v1.36.0+drydock",
        "deployments": "true",
        "strangers": "false",
        "namespace": "default",
        "nobody": "{}",
    }
