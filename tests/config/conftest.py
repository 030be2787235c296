from pathlib import Path

import pytest

GOOD = """\
name: shop
image:
  repository: team/shop
  source: src
  packages: [shop]
  requirements: requirements.txt
  entrypoint: [python, -m, shop, --port, 8080]
  port: 8080
chart:
  path: chart
  repository: charts/shop
checks:
  lint: {run: [ruff, check]}
  test: {run: [pytest, -q], in: src}
environments:
  dev: {namespace: shop-dev}
  live: {namespace: shop-live}
timeout: 1m30s
targets:
  embedded:
    values: {dev: values/dev.yaml, live: values/live.yaml}
    hosts: {dev: dev.shop.local, live: shop.local}
    port: 8000
"""

FILES = (
    "requirements.txt",
    "src/shop/__init__.py",
    "chart/Chart.yaml",
    "values/dev.yaml",
    "values/live.yaml",
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sound release definition and all that it names; the current folder."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "shipway.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    return tmp_path
