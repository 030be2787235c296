"""What holds for all tests."""

import os
import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def activated(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after `source .venv/bin/activate`: advice names `shipway` without its path."""
    here = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", os.pathsep.join([here, os.environ.get("PATH", os.defpath)]))
