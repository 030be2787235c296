"""Name what was built: the chart's version, the image's tag, and the bundle that binds them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from shipway.charts.package import Packaged, tag_of
from shipway.commands import git
from shipway.errors import REFUSED, CommandFailed, ProgramMissing, ShipwayError
from shipway.model.bundle import Bundle, ChartRef, ImageRef, digest
from shipway.model.record import By, Record, latest
from shipway.oci import bundles
from shipway.oci.bundles import Released
from shipway.oci.errors import TagTaken
from shipway.oci.records import Ledger
from shipway.oci.registry import Registry
from shipway.oci.team_key import TeamKey
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.stages.build import Built, short
from shipway.stages.upload import Uploaded
from shipway.targets.target import Target


@dataclass(eq=False)
class ChartVersionTaken(ShipwayError):
    """The registry has this version with other content: most registries would silently replace it (pitfall 26)."""

    exit_code: ClassVar[int] = REFUSED

    version: str
    file: Path

    @property
    def problem(self) -> str:
        return f"chart version {self.version} is in the registry already, with other content"

    @property
    def remedy(self) -> str:
        return f"raise the version in {self.file}"


@dataclass(frozen=True, slots=True)
class Push:
    """The only stage that writes tags for people: all are free before the first is written, and the bundle's is the last.

    A release that is there under this tag with the same content stays what it is, whatever commit made it again.
    """

    name: ClassVar[str] = "push"

    image_repository: str
    chart_repository: str
    chart: Path
    values: Mapping[str, Path]  # by environment
    tag: str
    shell: Shell
    by: By
    rollback_safe: bool = True
    key: TeamKey | None = None

    async def run(self, so_far: Facts, say: Say) -> Outcome:
        built, target = so_far.of(Built), so_far.of(Target)
        texts = {name: path.read_text(encoding="utf-8") for name, path in self.values.items()}
        chart, image = built.chart, so_far.of(Uploaded).image
        bundle = Bundle(
            image=ImageRef(self.image_repository, image.digest),
            chart=ChartRef(self.chart_repository, chart.version, chart.artifact.digest),
            values={name: digest(text.encode()) for name, text in texts.items()},
            commit=await self._commit(),
            tag=self.tag,
            rollback_safe=self.rollback_safe,
        )
        name = f"{target.image_name(self.image_repository)}:{self.tag}"
        async with target.open_registry() as registry:
            there = await bundles.peek(registry, self.image_repository, self.tag)
            if there and there.bundle.same_content(bundle):
                await self._record(registry, there.bundle, say)
                summary = f"{name} is bundle {short(there.bundle.id)} already"
                return Outcome(
                    summary, facts=(there,), unchanged=True, outputs=_outputs(there.bundle)
                )
            released = Released(bundle, texts)
            with self._chart_version(chart):
                await registry.has_tag(
                    self.chart_repository, bundle.chart.digest, tag_of(chart.version)
                )
            await registry.has_tag(self.image_repository, image.digest, self.tag)
            await bundles.check(registry, released, image)
            with self._chart_version(chart), say.effect("chart tag"):
                await registry.tag(
                    self.chart_repository, bundle.chart.digest, tag_of(chart.version)
                )
            with say.effect("image tag"):
                await registry.tag(self.image_repository, image.digest, self.tag)
            with say.effect("bundle"):
                await bundles.push(registry, released, image)
            await self._record(registry, bundle, say)
        return Outcome(
            f"{name}, bundle {short(bundle.id)}", facts=(released,), outputs=_outputs(bundle)
        )

    async def _record(self, registry: Registry, bundle: Bundle, say: Say) -> None:
        """Who built it and when, unless that is known: the bundle itself is the same from everybody."""
        ledger = Ledger(registry, self.image_repository, self.key)
        if latest(await ledger.read(bundle.id), "built"):
            return
        at = datetime.now(UTC).isoformat(timespec="seconds")
        with say.effect("record built"):
            await ledger.write(Record("built", bundle.id, at, self.by.who, self.by.run))

    @contextmanager
    def _chart_version(self, chart: Packaged) -> Iterator[None]:
        try:
            yield
        except TagTaken as taken:
            raise ChartVersionTaken(chart.version, self.chart / "Chart.yaml") from taken

    async def _commit(self) -> str:
        """The commit that was built, marked when the tree has changes; empty outside of git."""
        try:
            head = (await self.shell.run(git.head())).stdout.strip()
            changed = (await self.shell.run(git.changes())).stdout.strip()
        except (CommandFailed, ProgramMissing):
            return ""
        return f"{head}-dirty" if changed else head


def _outputs(bundle: Bundle) -> dict[str, str]:
    """With these a later job deploys the very release that this one made."""
    return {"bundle": bundle.id, "tag": bundle.tag}
