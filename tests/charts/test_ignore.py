from pathlib import PurePath

import pytest

from shipway.charts.ignore import HelmIgnore
from shipway.charts.yamls import YamlUnreadable

FILE = PurePath("chart/.helmignore")


def ignore(text: str) -> HelmIgnore:
    return HelmIgnore.parse(text, file=FILE)


@pytest.mark.parametrize(
    ("rules", "path", "is_folder", "excluded"),
    [
        ("*.md", "README.md", False, True),
        ("*.md", "docs/README.md", False, True),
        ("/*.md", "docs/README.md", False, False),
        ("docs/*.md", "docs/README.md", False, True),
        ("docs/*.md", "more/docs/README.md", False, False),
        ("docs/", "docs", True, True),
        ("docs/", "docs", False, False),
        ("[^a]x", "bx", False, True),
        ("[^a]x", "ax", False, False),
        ("# *.md", "README.md", False, False),
        ("!*.yaml", "values.json", False, True),
        ("!*.yaml", "values.yaml", False, False),
        ("", "templates/.hidden", False, True),
        ("", "templates/shown", False, False),
    ],
)
def test_rules_mean_what_they_mean_to_helm(
    rules: str, path: str, *, is_folder: bool, excluded: bool
) -> None:
    assert ignore(f"{rules}\n").excludes(path, is_folder=is_folder) is excluded


def test_double_stars_are_refused_with_their_line() -> None:
    with pytest.raises(YamlUnreadable) as refused:
        ignore("# **\n*.md\n**/x\n")
    assert refused.value.problem == (
        "chart/.helmignore:3: ** means nothing to helm; name the folders"
    )
