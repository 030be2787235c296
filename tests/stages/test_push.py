"""Uploading names nothing; pushing writes the tags, the one that makes a release last."""

from pathlib import Path

import pytest

from shipway.model.bundle import Bundle, ChartRef, ImageRef, digest
from shipway.model.platform import Platform
from shipway.model.record import By
from shipway.oci import bundles
from shipway.oci.artifact import Artifact
from shipway.oci.bundles import NoSuchRelease, Released
from shipway.oci.errors import TagTaken
from shipway.pipeline.stage import Facts, Outcome
from shipway.stages.build import Built
from shipway.stages.push import ChartVersionTaken, Push
from shipway.stages.resolve import Resolve
from shipway.stages.upload import Upload
from shipway.targets.target import Target
from shipway.testing.scripted_shell import Expect, ScriptedShell
from tests.stages.conftest import Voice, Watched, built

COMMIT = 40 * "c"
VALUES = "replicas: 1\n"


def clean(commit: str = COMMIT) -> ScriptedShell:
    return ScriptedShell(
        Expect("git rev-parse HEAD", f"{commit}\n"),
        Expect("git status --porcelain --untracked-files=normal"),
    )


def push(folder: Path, tag: str = "v1", shell: ScriptedShell | None = None) -> Push:
    file = folder / "dev.yaml"
    file.write_text(VALUES)
    return Push(
        image_repository="app",
        chart_repository="charts/app",
        chart=Path("helm/app"),
        values={"dev": file},
        tag=tag,
        shell=shell or clean(),
        by=By("ann", "run-1"),
    )


def artifact(made: Built) -> Artifact:
    assert isinstance(made.image, Artifact)
    return made.image


async def release(
    target: Target, voice: Voice, made: Built, stage: Push
) -> tuple[Outcome, Released]:
    facts = Facts([target, made])
    uploaded = await Upload("app", "charts/app", ScriptedShell()).run(facts, voice.say)
    facts = facts.and_(uploaded.facts)
    outcome = await stage.run(facts, voice.say)
    return outcome, facts.and_(outcome.facts).of(Released)


async def test_an_upload_writes_no_tag(
    target: Target, watched: Watched, voice: Voice, tmp_path: Path
) -> None:
    made = built(tmp_path)
    await Upload("app", "charts/app", ScriptedShell()).run(Facts([target, made]), voice.say)
    assert watched.tags == []
    async with target.open_registry() as registry:
        stored = await registry.manifest("app", artifact(made).digest)
        chart = await registry.manifest("charts/app", made.chart.artifact.digest)
    assert (stored.raw, chart.raw) == (artifact(made).manifest, made.chart.artifact.manifest)


async def test_the_tag_that_makes_a_release_is_written_last(
    target: Target, watched: Watched, voice: Voice, tmp_path: Path
) -> None:
    made = built(tmp_path)
    outcome, released = await release(target, voice, made, push(tmp_path))
    bundle = Bundle(
        image=ImageRef("app", artifact(made).digest),
        chart=ChartRef("charts/app", "1.2.3", made.chart.artifact.digest),
        values={"dev": digest(VALUES.encode())},
        commit=COMMIT,
        tag="v1",
    )
    assert released == Released(bundle, {"dev": VALUES})
    assert not outcome.unchanged
    assert outcome.summary == f"{target.registry.host}/app:v1, bundle {bundle.id[:19]}"
    assert watched.tags == [
        "charts/app:1.2.3",
        "app:v1",
        f"app:bundle-{bundle.id.removeprefix('sha256:')[:16]}",
        "app:v1.bundle",
    ]


