"""The keys of shipway.yaml: what each means, and how a parsed tree becomes a Project."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from shipway.config.problem import Problem
from shipway.config.project import (
    Builder,
    Chart,
    Check,
    Checks,
    Environment,
    Image,
    OnFailure,
    Project,
    Runner,
    Target,
)
from shipway.config.reading import NOWHERE, PATH, Kind, Notes, Place, Section
from shipway.config.tree import List, Node, Scalar

RELEASE_NAME_LIMIT = 53  # helm's own: the names it derives must fit into 63


@dataclass(frozen=True, slots=True)
class Decoded:
    """`project` is of use only when there are no problems and every place exists."""

    project: Project
    problems: tuple[Problem, ...]
    places: tuple[Place, ...]


def decode(tree: Node, root: Path) -> Decoded:
    notes = Notes()
    with notes.section(tree, "", 1, "key") as top:
        name = top.value("name", LABEL)
        image = _image(top.section("image"))
        chart = _chart(top.section("chart"))
        checks = _checks(top.section("checks"))
        environments = _environments(top.section("environments"), name)
        timeout = top.value("timeout", DURATION)
        probe = top.optional("probe", URL_PATH, "/health")
        rollback_safe = top.optional("rollback_safe", BOOLEAN, default=True)
        targets = _targets(top.section("targets"), [each.name for each in environments])
    project = Project(
        root, name, image, chart, checks, environments, timeout, targets, probe, rollback_safe
    )
    return Decoded(project, tuple(notes.problems), tuple(notes.places))


def _image(section: Section) -> Image:
    with section:
        image = Image(
            repository=section.value("repository", REPOSITORY),
            builder=section.optional("builder", BUILDER, BUILDER.stand_in),
            source=section.place("source", "folder"),
            packages=section.value("packages", PACKAGES),
            requirements=section.place("requirements", "file"),
            entrypoint=section.value("entrypoint", WORDS),
            port=section.value("port", PORT),
            base=section.optional("base", REFERENCE, None),
        )
        if image.source is not NOWHERE:
            for package in image.packages:
                section.expect("packages", image.source / package, "folder")
    return image


def _chart(section: Section) -> Chart:
    with section:
        return Chart(
            path=section.place("path", "file", inner="Chart.yaml"),
            repository=section.value("repository", REPOSITORY),
        )


def _checks(section: Section) -> Checks:
    with section:
        checks = Checks(
            lint=_check(section.section("lint")),
            test=_check(section.section("test")),
            runner=section.optional("runner", RUNNER, RUNNER.stand_in),
            image=section.optional("image", ENGINE_IMAGE, "python:3.12-slim"),
            requirements=section.optional("requirements", PATHS, ()),
        )
        for path in checks.requirements:
            section.expect("requirements", path, "file")
    return checks


def _check(section: Section) -> Check:
    with section:
        run = section.value("run", WORDS)
        folder = section.optional("in", PATH, PurePath())
        if folder is not NOWHERE:
            section.expect("in", folder, "folder")
        return Check(run, folder)


def _environments(section: Section, release: str) -> tuple[Environment, ...]:
    environments: list[Environment] = []
    with section:
        for entry in section:
            says = _environment_name(entry.key, release)
            if says:
                section.wrong(entry.key, says)
            with section.section(entry.key) as inner:
                environment = Environment(
                    name=entry.key,
                    namespace=inner.value("namespace", LABEL),
                    on_failure=inner.optional("on_failure", ON_FAILURE, ON_FAILURE.stand_in),
                    max_failed_requests=inner.optional("max_failed_requests", COUNT, None),
                    approval=inner.optional("approval", BOOLEAN, default=False),
                )
                _unlike_the_others(inner, environment, environments)
            environments.append(environment)
        if section.entries == {}:
            section.notes.wrong(section.line, section.key, "should name at least one environment")
    return tuple(environments)


def _environment_name(name: str, release: str) -> str | None:
    if not _is_label(name):
        return f"an environment's name should be {LABEL.expected}"
    if len(f"{release}-{name}") > RELEASE_NAME_LIMIT:
        return f"the release would be named {release}-{name}, longer than {RELEASE_NAME_LIMIT} characters"
    return None


def _unlike_the_others(section: Section, new: Environment, others: list[Environment]) -> None:
    twin = next((other for other in others if other.namespace == new.namespace), None)
    if twin and new.namespace:
        section.wrong("namespace", f"{new.namespace} is the namespace of {twin.name} already")


def _targets(section: Section, environments: list[str]) -> dict[str, Target]:
    targets: dict[str, Target] = {}
    with section:
        for name, read in TARGETS.items():
            inner = section.optional_section(name)
            if inner is not None:
                with inner:
                    targets[name] = read(inner, environments)
        if section.entries == {}:
            says = f"should have at least one of {', '.join(TARGETS)}"
            section.notes.wrong(section.line, section.key, says)
    return targets


def _local_target(section: Section, environments: list[str]) -> Target:
    return Target(
        values=_values(section, environments),
        hosts=_hosts(section, environments),
        port=section.optional("port", PORT, None),
        key=_key(section),
    )


def _embedded_target(section: Section, environments: list[str]) -> Target:
    target = _local_target(section, environments)
    return replace(target, base=section.optional("base", REFERENCE, None))


def _cloud_target(section: Section, environments: list[str]) -> Target:
    return Target(values=_values(section, environments), key=_key(section))


TARGETS: dict[str, Callable[[Section, list[str]], Target]] = {
    "embedded": _embedded_target,
    "kind": _local_target,
    "eks": _cloud_target,
}


def _values(section: Section, environments: list[str]) -> dict[str, PurePath]:
    with section.section("values", noun="environment") as inner:
        return {name: inner.place(name, "file") for name in environments}


def _key(section: Section) -> PurePath | None:
    key = section.optional("key", PATH, None)
    if key is not None and key is not NOWHERE:
        section.expect("key", key, "file")
    return key


def _hosts(section: Section, environments: list[str]) -> dict[str, str]:
    hosts: dict[str, str] = {}
    with section.section("hosts", noun="environment") as inner:
        for name in environments:
            host = inner.value(name, HOST)
            twin = next((other for other, taken in hosts.items() if host and taken == host), None)
            if twin:
                inner.wrong(name, f"{host} is the host of {twin} already")
            hosts[name] = host
    return hosts


def _text(node: Node) -> str | None:
    return node.text if isinstance(node, Scalar) and node.spelling == "text" else None


def _matching(pattern: str, limit: int) -> Callable[[Node], str | None]:
    compiled = re.compile(pattern)

    def read(node: Node) -> str | None:
        text = _text(node)
        return text if text and len(text) <= limit and compiled.fullmatch(text) else None

    return read


def _is_label(text: str) -> bool:
    return LABEL.read(Scalar(text, "text", 0)) is not None


def _seconds(node: Node) -> int | None:
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", _text(node) or "")
    if not found:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds or None


def _port(node: Node) -> int | None:
    if not isinstance(node, Scalar) or not re.fullmatch(r"[1-9][0-9]{0,4}", node.text):
        return None
    return int(node.text) if node.spelling == "number" and int(node.text) < 65536 else None


def _count(node: Node) -> int | None:
    if not isinstance(node, Scalar) or not re.fullmatch(r"0|[1-9][0-9]{0,8}", node.text):
        return None
    return int(node.text) if node.spelling == "number" else None


def _boolean(node: Node) -> bool | None:
    if not isinstance(node, Scalar) or node.spelling != "boolean":
        return None
    return node.text.lower() == "true"


def _url_path(node: Node) -> str | None:
    text = _text(node)
    return text if text and re.fullmatch(r"/[!-~]*", text) else None


def _words(node: Node) -> tuple[str, ...] | None:
    """Each scalar as it is spelled: `[uvicorn, --port, 3000]` needs no quotes."""
    if not isinstance(node, List) or not node.items:
        return None
    words = [each.text for each in node.items if isinstance(each, Scalar) and each.text]
    return tuple(words) if len(words) == len(node.items) else None


def _packages(node: Node) -> tuple[str, ...] | None:
    words = _words(node)
    return words if words and all(word.isidentifier() for word in words) else None


def _builder(node: Node) -> Builder | None:
    match _text(node):
        case "python":
            return "python"
        case "docker":
            return "docker"
        case "auto":
            return "auto"
        case _:
            return None


def _runner(node: Node) -> Runner | None:
    match _text(node):
        case "auto":
            return "auto"
        case "dagger":
            return "dagger"
        case "docker":
            return "docker"
        case "host":
            return "host"
        case _:
            return None


def _on_failure(node: Node) -> OnFailure | None:
    match _text(node):
        case "hold":
            return "hold"
        case "rollback":
            return "rollback"
        case _:
            return None


def _paths(node: Node) -> tuple[PurePath, ...] | None:
    if not isinstance(node, List):
        return None
    paths = [path for each in node.items if (path := PATH.read(each)) is not None]
    return tuple(paths) if len(paths) == len(node.items) else None


_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"

LABEL = Kind("1 to 63 lower-case letters, digits and hyphens", _matching(_LABEL, 63), "")
HOST = Kind("a host name such as dev.example.com", _matching(rf"{_LABEL}(\.{_LABEL})*", 253), "")
# The grammar of the OCI distribution specification, "Pulling manifests".
REPOSITORY = Kind(
    "a repository such as team/service, without a registry host",
    _matching(rf"{_COMPONENT}(?:/{_COMPONENT})*", 255),
    "",
)
REFERENCE = Kind(
    "an image reference with its registry, such as docker.io/library/python:3.12-slim",
    _matching(
        rf"(?:localhost|[\w-]+(?:\.[\w-]+)+|[\w-]+(?=:\d))(?::\d{{1,5}})?/{_COMPONENT}(?:/{_COMPONENT})*"
        r"(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?",
        512,
    ),
    "",
)
ENGINE_IMAGE = Kind(
    "an image as a container engine names it, such as python:3.12-slim",
    _matching(
        rf"(?:[\w.-]+(?::\d{{1,5}})?/)?{_COMPONENT}(?:/{_COMPONENT})*"
        r"(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?",
        512,
    ),
    "",
)
DURATION = Kind("a duration such as 120s", _seconds, 0)
PORT = Kind("a port from 1 to 65535", _port, 0)
COUNT = Kind("a whole number from 0", _count, 0)
BOOLEAN = Kind("true or false", _boolean, stand_in=False)
URL_PATH = Kind("a path such as /health", _url_path, "/")
ON_FAILURE: Kind[OnFailure] = Kind("hold or rollback", _on_failure, "hold")
WORDS: Kind[tuple[str, ...]] = Kind("a list of words such as [python, -m, app]", _words, ())
PACKAGES: Kind[tuple[str, ...]] = Kind("a list of Python packages such as [app]", _packages, ())
BUILDER: Kind[Builder] = Kind("python, docker or auto", _builder, "auto")
RUNNER: Kind[Runner] = Kind("auto, dagger, docker or host", _runner, "auto")
PATHS: Kind[tuple[PurePath, ...]] = Kind("a list of paths such as [requirements.txt]", _paths, ())
