"""Where in a Dockerfile something stands."""

import re
from collections.abc import Iterable, Iterator, Mapping

_PARSE_ERROR = re.compile(r"dockerfile parse error(?: on)? line (\d+): (.*)")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


def line_of(text: str, instruction: str) -> int | None:
    """The first line of an instruction, as a builder prints it: on one line, without comments."""
    wanted = instruction.split()
    return next((number for number, words in _instructions(text) if words == wanted), None)


def parse_error(said: Iterable[str]) -> tuple[int, str] | None:
    """The line and what is wrong with it."""
    found = (_PARSE_ERROR.search(line) for line in said)
    return next(((int(each[1]), each[2]) for each in found if each), None)


def filled(word: str, text: str, arguments: Mapping[str, str]) -> str:
    """`word` with its build arguments, as the build or else the Dockerfile sets them."""
    known: dict[str, str] = {}
    for _, words in _instructions(text):
        if words[0] == "ARG":
            known |= dict(each.split("=", 1) for each in words[1:] if "=" in each)
    known |= arguments
    return _VARIABLE.sub(lambda found: known.get(found[1], found[0]), word)


def _instructions(text: str) -> Iterator[tuple[int, list[str]]]:
    """Words and first line of each; a backslash continues a line, and comments may stand between."""
    words: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        first = first if words else number
        more = line.rstrip().endswith("\\")
        words += (line.rstrip()[:-1] if more else line).split()
        if not more:
            yield first, words
            words = []
