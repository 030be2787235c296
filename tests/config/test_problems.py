"""Every way a release definition can be wrong, as a person reads it."""

from pathlib import Path

import pytest

from shipway.config.load import load
from shipway.config.problem import ConfigError

# What stands in the sound file, what in its place, and the line and words of the one problem.
ONE_PROBLEM = {
    "name upper case": (
        "name: shop",
        "name: Shop",
        '1  name: should be 1 to 63 lower-case letters, digits and hyphens, not "Shop"',
    ),
    "name number": (
        "name: shop",
        "name: 2024",
        "1  name: should be 1 to 63 lower-case letters, digits and hyphens, not 2024; put it in quotes",
    ),
    "name empty": (
        "name: shop",
        "name:",
        "1  name: is empty, should be 1 to 63 lower-case letters, digits and hyphens",
    ),
    "no name": ("name: shop\n", "\n", "1  name: required, but missing"),
    "name twice": ("name: shop", "name: shop\nname: store", "2  name: stands on line 1 already"),
    "duration word": (
        "timeout: 1m30s",
        "timeout: fast",
        '18  timeout: should be a duration such as 120s, not "fast"',
    ),
    "duration number": (
        "timeout: 1m30s",
        "timeout: 120",
        "18  timeout: should be a duration such as 120s, not 120",
    ),
    "duration zero": (
        "timeout: 1m30s",
        "timeout: 0s",
        '18  timeout: should be a duration such as 120s, not "0s"',
    ),
    "probe": (
        "timeout: 1m30s",
        "timeout: 1m30s\nprobe: health",
        '19  probe: should be a path such as /health, not "health"',
    ),
    "rollback_safe": (
        "timeout: 1m30s",
        "timeout: 1m30s\nrollback_safe: maybe",
        '19  rollback_safe: should be true or false, not "maybe"',
    ),
    "unknown key near": (
        "timeout: 1m30s",
        "timeouts: 90s",
        "18  timeouts: unknown key, did you mean timeout?",
    ),
    "unknown key far": (
        "  repository: charts/shop",
        "  repository: charts/shop\n  colour: red",
        "12  chart.colour: unknown key, the keys here are path, repository",
    ),
    "repository host": (
        "repository: team/shop",
        "repository: docker.io:443/shop",
        '3  image.repository: should be a repository such as team/service, without a registry host, not "docker.io:443/shop"',
    ),
    "builder": (
        "  source: src",
        "  source: src\n  builder: kaniko",
        '5  image.builder: should be python, docker or auto, not "kaniko"',
    ),
    "path outside": (
        "source: src",
        "source: ../src",
        '4  image.source: should be a path inside the folder of this file, not "../src"',
    ),
    "path absolute": (
        "source: src",
        "source: /src",
        '4  image.source: should be a path inside the folder of this file, not "/src"',
    ),
    "package name": (
        "packages: [shop]",
        "packages: [my-shop]",
        '5  image.packages: should be a list of Python packages such as [app], not ["my-shop"]',
    ),
    "no such package": (
        "packages: [shop]",
        "packages: [shop, store]",
        "5  image.packages: no such folder: src/store",
    ),
    "no such file": (
        "requirements: requirements.txt",
        "requirements: lock.txt",
        "6  image.requirements: no such file: lock.txt",
    ),
    "words as text": (
        "entrypoint: [python, -m, shop, --port, 8080]",
        "entrypoint: python -m shop",
        '7  image.entrypoint: should be a list of words such as [python, -m, app], not "python -m shop"',
    ),
    "words none": (
        "entrypoint: [python, -m, shop, --port, 8080]",
        "entrypoint: []",
        "7  image.entrypoint: should be a list of words such as [python, -m, app], not []",
    ),
    "port high": (
        "  port: 8080",
        "  port: 80800",
        "8  image.port: should be a port from 1 to 65535, not 80800",
    ),
    "port text": (
        "  port: 8080",
        '  port: "8080"',
        '8  image.port: should be a port from 1 to 65535, not "8080"',
    ),
    "base number": (
        "  port: 8080",
        "  port: 8080\n  base: 3.12",
        "9  image.base: should be an image reference with its registry, such as docker.io/library/python:3.12-slim, not 3.12",
    ),
    "base of no registry": (
        "  port: 8080",
        "  port: 8080\n  base: python:3.12-slim",
        "9  image.base: should be an image reference with its registry, such as docker.io/library/python:3.12-slim, "
        'not "python:3.12-slim"',
    ),
    "no chart there": (
        "  path: chart",
        "  path: src",
        "10  chart.path: no such file: src/Chart.yaml",
    ),
    "section as text": (
        "lint: {run: [ruff, check]}",
        "lint: ruff check",
        '13  checks.lint: should be a mapping of keys to values, not "ruff check"',
    ),
    "no test": (
        "  test: {run: [pytest, -q], in: src}\n",
        "",
        "12  checks.test: required, but missing",
    ),
    "no such folder": ("in: src", "in: tests", "14  checks.test.in: no such folder: tests"),
    "same namespace": (
        "live: {namespace: shop-live}",
        "live: {namespace: shop-dev}",
        "17  environments.live.namespace: shop-dev is the namespace of dev already",
    ),
    "on_failure": (
        "live: {namespace: shop-live}",
        "live: {namespace: shop-live, on_failure: undo}",
        '17  environments.live.on_failure: should be hold or rollback, not "undo"',
    ),
    "max_failed_requests": (
        "live: {namespace: shop-live}",
        "live: {namespace: shop-live, max_failed_requests: -1}",
        "17  environments.live.max_failed_requests: should be a whole number from 0, not -1",
    ),
    "the norway problem": (
        "live: {namespace: shop-live}",
        "live: {namespace: no}",
        "17  environments.live.namespace: should be 1 to 63 lower-case letters, digits and hyphens, not no; put it in quotes",
    ),
    "no such values": (
        "{dev: values/dev.yaml, live: values/live.yaml}",
        "{dev: values/dev.yaml, live: values/prod.yaml}",
        "21  targets.embedded.values.live: no such file: values/prod.yaml",
    ),
    "an environment without values": (
        "{dev: values/dev.yaml, live: values/live.yaml}",
        "{dev: values/dev.yaml}",
        "21  targets.embedded.values.live: required, but missing",
    ),
    "unknown environment": (
        "live: shop.local}",
        "live: shop.local, life: life.local}",
        "22  targets.embedded.hosts.life: unknown environment, did you mean live?",
    ),
    "same host": (
        "live: shop.local}",
        "live: dev.shop.local}",
        "22  targets.embedded.hosts.live: dev.shop.local is the host of dev already",
    ),
    "host name": (
        "live: shop.local}",
        "live: shop_live.local}",
        '22  targets.embedded.hosts.live: should be a host name such as dev.example.com, not "shop_live.local"',
    ),
    "no such key": (
        "    port: 8000",
        "    port: 8000\n    key: keys/release.pub",
        "24  targets.embedded.key: no such file: keys/release.pub",
    ),
    "a key from elsewhere": (
        "    port: 8000",
        "    port: 8000\n    key: /etc/release.pub",
        '24  targets.embedded.key: should be a path inside the folder of this file, not "/etc/release.pub"',
    ),
    "unknown target": (
        "  embedded:\n",
        "  embeded:\n",
        "20  targets.embeded: unknown key, did you mean embedded?",
    ),
}

