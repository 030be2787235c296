"""The docker builder with a scripted client, and with the real one where an engine answers."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from shipway.commands.command import Command
from shipway.docker.build_errors import DockerfileMissing, StepFailed
from shipway.docker.errors import DockerDown, DockerMissing
from shipway.errors import ProgramMissing
from shipway.images.docker import LARGE, DockerImage, Loaded, build
from shipway.model.platform import Platform
from shipway.shell.shell import Finished, Listener
from shipway.testing.scripted_shell import Expect, ScriptedShell

RECORDED = Path(__file__).parents[1] / "docker" / "recorded"
NO_GIT = Expect("git log -1 '--format=%H %cI' -- app", "fatal: not a git repository", 128)
BUILDX = Expect("docker buildx version", "github.com/docker/buildx v0.24.0")
NO_BUILDX = Expect("docker buildx version", "docker: unknown command: docker buildx", 1)
MISSING = (
    "ERROR: BuildKit is enabled but the buildx component is missing or broken.\n"
    "       Install the buildx component to build images with BuildKit:\n"
    "       https://docs.docker.com/go/buildx/"
)


@pytest.fixture
def image(tmp_path: Path) -> DockerImage:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text((RECORDED / "Dockerfile").read_text())
    (tmp_path / "app" / ".dockerignore").write_text("tests\n")
    return DockerImage(tmp_path, PurePath("app"), "sample-app")


def lines(image: DockerImage, *arguments: str) -> dict[str, str]:
    tail = " ".join(["--tag", name(image), *arguments, "app"])
    return {
        "buildx": f"docker buildx build --provenance=false --sbom=false --load --progress plain {tail}",
        "buildkit": f"docker build --progress plain {tail}",
        "legacy": f"docker build --force-rm {tail}",
    }


def name(image: DockerImage) -> str:
    return f"sample-app:shipway-{hashlib.sha256(bytes(image.root)).hexdigest()[:8]}"


def found(image: DockerImage) -> Expect:
    facts = json.dumps({"Id": "sha256:aa", "Size": 90_000_000, "Architecture": "arm64"})
    return Expect(f"docker image inspect --format '{{{{json .}}}}' {name(image)}", facts)


async def built(image: DockerImage, *script: Expect) -> tuple[Loaded, list[str], Sequence[str]]:
    """What was built, what was said, and every environment that a command had of its own."""
    shell, said = ScriptedShell(*script), list[str]()
    loaded = await build(image, shell, say=said.append, progress=lambda _text: None)
    assert shell.done
    return loaded, said, [json.dumps(dict(command.env)) for command in shell.ran if command.env]


async def test_buildx_builds_where_it_works(image: DockerImage) -> None:
    loaded, said, _ = await built(
        image, NO_GIT, BUILDX, Expect(lines(image)["buildx"]), found(image)
    )
    assert (loaded, said) == (Loaded("sha256:aa", 90_000_000, "buildx", Platform("arm64")), [])


async def test_without_buildx_an_older_client_builds_with_its_own_buildkit(
    image: DockerImage,
) -> None:
    loaded, said, env = await built(
        image, NO_GIT, NO_BUILDX, Expect(lines(image)["buildkit"]), found(image)
    )
    assert (loaded.way, said, env) == ("buildkit", [], ['{"DOCKER_BUILDKIT": "1"}'])


async def test_a_newer_client_without_buildx_falls_back_to_the_legacy_builder_and_says_so(
    image: DockerImage,
) -> None:
    loaded, said, env = await built(
        image,
        NO_GIT,
        NO_BUILDX,
        Expect(lines(image)["buildkit"], MISSING, 1),
        Expect(lines(image)["legacy"]),
        found(image),
    )
    assert (loaded.way, said, env) == (
        "legacy",
        ["this Docker client has no buildx: the legacy builder builds, without BuildKit's cache"],
        ['{"DOCKER_BUILDKIT": "1"}', '{"DOCKER_BUILDKIT": "0"}'],
    )


async def test_the_dockerfile_gets_the_base_and_where_the_source_comes_from(
    image: DockerImage,
) -> None:
    arguments = (
        "--build-arg PYTHON_IMAGE=localhost:5001/python:3.12",
        "--build-arg CREATED=2026-01-02T03:04:05+00:00",
        "--build-arg REVISION=c0ffee-dirty",
        "--build-arg SOURCE=https://github.com/team/shop",
    )
    await built(
        replace(image, base="localhost:5001/python:3.12"),
        Expect("git log -1 '--format=%H %cI' -- app", "c0ffee 2026-01-02T03:04:05+00:00\n"),
        Expect("git status --porcelain --untracked-files=normal -- app", " M app/x.py\n"),
        Expect("git remote get-url origin", "https://token:x@github.com/team/shop.git\n"),
        BUILDX,
        Expect(lines(image, *arguments)["buildx"]),
        found(image),
    )


async def test_source_date_epoch_is_the_time_of_creation(image: DockerImage) -> None:
    line = lines(image, "--build-arg CREATED=1970-01-01T00:01:00Z")["buildx"]
    await built(replace(image, epoch=60), NO_GIT, BUILDX, Expect(line), found(image))


async def test_a_failing_step_names_its_place(image: DockerImage) -> None:
    output = (RECORDED / "buildx" / "step.txt").read_text()
    failing = Expect(lines(image)["buildx"], output, 1)
    with pytest.raises(StepFailed) as caught:
        await built(image, NO_GIT, BUILDX, failing)
    assert (caught.value.line, caught.value.cause) == (5, "exit code 3")


async def test_an_engine_that_went_away_is_told_as_such(image: DockerImage) -> None:
    words = "Cannot connect to the Docker daemon at unix:///d.sock. Is the docker daemon running?"
    with pytest.raises(DockerDown) as caught:
        await built(image, NO_GIT, BUILDX, Expect(lines(image)["buildx"], words, 1))
    assert caught.value.problem == "no Docker engine answers at unix:///d.sock"


async def test_without_a_client_nothing_is_built(image: DockerImage) -> None:
    class NoPrograms:
        async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
            raise ProgramMissing(command.argv[0])

    with pytest.raises(DockerMissing):
        await build(image, NoPrograms(), say=print, progress=print)


async def test_without_a_dockerfile_nothing_is_built(image: DockerImage) -> None:
    (image.root / image.dockerfile).unlink()
    with pytest.raises(DockerfileMissing) as caught:
        await built(image)
    assert (caught.value.exit_code, caught.value.problem, caught.value.remedy) == (
        2,
        "app/Dockerfile is not there, and the docker builder builds from it",
        "write one, or set image.builder: python in shipway.yaml",
    )


@pytest.mark.parametrize(
    ("size", "ignored", "said"),
    [
        (
            LARGE,
            False,
            [
                "app has 100 MB and no .dockerignore: "
                "all of it goes to the Docker engine at every build"
            ],
        ),
        (LARGE, True, []),
        (1000, False, []),
    ],
)
async def test_a_large_context_is_worth_a_word(
    image: DockerImage, size: int, ignored: bool, said: list[str]
) -> None:
    if not ignored:
        (image.root / "app" / ".dockerignore").unlink()
    with (image.root / "app" / "model.bin").open("wb") as file:
        file.truncate(size)  # sparse: it takes no space
    script = (NO_GIT, BUILDX, Expect(lines(image)["buildx"]), found(image))
    assert (await built(image, *script))[1] == said
