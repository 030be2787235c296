"""Where in a Dockerfile something stands."""

import re
from collections.abc import Iterable, Iterator

_PARSE_ERROR = re.compile(r"dockerfile parse error(?: on)? line (\d+): (.*)")


def line_of(text: str, instruction: str) -> int | None:
    """The first line of an instruction, as a builder prints it: on one line, without comments."""
    wanted = instruction.split()
    return next((number for number, words in _instructions(text) if words == wanted), None)


def parse_error(said: Iterable[str]) -> tuple[int, str] | None:
    """The line and what is wrong with it."""
    found = (_PARSE_ERROR.search(line) for line in said)
    return next(((int(each[1]), each[2]) for each in found if each), None)


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
