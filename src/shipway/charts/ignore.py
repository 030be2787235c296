"""What a .helmignore leaves out of a chart.

Source: https://helm.sh/docs/chart_template_guide/helm_ignore_file/, and helm 4's behaviour.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePath

from shipway.charts.yamls import YamlUnreadable


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: str
    negated: bool
    folders_only: bool

    def matches(self, path: str) -> bool:
        """With a slash in it a pattern is for the whole path, otherwise for the last part of it."""
        name = path if "/" in self.pattern else path.rpartition("/")[2]
        wanted, found = self.pattern.removeprefix("/").split("/"), name.split("/")
        return len(wanted) == len(found) and all(map(fnmatchcase, found, wanted))


@dataclass(frozen=True, slots=True)
class HelmIgnore:
    rules: tuple[Rule, ...]

    @classmethod
    def parse(cls, text: str, *, file: PurePath) -> "HelmIgnore":
        """Helm refuses `**`, and so do we. It adds one rule of its own: hidden files below templates."""
        rules = []
        for number, line in enumerate(text.splitlines(), start=1):
            if "**" in line and not line.strip().startswith("#"):
                raise YamlUnreadable(file, number, "** means nothing to helm; name the folders")
            rules.append(_rule(line.strip()))
        hidden = _rule("templates/.?*")
        return cls(tuple(rule for rule in (*rules, hidden) if rule))

    def excludes(self, path: str, *, is_folder: bool) -> bool:
        """Helm's reading of `!`: everything that the pattern does not match is out."""
        return any(_decides(rule, path, is_folder=is_folder) for rule in self.rules)


def _rule(line: str) -> Rule | None:
    if not line or line.startswith("#"):
        return None
    pattern = line.removeprefix("!").replace("[^", "[!")
    return Rule(pattern.removesuffix("/"), line.startswith("!"), pattern.endswith("/"))


def _decides(rule: Rule, path: str, *, is_folder: bool) -> bool:
    if rule.folders_only and not is_folder:
        return rule.negated
    return rule.matches(path) != rule.negated
