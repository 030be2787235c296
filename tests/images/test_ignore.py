import pytest

from shipway.images.ignore import DockerIgnore

IGNORE = DockerIgnore.parse(
    "# comment\n\n*.log\n**/*.tmp\n/build\ndocs\n!docs/keep.md\na/**/z\n[^x]ther\n"
)


@pytest.mark.parametrize(
    ("path", "excluded"),
    [
        ("run.log", True),
        ("svc/run.log", False),  # a pattern without ** is for the root
        ("svc/deep/x.tmp", True),
        ("x.tmp", True),
        ("build/out.py", True),
        ("svc/build", False),
        ("docs/index.md", True),
        ("docs/keep.md", False),
        ("a/z", True),
        ("a/b/c/z", True),
        ("other", True),
        ("xther", False),
        ("svc/main.py", False),
    ],
)
def test_the_last_rule_that_matches_decides(path: str, excluded: bool) -> None:
    assert IGNORE.excludes(path) is excluded