# A whole file, and everything that is said about it.
WHOLE_FILES = {
    "nothing": (b"", "1  the file is empty"),
    "only a comment": (b"# soon\n", "1  the file is empty"),
    "a list": (b"- name: shop\n", "1  should be a mapping of keys to values, not [a mapping]"),
    "broken YAML": (
        b"name: shop\nimage: repository: shop\n",
        "2  not YAML: mapping values are not allowed here",
    ),
    "an open bracket": (
        b"name: [shop\n",
        "2  not YAML: expected ',' or ']', but got '<stream end>'",
    ),
    "two documents": (
        b"name: shop\n---\nname: store\n",
        "2  not YAML: but found another document",
    ),
    "an unknown alias": (b"name: *shop\n", "1  not YAML: found undefined alias 'shop'"),
    "not UTF-8": (b"name: shop\n# caf\xe9\n", "2  not UTF-8 text"),
    "a control character": (
        b"name: shop\n# a bell \x07\n",
        "2  not YAML: the character #x0007 is not allowed",
    ),
}


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert refused.value.exit_code == 2
    return "\n".join([refused.value.problem, *refused.value.details, refused.value.remedy])


def edited(project: Path, *changes: tuple[str, str]) -> Path:
    path = project / "shipway.yaml"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)
    return path


@pytest.mark.parametrize("case", ONE_PROBLEM)
def test_one_problem(project: Path, case: str) -> None:
    old, new, says = ONE_PROBLEM[case]
    section = says.split()[1].rstrip(":").partition(".")[0]
    assert refusal(edited(project, (old, new))) == (
        f"shipway.yaml has 1 problem\nshipway.yaml:{says}\nshipway docs {section}"
    )