async def test_a_release_is_found_again_by_its_tag_and_by_its_id(
    target: Target, voice: Voice, tmp_path: Path
) -> None:
    _, released = await release(target, voice, built(tmp_path), push(tmp_path))
    for reference in ("v1", released.bundle.id):
        outcome = await Resolve("app", reference, "shipway build").run(Facts([target]), voice.say)
        assert outcome.facts == (released, Platform("amd64"))
    with pytest.raises(NoSuchRelease) as caught:
        await Resolve("app", "v2", "shipway history dev").run(Facts([target]), voice.say)
    assert caught.value.problem == f"{target.registry.host}/app holds no release v2; it holds v1"
    assert caught.value.remedy == "shipway history dev"


async def test_the_same_content_from_another_commit_stays_the_release_it_is(
    target: Target, watched: Watched, voice: Voice, tmp_path: Path
) -> None:
    _, first = await release(target, voice, built(tmp_path), push(tmp_path))
    watched.tags.clear()
    stage = push(tmp_path, shell=clean(40 * "d"))
    outcome, second = await release(target, voice, built(tmp_path), stage)
    assert outcome.unchanged
    assert second == first
    assert watched.tags == []


async def test_other_content_under_a_taken_tag_is_refused(
    target: Target, watched: Watched, voice: Voice, tmp_path: Path
) -> None:
    _, first = await release(target, voice, built(tmp_path), push(tmp_path))
    watched.tags.clear()
    other = built(tmp_path, note="two", version="1.2.4")
    with pytest.raises(TagTaken) as caught:
        await release(target, voice, other, push(tmp_path))
    assert caught.value.exit_code == 3
    assert watched.tags == []
    async with target.open_registry() as registry:
        assert await bundles.find(registry, "app", "v1") == first


async def test_another_chart_under_a_taken_tag_is_refused_before_any_tag(
    target: Target, watched: Watched, voice: Voice, tmp_path: Path
) -> None:
    first = built(tmp_path)
    await release(target, voice, first, push(tmp_path))
    watched.tags.clear()
    other = Built(first.image, built(tmp_path, version="1.2.4").chart)
    with pytest.raises(TagTaken):
        await release(target, voice, other, push(tmp_path))
    assert watched.tags == []


async def test_a_latest_tag_moves(target: Target, voice: Voice, tmp_path: Path) -> None:
    await release(target, voice, built(tmp_path), push(tmp_path, "latest"))
    other = built(tmp_path, note="two", version="1.2.4")
    _, second = await release(target, voice, other, push(tmp_path, "latest"))
    async with target.open_registry() as registry:
        assert await bundles.find(registry, "app", "latest") == second
        assert await registry.digest_of("app", "latest") == artifact(other).digest


async def test_a_changed_chart_with_the_same_version_is_refused_before_any_tag(
    target: Target, watched: Watched, voice: Voice, tmp_path: Path
) -> None:
    await release(target, voice, built(tmp_path), push(tmp_path))
    watched.tags.clear()
    with pytest.raises(ChartVersionTaken) as caught:
        await release(target, voice, built(tmp_path, note="two"), push(tmp_path, "v2"))
    assert caught.value.problem == (
        "chart version 1.2.3 is in the registry already, with other content"
    )
    assert caught.value.remedy == "raise the version in helm/app/Chart.yaml"
    assert caught.value.exit_code == 3
    assert watched.tags == []


@pytest.mark.parametrize(
    ("shell", "commit"),
    [
        (
            ScriptedShell(
                Expect("git rev-parse HEAD", f"{COMMIT}\n"),
                Expect("git status --porcelain --untracked-files=normal", " M app/service.py\n"),
            ),
            f"{COMMIT}-dirty",
        ),
        (ScriptedShell(Expect("git rev-parse HEAD", returncode=128)), ""),
    ],
    ids=["changed files", "no repository"],
)
async def test_the_commit_says_what_it_does_not_hold(
    target: Target, voice: Voice, tmp_path: Path, shell: ScriptedShell, commit: str
) -> None:
    _, released = await release(target, voice, built(tmp_path), push(tmp_path, shell=shell))
    assert released.bundle.commit == commit
