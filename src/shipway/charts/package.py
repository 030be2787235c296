"""A chart as one archive, in the shape `helm push` gives it in a registry, and the same from every machine.

Source: https://helm.sh/docs/topics/charts/ and https://helm.sh/docs/topics/registries/
"""

import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, ClassVar

from shipway.charts import yamls
from shipway.charts.ignore import HelmIgnore
from shipway.charts.size import refuse_too_large
from shipway.charts.stored import stored_gzip
from shipway.errors import USAGE, ShipwayError
from shipway.model.bundle import canonical
from shipway.oci.artifact import Artifact, Blob

CONFIG = "application/vnd.cncf.helm.config.v1+json"
CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"

_NAME = re.compile(r"[a-zA-Z0-9._-]+")
_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)

Files = Mapping[str, bytes]
"""By path inside the chart, with slashes."""


@dataclass(frozen=True, slots=True)
class Packaged:
    name: str
    version: str
    app_version: str | None
    archive: bytes = field(repr=False)
    artifact: Artifact

    @property
    def tag(self) -> str:
        return tag_of(self.version)


@dataclass(eq=False)
class ChartMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    chart: PurePath

    @property
    def problem(self) -> str:
        return f"{self.chart} is no chart: it has no Chart.yaml"

    @property
    def remedy(self) -> str:
        return "name the folder that holds Chart.yaml, or make one with `helm create NAME`"


@dataclass(eq=False)
class ChartInvalid(ShipwayError):
    """A Chart.yaml that helm or a registry would refuse."""

    exit_code: ClassVar[int] = USAGE

    file: PurePath
    line: int
    reason: str
    example: str

    @property
    def problem(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"

    @property
    def remedy(self) -> str:
        return f"write `{self.example}` in {self.file}"


@dataclass(eq=False)
class DependencyMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    chart: PurePath
    names: tuple[str, ...]

    @property
    def problem(self) -> str:
        names = ", ".join(self.names)
        return (
            f"{self.chart / 'Chart.yaml'} depends on {names}, which {self.chart / 'charts'} has not"
        )

    @property
    def remedy(self) -> str:
        return f"helm dependency build {self.chart}"


def tag_of(version: str) -> str:
    """A tag may hold no plus sign; helm writes an underscore for it and reads it back."""
    return version.replace("+", "_")


def package(chart: Path) -> Packaged:
    """Reads the folder; the archive has no time, no owner and no file that .helmignore names."""
    files = _read(chart)
    metadata = _metadata(files, chart)
    missing = tuple(sorted(set(_declared(metadata)) - set(_vendored(files, chart))))
    if missing:
        raise DependencyMissing(chart, missing)
    refuse_too_large(files, chart)
    name, version = metadata["name"], metadata["version"]
    archive = stored_gzip(_tar(name, files))
    app_version = metadata.get("appVersion")
    return Packaged(
        name=name,
        version=version,
        app_version=None if app_version is None else str(app_version),
        archive=archive,
        artifact=Artifact(
            config=Blob.of(CONFIG, canonical(metadata)),
            layers=(Blob.of(CONTENT, archive),),
            annotations=_annotations(metadata),
        ),
    )


def _read(chart: Path) -> Files:
    """What helm would load: every file that is not ignored."""
    if not (chart / "Chart.yaml").is_file():
        raise ChartMissing(chart)
    listed = chart / ".helmignore"
    text = listed.read_text(encoding="utf-8") if listed.is_file() else ""
    ignore = HelmIgnore.parse(text, file=listed)
    return {name: (chart / name).read_bytes() for name in _walk(chart, "", ignore)}


def _walk(folder: Path, prefix: str, ignore: HelmIgnore) -> Iterator[str]:
    for path in folder.iterdir():
        name = f"{prefix}{path.name}"
        if ignore.excludes(name, is_folder=path.is_dir()):
            continue
        if path.is_dir():
            yield from _walk(path, f"{name}/", ignore)
        elif path.is_file():
            yield name


def _metadata(files: Files, chart: Path) -> dict[str, Any]:
    file = chart / "Chart.yaml"
    if "Chart.yaml" not in files:
        raise ChartInvalid(chart / ".helmignore", 1, "it leaves Chart.yaml out", "!Chart.yaml")
    text = _decoded(files["Chart.yaml"], file)
    found = yamls.read(text, file=file)
    if not isinstance(found, dict):
        raise ChartInvalid(file, 1, "it is no mapping", "apiVersion: v2")
    for key, pattern, should, example in (
        ("apiVersion", re.compile("v[12]"), "be v2", "apiVersion: v2"),
        ("name", _NAME, "be letters, digits and dashes", f"name: {chart.resolve().name}"),
        ("version", _SEMVER, "be a semantic version", "version: 0.1.0"),
    ):
        value = found.get(key)
        if value is None:
            raise ChartInvalid(file, 1, f"{key} is missing", example)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            line = _line_of(key, text)
            raise ChartInvalid(file, line, f"{key} should {should}, not {value!r}", example)
    return found


def _decoded(content: bytes, file: Path) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise yamls.YamlUnreadable(file, line, "not in UTF-8") from None


def _line_of(key: str, text: str) -> int:
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if line.startswith(f"{key}:")), 1)


def _declared(metadata: Mapping[str, Any]) -> list[str]:
    return [str(each.get("name")) for each in metadata.get("dependencies") or ()]


def _vendored(files: Files, chart: Path) -> Iterator[str]:
    """Names below charts/: a folder says its own in its Chart.yaml, an archive has it in its file name."""
    for path, content in files.items():
        archived = re.fullmatch(r"charts/([^/]+?)-v?\d+\.\d+\.\d+[^/]*\.tgz", path)
        if archived:
            yield archived[1]
        if re.fullmatch(r"charts/[^/]+/Chart\.yaml", path):
            file = chart / path
            yield str(yamls.read(_decoded(content, file), file=file)["name"])


def _tar(name: str, files: Files) -> bytes:
    """Chart.yaml first: helm and registries that show charts read it without the rest."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files, key=lambda path: (path != "Chart.yaml", path)):
            header = tarfile.TarInfo(f"{name}/{path}")
            header.size, header.mode = len(files[path]), 0o644
            archive.addfile(header, io.BytesIO(files[path]))
    return buffer.getvalue()


def _annotations(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Helm's, but for `created`, which would make each push another chart."""
    prefix = "org.opencontainers.image"
    return {
        f"{prefix}.title": metadata["name"],
        f"{prefix}.version": metadata["version"],
        **({f"{prefix}.description": text} if (text := metadata.get("description")) else {}),
    }
