"""What is written reads back as what was meant, whatever words it holds."""

import pytest
import yaml

from shipway.workflows.writing import Document, Noted, text


def test_a_document_is_written_for_people() -> None:
    document: Document = {
        "name": "release",
        "on": {"push": {"branches": ["main", "*"]}},
        "permissions": {},
        "jobs": {
            "check": {
                "timeout-minutes": 5,
                "steps": [
                    {"uses": Noted("actions/checkout@1234", "v1"), "with": {"deep": False}},
                    {"run": "make check"},
                ],
            },
            "build": {"needs": ["check"], "run": "make build"},
        },
    }
    assert text(document) == (
        "name: release\n"
        "\n"
        "on:\n"
        "  push:\n"
        '    branches: [main, "*"]\n'
        "\n"
        "permissions: {}\n"
        "\n"
        "jobs:\n"
        "  check:\n"
        "    timeout-minutes: 5\n"
        "    steps:\n"
        "      - uses: actions/checkout@1234 # v1\n"
        "        with:\n"
        "          deep: false\n"
        "      - run: make check\n"
        "\n"
        "  build:\n"
        "    needs: [check]\n"
        "    run: make build\n"
    )


@pytest.mark.parametrize(
    "word",
    [
        "plain words",
        "${{ vars.AWS_REGION }}",
        "ci-${{ github.event.pull_request.number }}",
        'exec shipway rollback dev ${TO:+"--to=$TO"}',
        "inputs.environment == 'dev'",
        "failure() || cancelled()",
        "3.12",
        "yes",
        "null",
        "",
        " spaced ",
        "key: value",
        "cut # here",
        "# not a comment",
        "- no list",
        "*no-alias",
        "&no-anchor",
        "!no-tag",
        "{no: map}",
        "[no, list]",
        '"quoted"',
        "it's",
        "back\\slash",
        "line\nbreak",
        "two\n\n  lines, the second one indented",
        "tab\there",
        "größer",
        "2026-01-02",
        "1_000",
        "0x10",
        "@at",
        "`tick`",
        "%percent",
    ],
)
def test_a_word_reads_back_as_itself(word: str) -> None:
    assert yaml.safe_load(text({"k": word})) == {"k": word}
    assert yaml.safe_load(text({"k": [{"n": word}, {"n": 1}]})) == {"k": [{"n": word}, {"n": 1}]}
    assert yaml.safe_load(text({"k": [word, "x"]})) == {"k": [word, "x"]}
    assert yaml.safe_load(text({"k": Noted(word, "why")})) == {"k": word}
