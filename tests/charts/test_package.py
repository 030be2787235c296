import io
import json
import os
import random
import shutil
import tarfile
from pathlib import Path

import pytest

from shipway.charts.package import (
    ChartInvalid,
    ChartMissing,
    DependencyMissing,
    package,
    tag_of,
)
from shipway.charts.size import ChartTooLarge
from shipway.charts.yamls import YamlUnreadable
from shipway.commands.command import Command
from shipway.errors import ShipwayError
from shipway.shell.local import LocalShell

CHART = """\
apiVersion: v2
name: web
version: 1.2.3+build.5
appVersion: 2024
description: A web
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    return make(tmp_path / "chart")


def make(chart: Path) -> Path:
    files = {
        "Chart.yaml": CHART,
        ".helmignore": "*.md\nci/\n",
        "values.yaml": "a: 1\n",
        "templates/map.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: x\n",
        "templates/.map.yaml.swp": "editor",
        "README.md": "for people",
        "ci/test.yaml": "a: 2\n",
    }
    for name, text in files.items():
        path = chart / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return chart


def names(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return tar.getnames()


def test_the_archive_begins_with_chart_yaml_and_leaves_out_what_is_ignored(chart: Path) -> None:
    assert names(package(chart).archive) == [
        "web/Chart.yaml",
        "web/.helmignore",
        "web/templates/map.yaml",
        "web/values.yaml",
    ]


def test_the_artifact_is_what_helm_push_would_make(chart: Path) -> None:
    packaged = package(chart)
    artifact = packaged.artifact
    assert (packaged.name, packaged.version, packaged.app_version, packaged.tag) == (
        "web",
        "1.2.3+build.5",
        "2024",
        "1.2.3_build.5",
    )
    assert isinstance(artifact.config.content, bytes)
    assert json.loads(artifact.config.content) == {
        "apiVersion": "v2",
        "name": "web",
        "version": "1.2.3+build.5",
        "appVersion": 2024,
        "description": "A web",
    }
    assert artifact.config.descriptor.media_type == "application/vnd.cncf.helm.config.v1+json"
    (layer,) = artifact.layers
    assert layer.content == packaged.archive
    assert layer.descriptor.media_type == ("application/vnd.cncf.helm.chart.content.v1.tar+gzip")
    assert dict(artifact.annotations) == {
        "org.opencontainers.image.title": "web",
        "org.opencontainers.image.version": "1.2.3+build.5",
        "org.opencontainers.image.description": "A web",
    }


def test_the_same_chart_is_the_same_digest_in_any_folder_at_any_time(
    chart: Path, tmp_path: Path
) -> None:
    copy = make(tmp_path / "other" / "folder")
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    assert package(copy).artifact.digest == package(chart).artifact.digest


def test_a_tag_may_hold_no_plus() -> None:
    assert tag_of("1.0.0-rc.1+5.x") == "1.0.0-rc.1_5.x"


def test_a_folder_without_chart_yaml_is_no_chart(tmp_path: Path) -> None:
    with pytest.raises(ChartMissing) as refused:
        package(tmp_path)
    assert refused.value.problem == f"{tmp_path} is no chart: it has no Chart.yaml"


@pytest.mark.parametrize(
    ("before", "after", "kind", "problem"),
    [
        ("version: 1.2.3+build.5\n", "", ChartInvalid, "1: version is missing"),
        ("name: web\n", "", ChartInvalid, "1: name is missing"),
        ("1.2.3+build.5", "v1.2", ChartInvalid, "3: version should be a semantic version, not 'v1.2'"),
        ("1.2.3+build.5", "1.2", ChartInvalid, "3: version should be a semantic version, not 1.2"),
        ("apiVersion: v2", "apiVersion: v9", ChartInvalid, "1: apiVersion should be v2, not 'v9'"),
        ("name: web", "name: a/b", ChartInvalid, "2: name should be letters, digits and dashes, not 'a/b'"),
        ("name: web", "name: [web", YamlUnreadable, "3: while parsing a flow sequence did not find expected ',' or ']'"),
    ],
)  # fmt: skip
def test_a_chart_that_a_registry_could_not_name_is_refused(
    chart: Path, before: str, after: str, kind: type[ShipwayError], problem: str
) -> None:
    (chart / "Chart.yaml").write_text(CHART.replace(before, after))
    with pytest.raises(kind) as refused:
        package(chart)
    assert refused.value.problem == f"{chart / 'Chart.yaml'}:{problem}"
    assert refused.value.remedy


def test_a_dependency_that_was_not_fetched_is_named(chart: Path) -> None:
    (chart / "Chart.yaml").write_text(
        f"{CHART}dependencies:\n- name: one\n- name: two\n- name: three\n"
    )
    for vendored, content in (("two-1.0.0-rc.1.tgz", ""), ("folder/Chart.yaml", "name: three\n")):
        path = chart / "charts" / vendored
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    with pytest.raises(DependencyMissing) as refused:
        package(chart)
    assert refused.value.problem == (
        f"{chart / 'Chart.yaml'} depends on one, which {chart / 'charts'} has not"
    )
    assert refused.value.remedy == f"helm dependency build {chart}"


def test_a_chart_that_no_secret_could_hold_is_refused_with_what_is_big(chart: Path) -> None:
    (chart / "dump.bin").write_bytes(random.Random(1).randbytes(1_000_000))
    with pytest.raises(ChartTooLarge) as refused:
        package(chart)
    assert refused.value.problem == (
        f"{chart} makes a release of 1.3 MiB, and a Secret holds 1 MiB; its largest files: "
        "dump.bin (977 KiB), Chart.yaml (0 KiB), templates/map.yaml (0 KiB)"
    )


@pytest.mark.real
async def test_helm_packs_the_same_files_and_reads_our_archive(chart: Path, tmp_path: Path) -> None:
    helm = os.environ.get("SHIPWAY_HELM") or shutil.which("helm")
    if helm is None:
        pytest.skip("no helm 4: set SHIPWAY_HELM to one")
    shell = LocalShell(tmp_path)
    env = {"HOME": str(tmp_path)}
    await shell.run(Command((helm, "package", str(chart)), env=env))
    ours = tmp_path / "ours.tgz"
    ours.write_bytes(package(chart).archive)
    theirs = (tmp_path / "web-1.2.3+build.5.tgz").read_bytes()
    assert sorted(names(ours.read_bytes())) == sorted(names(theirs))
    rendered = await shell.run(Command((helm, "template", "x", str(ours)), env=env))
    assert "# Source: web/templates/map.yaml\nkind: ConfigMap\n" in rendered.stdout
