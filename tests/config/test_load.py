"""What a sound file means, where it is found, and how a missing one reads."""

from pathlib import Path, PurePosixPath

import pytest

from shipway.config.load import find, load
from shipway.config.problem import ConfigError, ConfigMissing
from shipway.config.project import (
    Chart,
    Check,
    Checks,
    Environment,
    Image,
    Project,
    Target,
)


def test_a_sound_file_is_a_project(project: Path) -> None:
    dev, live = Environment("dev", "shop-dev"), Environment("live", "shop-live")
    assert load(Path("shipway.yaml")) == Project(
        root=project,
        name="shop",
        image=Image(
            repository="team/shop",
            builder="auto",
            source=PurePosixPath("src"),
            packages=("shop",),
            requirements=PurePosixPath("requirements.txt"),
            entrypoint=("python", "-m", "shop", "--port", "8080"),
            port=8080,
            base=None,
        ),
        chart=Chart(PurePosixPath("chart"), "charts/shop"),
        checks=Checks(
            lint=Check(("ruff", "check"), PurePosixPath()),
            test=Check(("pytest", "-q"), PurePosixPath("src")),
            runner="auto",
            image="python:3.12-slim",
            requirements=(),
        ),
        environments=(dev, live),
        timeout=90,
        targets={
            "embedded": Target(
                values={
                    "dev": PurePosixPath("values/dev.yaml"),
                    "live": PurePosixPath("values/live.yaml"),
                },
                hosts={"dev": "dev.shop.local", "live": "shop.local"},
                port=8000,
            )
        },
    )


def test_a_release_is_named_after_the_project_and_the_environment(project: Path) -> None:
    loaded = load(project / "shipway.yaml")
    assert [loaded.release(each) for each in loaded.environments] == ["shop-dev", "shop-live"]


def test_the_file_is_found_from_any_folder_below_it(project: Path) -> None:
    assert find(project) == project / "shipway.yaml"
    assert find(project / "src" / "shop") == project / "shipway.yaml"


def test_no_file_anywhere_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigMissing) as missing:
        find(tmp_path)
    assert missing.value.problem == f"shipway.yaml not found in {tmp_path} or its parents"
    assert (
        missing.value.remedy == "cd to your project, or begin one with: shipway docs > shipway.yaml"
    )
    assert missing.value.exit_code == 2


def test_a_named_file_that_is_not_there_is_missing_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigMissing) as missing:
        load(tmp_path / "other.yaml")
    assert missing.value.problem == f"other.yaml not found in {tmp_path} or its parents"


def test_a_folder_in_place_of_the_file_is_a_problem(project: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(project / "src")
    assert refused.value.details == ("src:1  cannot be read: Is a directory",)


def test_lines_name_the_file_as_seen_from_here(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / "shipway.yaml"
    path.write_text("")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    said = []
    for here in (project, project / "src", project.parent, elsewhere):
        monkeypatch.chdir(here)
        with pytest.raises(ConfigError) as refused:
            load(path)
        said.append(refused.value.details[0])
    assert said == [
        "shipway.yaml:1  the file is empty",
        "../shipway.yaml:1  the file is empty",
        f"{project.name}/shipway.yaml:1  the file is empty",
        f"{path}:1  the file is empty",
    ]


def test_a_target_has_the_key_of_its_team(project: Path) -> None:
    path = project / "shipway.yaml"
    path.write_text(f"{path.read_text()}    key: requirements.txt\n")
    assert load(path).targets["embedded"].key == PurePosixPath("requirements.txt")
    path.write_text(path.read_text().replace("key: requirements.txt", "key: null"))
    assert load(path).targets["embedded"].key is None
