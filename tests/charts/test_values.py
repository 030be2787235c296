import json
import os
import shutil
from pathlib import Path, PurePath
from textwrap import indent
from typing import Any

import pytest

from shipway.charts.values import VariablesMissing, dump, load, overlay, substitute
from shipway.charts.yamls import YamlUnreadable
from shipway.commands.command import Command, argv
from shipway.shell.local import LocalShell

FILE = PurePath("environments/eks-dev.yaml")

WORDS = """\
on: yes
n: y
time: 1:30
day: 2020-01-01
float: 1e3
octal: 017
octals: 0o17
hex: 0x1F
binary: -0b11
long: 1_000
odd: 08
none: ~
empty:
text: !!str 5
1: one
version: 1.10
"""

LAYERS = (
    """\
a: {keep: 2, deep: {k: 1, l: 2}}
b: 1
table: {x: 1}
list: [1, 2]
none: ~
same: s
""",
    """\
a: ~
b: ~
table: 5
list: [3]
only: ~
""",
    """\
a: {x: 1, deep: {k: ~, z: ~}}
b: {q: 1}
none: {a: 1}
""",
)


def read(text: str) -> dict[str, Any]:
    return load(text, file=FILE)


def filled(text: str, **variables: str) -> str:
    return substitute(text, variables, file=FILE)


def test_variables_are_replaced_wherever_a_value_stands() -> None:
    text = """\
image: ${REPO}
quoted: "${REPO}:${TAG}"
single: '${TAG}'
list: [${TAG}, x]
block: |
  # no comment: ${TAG}
${KEY}: 1
"""
    assert (
        filled(text, REPO="host/app", TAG="v1", KEY="name")
        == """\
image: host/app
quoted: "host/app:v1"
single: 'v1'
list: [v1, x]
block: |
  # no comment: v1
name: 1
"""
    )


def test_comments_ask_for_nothing() -> None:
    text = """\
# set ${NOBODY} first
a: 1  # ${NOBODY} and '${NOBODY}'
b: "# ${A}"  # "${NOBODY}
c: x#${A}
"""
    assert filled(text, A="1") == text.replace("${A}", "1")


def test_two_dollars_are_a_plain_one() -> None:
    assert filled("a: $${HOME} and $HOME and $$x\n") == "a: ${HOME} and $HOME and $$x\n"


def test_every_variable_that_is_not_set_is_named_with_its_line() -> None:
    with pytest.raises(VariablesMissing) as refused:
        filled("a: ${ONE}\nb: 1\nc: ${TWO}/${ONE}\n", OTHER="x")
    assert refused.value.problem == (
        "environments/eks-dev.yaml:1: ${ONE} is not set\n"
        "environments/eks-dev.yaml:3: ${TWO} is not set\n"
        "environments/eks-dev.yaml:3: ${ONE} is not set"
    )
    assert refused.value.remedy == "export ONE=… TWO=…"


@pytest.mark.parametrize("odd", ["${}", "${A-B}", "${A", "${1}"])
def test_what_only_looks_like_a_variable_is_refused(odd: str) -> None:
    with pytest.raises(YamlUnreadable) as refused:
        filled(f"x: 1\na: '{odd}'\n", A="1")
    assert refused.value.problem == (
        "environments/eks-dev.yaml:2: ${ without a variable's name and }; write $${ for a plain ${"
    )


def test_words_and_numbers_mean_what_they_mean_to_helm() -> None:
    assert read(WORDS) == {
        "true": True,
        "false": True,
        "time": "1:30",
        "day": "2020-01-01",
        "float": 1000.0,
        "octal": 15,
        "octals": 15,
        "hex": 31,
        "binary": -3,
        "long": 1000,
        "odd": 8.0,
        "none": None,
        "empty": None,
        "text": "5",
        "1": "one",
        "version": 1.1,
    }


def test_anchors_and_merges_are_read() -> None:
    assert read("a: &a {x: 1, z: 2}\nb: {<<: *a, z: 3}\nc: *a\n") == {
        "a": {"x": 1, "z": 2},
        "b": {"x": 1, "z": 3},
        "c": {"x": 1, "z": 2},
    }


def test_an_empty_file_holds_no_values() -> None:
    assert read("# nothing\n") == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", "4: b is there twice, first in line 2"),
        (
            "a: 1\nb: [x\nc: 2\n",
            "3: while parsing a flow sequence did not find expected ',' or ']'",
        ),
        ("- a\n", "1: should be a mapping of values, not a list"),
        ("a: 1\n---\nb: 2\n", "3: a second document, where one is expected"),
        ("a: 1\nb: *nobody\n", "2: found undefined alias"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(YamlUnreadable) as refused:
        read(text)
    assert refused.value.problem == f"environments/eks-dev.yaml:{problem}"


def test_layers_merge_as_helm_merges_them() -> None:
    base, one, two = map(read, LAYERS)
    assert overlay(base, one) == {"list": [3], "only": None, "same": "s", "table": 5}
    assert overlay(base, one, two) == {
        "a": {"keep": 2, "x": 1, "deep": {"l": 2, "z": None}},
        "b": {"q": 1},
        "list": [3],
        "none": {"a": 1},
        "only": None,
        "same": "s",
        "table": 5,
    }


def test_overlaying_changes_no_layer() -> None:
    base, layer = {"a": {"b": 1}}, {"a": {"c": 2}}
    overlay(base, layer)["a"]["d"] = 3
    assert (base, layer) == ({"a": {"b": 1}}, {"a": {"c": 2}})


def test_dumped_values_are_sorted_and_leave_no_doubt() -> None:
    values: dict[str, Any] = {
        "z": "plain-text/with.dots",
        "a": {"no": "no", "y": "1e3", "n": "", "t": "2020-01-01", "c": "a: b", "l": "one\ntwo"},
        "l": [1, 1.5, True, None, []],
        "e": {},
        "u": "grün",
    }
    assert (
        dump(values)
        == """\
a:
  c: "a: b"
  l: "one\\ntwo"
  "n": ""
  "no": "no"
  t: "2020-01-01"
  "y": "1e3"
e: {}
l:
- 1
- 1.5
- true
- null
- []
u: "grün"
z: plain-text/with.dots
"""
    )
    assert read(dump(values)) == values


def test_a_value_that_is_used_twice_is_written_twice() -> None:
    shared = {"x": 1}
    assert dump({"a": shared, "b": shared}) == "a:\n  x: 1\nb:\n  x: 1\n"


@pytest.mark.real
async def test_helm_sees_the_very_same_values(tmp_path: Path) -> None:
    helm = os.environ.get("SHIPWAY_HELM") or shutil.which("helm")
    if helm is None:
        pytest.skip("no helm 4: set SHIPWAY_HELM to one")
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    (chart / "templates" / "all.yaml").write_text("seen: {{ toJson .Values | quote }}\n")
    base, one, two = LAYERS
    (chart / "values.yaml").write_text(base + "words:\n" + indent(WORDS, "  "))
    (tmp_path / "one.yaml").write_text(dump(read(one)))
    (tmp_path / "two.yaml").write_text(two)
    files = (tmp_path / "one.yaml", tmp_path / "two.yaml")
    finished = await LocalShell(tmp_path).run(
        Command(
            argv(helm, "template", "x", chart, ("--values", files)), env={"HOME": str(tmp_path)}
        )
    )
    seen = json.loads(read(finished.stdout.partition("all.yaml\n")[2])["seen"])
    assert seen.pop("words") == overlay(read(WORDS))
    assert seen == overlay(*map(read, LAYERS))
