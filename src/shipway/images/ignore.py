"""What a .dockerignore leaves out.

Source: https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: tuple[str, ...]  # by folder
    keeps: bool  # the line began with an exclamation mark


@dataclass(frozen=True, slots=True)
class DockerIgnore:
    rules: tuple[Rule, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "DockerIgnore":
        lines = (line.strip() for line in text.splitlines() if not line.startswith("#"))
        rules = (_rule(line) for line in lines if line)
        return cls(tuple(rule for rule in rules if rule.pattern))

    def excludes(self, path: str) -> bool:
        """The last rule that matches the file or a folder above it decides."""
        parts = path.split("/")
        excluded = False
        for rule in self.rules:
            if any(_matches(rule.pattern, tuple(parts[:end])) for end in range(1, len(parts) + 1)):
                excluded = not rule.keeps
        return excluded


def _rule(line: str) -> Rule:
    keeps = line.startswith("!")
    path = PurePosixPath(line.removeprefix("!").strip())
    return Rule(tuple(part for part in path.parts if part != "/"), keeps)


def _matches(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Wildcards stay within one folder; `**` stands for any number of them."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_matches(pattern[1:], path[start:]) for start in range(len(path) + 1))
    here = pattern[0].replace("[^", "[!")
    return bool(path) and fnmatchcase(path[0], here) and _matches(pattern[1:], path[1:])
