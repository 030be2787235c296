"""YAML as helm reads it: words, numbers and keys mean what they mean there, and errors name file and line.

Source: the rules of goyaml.v2, which helm uses through sigs.k8s.io/yaml; each was compared with helm 4.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, ClassVar

import yaml

from shipway.errors import USAGE, ShipwayError

_TRUE = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_NULL = ("", "~", "null", "Null", "NULL")
_INT = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*)$", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|[-+]?\.(inf|Inf|INF)$|\.(nan|NaN|NAN)$",
    re.ASCII,
)
_STR, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*$", re.ASCII)
"""Strings that need no quotes, unless they are one of the words above."""


@dataclass(eq=False)
class YamlUnreadable(ShipwayError):
    """A file that helm could not read either, or would read otherwise than it looks."""

    exit_code: ClassVar[int] = USAGE

    file: PurePath
    line: int
    reason: str

    @property
    def problem(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"

    @property
    def remedy(self) -> str:
        return f"correct {self.file}, line {self.line}"


def read(text: str, *, file: PurePath) -> Any:
    """One document; None for an empty one. Keys are strings afterwards, as in JSON."""
    documents = list(_documents(text, file))
    if len(documents) > 1:
        raise YamlUnreadable(file, documents[1][0], "a second document, where one is expected")
    return documents[0][1] if documents else None


def read_all(text: str, *, file: PurePath) -> list[Any]:
    return [document for _, document in _documents(text, file)]


def write(value: Any) -> str:
    """Sorted and unambiguous: a string that anything could take for another value is in quotes."""
    return yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=True,
        allow_unicode=True,
        width=2**31,
    )


class _Loader(yaml.CSafeLoader):
    """Safe, with helm's idea of what a plain word is: times stay strings, and 1:30 is no number."""

    def construct_number(self, node: yaml.ScalarNode) -> int:
        digits = str(self.construct_scalar(node)).replace("_", "")
        sign = -1 if digits.startswith("-") else 1
        digits = digits.lstrip("+-")
        if re.fullmatch("0[0-7]+", digits):
            return sign * int(digits, 8)
        return sign * int(digits, 0)

    def construct_truth(self, node: yaml.ScalarNode) -> bool:
        return self.construct_scalar(node) in _TRUE


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def represent_text(self, data: str) -> yaml.ScalarNode:
        is_plain = _PLAIN.match(data) and data not in (*_TRUE, *_FALSE, *_NULL)
        return self.represent_scalar(_STR, data, style=None if is_plain else '"')


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(map(re.escape, words))})$")


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern in (
    ("bool", _any_of((*_TRUE, *_FALSE))),
    ("null", _any_of(_NULL)),
    ("int", _INT),
    ("float", _FLOAT),
    ("merge", re.compile("<<$")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, None)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_number)
_Loader.add_constructor("tag:yaml.org,2002:bool", _Loader.construct_truth)
_Dumper.add_representer(str, _Dumper.represent_text)


def _documents(text: str, file: PurePath) -> Iterator[tuple[int, Any]]:
    """Each document and the line it begins at."""
    loader = _Loader(text)
    try:
        while loader.check_node() and (node := loader.get_node()) is not None:
            _name_keys(loader, node, file)
            yield node.start_mark.line + 1, loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(filter(None, (error.context, error.problem)))
        raise YamlUnreadable(file, mark.line + 1 if mark else 1, reason) from None
    except yaml.reader.ReaderError as error:
        raise YamlUnreadable(file, 1, f"{error.reason} at position {error.position}") from None
    finally:
        loader.dispose()


def _name_keys(loader: _Loader, root: yaml.Node, file: PurePath) -> None:
    """Keys become strings before Python takes 1 and true for the same, and none may be there twice.

    Helm takes the last of two equal keys without a word; the first is then a line that lies.
    """
    for node in _mappings(root):
        lines: dict[str, int] = {}
        for index, (key, value) in enumerate(node.value):
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            name, line = _word(loader.construct_object(key)), key.start_mark.line + 1
            if name in lines:
                first = lines[name]
                raise YamlUnreadable(file, line, f"{name} is there twice, first in line {first}")
            lines[name] = line
            node.value[index] = (yaml.ScalarNode(_STR, name, key.start_mark, key.end_mark), value)


def _mappings(root: yaml.Node) -> Iterator[yaml.MappingNode]:
    """Each once, however many aliases it has."""
    pending, seen = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            pending += node.value
        elif isinstance(node, yaml.MappingNode):
            yield node
            pending += (each for pair in node.value for each in pair)


def _word(key: Any) -> str:
    match key:
        case bool():
            return str(key).lower()
        case None:
            return "null"
        case _:
            return str(key)
