"""YAML text to a tree with lines: syntax errors and repeated keys become problems, not exceptions."""

import yaml

from shipway.config.problem import Problem
from shipway.config.tree import Entry, List, Map, Node, Scalar, Spelling

_SPELLINGS: dict[str, Spelling] = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:int": "number",
    "tag:yaml.org,2002:float": "number",
    "tag:yaml.org,2002:bool": "boolean",
    "tag:yaml.org,2002:null": "nothing",
}


def parse(content: bytes) -> tuple[Node | None, list[Problem]]:
    """The tree, or None where there is none to speak of; beside it what is wrong with the text."""
    try:
        text = content.decode("utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        return None, [Problem(_line(content[: error.start]), "", "not UTF-8 text")]
    except yaml.reader.ReaderError as error:
        says = f"not YAML: the character #x{error.character:04x} is not allowed"
        return None, [Problem(_line(text[: error.position].encode()), "", says)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return None, [Problem(mark.line + 1 if mark else 1, "", f"not YAML: {error.problem}")]
    if root is None:
        return None, [Problem(1, "", "the file is empty")]
    grower = _Grower()
    return grower.grow(root, ""), grower.problems


def _line(before: bytes) -> int:
    return before.count(b"\n") + 1


class _Grower:
    """Turns YAML's nodes into ours. An alias is grown once, however often it is used."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._grown: dict[int, Node] = {}
        self._growing: set[int] = set()

    def grow(self, node: yaml.Node, key: str) -> Node:
        if id(node) in self._growing:
            self._wrong(node, key, "an alias that contains itself")
            return Scalar("", "nothing", node.start_mark.line + 1)
        if id(node) not in self._grown:
            self._growing.add(id(node))
            self._grown[id(node)] = self._new(node, key)
            self._growing.discard(id(node))
        return self._grown[id(node)]

    def _new(self, node: yaml.Node, key: str) -> Node:
        line = node.start_mark.line + 1
        match node:
            case yaml.MappingNode():
                return Map(self._entries(node, key), line)
            case yaml.SequenceNode():
                grown = (self.grow(each, f"{key}[{at}]") for at, each in enumerate(node.value))
                return List(tuple(grown), line)
            case _:
                return Scalar(node.value, _SPELLINGS.get(node.tag, "other"), line)

    def _entries(self, node: yaml.MappingNode, key: str) -> tuple[Entry, ...]:
        entries: dict[str, Entry] = {}
        for name, value in node.value:
            line = name.start_mark.line + 1
            if not isinstance(name, yaml.ScalarNode):
                self._wrong(name, key, "a key should be one word")
                continue
            at = f"{key}.{name.value}" if key else name.value
            if name.value in entries:
                self._wrong(name, at, f"stands on line {entries[name.value].line} already")
                continue
            entries[name.value] = Entry(name.value, line, self.grow(value, at))
        return tuple(entries.values())

    def _wrong(self, node: yaml.Node, key: str, says: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, key, says))