@pytest.mark.parametrize("case", WHOLE_FILES)
def test_a_file_that_is_no_definition_at_all(project: Path, case: str) -> None:
    content, says = WHOLE_FILES[case]
    path = project / "shipway.yaml"
    path.write_bytes(content)
    assert refusal(path) == f"shipway.yaml has 1 problem\nshipway.yaml:{says}\nshipway docs"


def test_every_problem_is_said_at_once_in_the_order_of_the_file(project: Path) -> None:
    path = edited(
        project,
        ("repository: team/shop", "repository: Team/Shop\n  bild: x"),
        ("in: src", "in: srcs"),
        ("timeout: 1m30s", "timeout: soon"),
        ("port: 8000", "port: 0"),
    )
    assert refusal(path).splitlines() == [
        "shipway.yaml has 5 problems",
        (
            "shipway.yaml:3  image.repository: should be a repository such as team/service, "
            'without a registry host, not "Team/Shop"'
        ),
        "shipway.yaml:4  image.bild: unknown key, did you mean builder?",
        "shipway.yaml:15  checks.test.in: no such folder: srcs",
        'shipway.yaml:19  timeout: should be a duration such as 120s, not "soon"',
        "shipway.yaml:24  targets.embedded.port: should be a port from 1 to 65535, not 0",
        "shipway docs",
    ]


def test_a_missing_section_is_one_problem_not_one_for_each_of_its_keys(project: Path) -> None:
    path = project / "shipway.yaml"
    path.write_text("name: shop\n")
    assert refusal(path).splitlines() == [
        "shipway.yaml has 6 problems",
        *(
            f"shipway.yaml:1  {key}: required, but missing"
            for key in ("chart", "checks", "environments", "image", "targets", "timeout")
        ),
        "shipway docs",
    ]


def test_without_environments_their_names_elsewhere_are_not_called_unknown(project: Path) -> None:
    path = edited(
        project, ("  dev: {namespace: shop-dev}\n", ""), ("  live: {namespace: shop-live}\n", "")
    )
    assert refusal(path).splitlines() == [
        "shipway.yaml has 1 problem",
        "shipway.yaml:15  environments: is empty, should be a mapping of keys to values",
        "shipway docs environments",
    ]


def test_sections_without_entries_say_what_belongs_there(project: Path) -> None:
    path = project / "shipway.yaml"
    text = path.read_text()
    before, _, rest = text.partition("environments:\n")
    path.write_text(before + "environments: {}\ntimeout: 1m\ntargets: {}\n")
    assert rest
    assert refusal(path).splitlines() == [
        "shipway.yaml has 2 problems",
        "shipway.yaml:15  environments: should name at least one environment",
        "shipway.yaml:17  targets: should have at least one of embedded, kind, eks",
        "shipway docs",
    ]


def test_an_environment_that_cannot_be_part_of_a_release_name_is_refused(project: Path) -> None:
    long = "l" * 49
    path = edited(
        project,
        ("  live:", f"  {long}:"),
        ("  dev:", "  Dev_1:"),
        (
            "{dev: values/dev.yaml, live: values/live.yaml}",
            f"{{Dev_1: values/dev.yaml, {long}: values/live.yaml}}",
        ),
        (
            "{dev: dev.shop.local, live: shop.local}",
            f"{{Dev_1: dev.shop.local, {long}: shop.local}}",
        ),
    )
    assert refusal(path).splitlines() == [
        "shipway.yaml has 2 problems",
        (
            "shipway.yaml:16  environments.Dev_1: an environment's name should be "
            "1 to 63 lower-case letters, digits and hyphens"
        ),
        (
            f"shipway.yaml:17  environments.{long}: the release would be named shop-{long}, "
            "longer than 53 characters"
        ),
        "shipway docs environments",
    ]


def test_an_alias_inside_itself_ends(project: Path) -> None:
    path = edited(project, ("timeout: 1m30s", "timeout: &again [*again]"))
    assert refusal(path).splitlines() == [
        "shipway.yaml has 2 problems",
        "shipway.yaml:18  timeout: should be a duration such as 120s, not []",
        "shipway.yaml:18  timeout[0]: an alias that contains itself",
        "shipway docs",
    ]


def test_a_key_that_is_no_word_is_refused(project: Path) -> None:
    path = edited(project, ("timeout: 1m30s", "timeout: 1m30s\n? [a, b]\n: c"))
    assert refusal(path).splitlines() == [
        "shipway.yaml has 1 problem",
        "shipway.yaml:19  a key should be one word",
        "shipway docs",
    ]
