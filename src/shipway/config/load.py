"""Finds shipway.yaml and reads it: all that is wrong with it at once, each with its line."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from shipway.config.problem import ConfigError, ConfigMissing, Problem
from shipway.config.project import Project
from shipway.config.reading import Place
from shipway.config.schema import decode
from shipway.config.source import parse

NAME = "shipway.yaml"


def find(start: Path) -> Path:
    """The shipway.yaml of `start` or of the nearest folder above it. ConfigMissing where there is none."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / NAME).is_file():
            return folder / NAME
    raise ConfigMissing(NAME, start)


def load(path: Path) -> Project:
    """The project that `path` defines. ConfigError with every problem; ConfigMissing where there is no such file."""
    path = path.absolute()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigMissing(path.name, path.parent) from None
    except OSError as error:
        raise ConfigError(
            _shown(path), (Problem(1, "", f"cannot be read: {error.strerror}"),)
        ) from None
    tree, problems = parse(content)
    if tree is not None:
        decoded = decode(tree, path.parent)
        problems += [*decoded.problems, *_missing(path.parent, decoded.places)]
        if not problems:
            return decoded.project
    raise ConfigError(_shown(path), tuple(sorted(problems)))


def _missing(root: Path, places: Iterable[Place]) -> Iterator[Problem]:
    for place in places:
        path = root / place.path
        if not (path.is_file() if place.what == "file" else path.is_dir()):
            yield Problem(place.line, place.key, f"no such {place.what}: {place.path}")


def _shown(path: Path) -> Path:
    """As a person in this folder would write it; from an unrelated folder in full."""
    here = Path.cwd()
    if here == path.parent or path.parent in here.parents or here in path.parents:
        return Path(os.path.relpath(path, here))
    return path
