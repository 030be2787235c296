"""The sample's workflows, as text and as a reader of YAML sees them."""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import pytest
import yaml

from shipway.config.load import load
from shipway.config.project import Project
from shipway.workflows.documents import files

ROOT = Path(__file__).parents[2]
EVERY_LOCAL_TARGET = ("embedded", "kind")


@pytest.fixture(scope="session")
def project() -> Project:
    return load(ROOT / "shipway.yaml")


@pytest.fixture(scope="session")
def texts(project: Project) -> Mapping[PurePath, str]:
    return files(project, EVERY_LOCAL_TARGET)


@pytest.fixture(scope="session")
def workflows(texts: Mapping[PurePath, str]) -> dict[str, dict[str, Any]]:
    """By name. Every scalar stays a string: GitHub's `on` is no truth value."""
    return {file.stem: yaml.load(text, yaml.BaseLoader) for file, text in texts.items()}
