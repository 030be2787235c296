"""The annotated reference is a definition itself, knows every key, and can be read in parts."""

from pathlib import Path, PurePosixPath

import pytest
import yaml

from shipway.config import reference
from shipway.config.load import load
from shipway.config.problem import ConfigError
from shipway.config.project import Environment, Target

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "staging", "prod")
FILES = (
    "app/requirements.txt",
    "app/requirements-dev.txt",
    "app/sample_app/__init__.py",
    "helm/sample-app/Chart.yaml",
    *(f"environments/{name}.yaml" for name in ENVIRONMENTS),
    *(f"environments/eks-{name}.yaml" for name in ENVIRONMENTS),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_the_reference_is_a_sound_definition(folder: Path) -> None:
    path = folder / "shipway.yaml"
    path.write_text(reference.whole())
    project = load(path)
    assert project.environments == (
        Environment("dev", "dev"),
        Environment("staging", "staging"),
        Environment("prod", "prod", "rollback", max_failed_requests=5, approval=True),
    )
    assert (project.probe, project.rollback_safe) == ("/health", True)
    assert project.timeout == 120
    assert list(project.targets) == ["embedded", "kind", "eks"]
    assert project.targets["eks"] == Target(
        {name: PurePosixPath(f"environments/eks-{name}.yaml") for name in ENVIRONMENTS}
    )


def test_the_reference_has_every_key_that_is_understood(folder: Path) -> None:
    """An unknown key makes the reader list the keys it knows: they are those of the reference."""
    tree = yaml.safe_load(reference.whole())
    sections = {
        "": tree,
        "image": tree["image"],
        "chart": tree["chart"],
        "checks": tree["checks"],
        "checks.lint": tree["checks"]["lint"],
        "environments.prod": tree["environments"]["prod"],
        "targets": tree["targets"],
        **{f"targets.{name}": target for name, target in tree["targets"].items()},
    }
    known = {name: sorted(section) for name, section in sections.items()}
    for section in sections.values():
        section["%"] = "?"
    path = folder / "shipway.yaml"
    path.write_text(yaml.safe_dump(tree))
    with pytest.raises(ConfigError) as refused:
        load(path)
    said = {
        each.key.removesuffix("%").removesuffix("."): each.says.removeprefix(
            "unknown key, the keys here are "
        )
        for each in refused.value.problems
    }
    assert {name: sorted(keys.split(", ")) for name, keys in said.items()} == known


def test_a_section_comes_with_the_comment_above_it() -> None:
    assert reference.section("timeout") == (
        "# How long one rollout may take: hours, minutes and seconds, such as 120s, 2m or 1h30m.\n"
        "timeout: 120s"
    )


def test_every_top_level_key_is_a_section() -> None:
    for name in yaml.safe_load(reference.whole()):
        section = reference.section(name)
        assert section is not None
        assert section.startswith("#")
        assert list(yaml.safe_load(section)) == [name]


def test_an_unknown_section_is_none() -> None:
    assert reference.section("enviroments") is None


def test_the_sample_is_a_sound_definition() -> None:
    project = load(ROOT / "shipway.yaml")
    assert [project.release(each) for each in project.environments] == [
        "sample-app-dev",
        "sample-app-staging",
        "sample-app-prod",
    ]
