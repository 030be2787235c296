"""The command line."""

import sys
from collections.abc import Iterator

from .failure import READ_ERROR, USAGE, Failure

FLAGS = {
    **dict.fromkeys(("-f", "--fail"), "fail"),
    **dict.fromkeys(("-i", "--include"), "include"),
    **dict.fromkeys(("-I", "--head"), "head"),
    **dict.fromkeys(("-L", "--location"), "location"),
    **dict.fromkeys(("-s", "--silent"), "silent"),
    **dict.fromkeys(("-S", "--show-error"), "show_error"),
    **dict.fromkeys(("-v", "--verbose"), "verbose"),
    **dict.fromkeys(("-V", "--version"), "version"),
    "--fail-early": "fail_early",
    "--fail-with-body": "fail_with_body",
    "--retry-all-errors": "retry_all_errors",
    "--retry-connrefused": "retry_connrefused",
}
TEXTS = {
    **dict.fromkeys(("-w", "--write-out"), "write_out"),
    **dict.fromkeys(("-X", "--request"), "request"),
}
LISTS = {
    **dict.fromkeys(("-H", "--header"), "headers"),
    **dict.fromkeys(("-o", "--output"), "outputs"),
    "--url": "urls",
}
NUMBERS = {
    **dict.fromkeys(("-m", "--max-time"), "max_time"),
    "--connect-timeout": "connect_timeout",
    "--retry": "retries",
    "--retry-delay": "retry_delay",
    "--retry-max-time": "retry_max_time",
}
DATA = {"-d", "--data", "--data-binary", "--data-raw"}
VALUES = {*TEXTS, *LISTS, *NUMBERS, *DATA}


class Options:
    """Where an option repeats, the last one counts, but for -H, -d, -o and URLs."""

    def __init__(self) -> None:
        self.flags: set[str] = set()
        self.urls: list[str] = []
        self.outputs: list[str] = []
        self.headers: list[str] = []
        self.data: list[bytes] = []
        self.request: str | None = None
        self.write_out = ""
        self.retries = 0.0
        # seconds; 0 is no limit
        self.max_time = 0.0
        self.connect_timeout = 300.0
        self.retry_delay = 0.0
        self.retry_max_time = 0.0

    @property
    def method(self) -> str:
        if self.request:
            return self.request
        if "head" in self.flags:
            return "HEAD"
        return "POST" if self.data else "GET"

    @property
    def body(self) -> bytes | None:
        return b"&".join(self.data) if self.data else None


def parse(argv: list[str]) -> Options:
    """Raises Failure for what curl would not understand either."""
    options = Options()
    words = iter(argv)
    for word in words:
        if word == "-" or not word.startswith("-"):
            options.urls.append(word)
        elif word.startswith("--"):
            _long(options, word, words)
        else:
            _short(options, word, words)
    if not options.urls and "version" not in options.flags:
        raise Failure(USAGE, "(2) no URL specified")
    return options


def _long(options: Options, word: str, words: Iterator[str]) -> None:
    if word in FLAGS:
        options.flags.add(FLAGS[word])
    elif word in VALUES:
        _set(options, word, next(words, None))
    else:
        raise Failure(USAGE, f"option {word}: is unknown")


def _short(options: Options, word: str, words: Iterator[str]) -> None:
    """-fsS is three flags; -m5 and -m 5 are the same."""
    for position, letter in enumerate(word[1:], start=2):
        option = f"-{letter}"
        if option in FLAGS:
            options.flags.add(FLAGS[option])
        elif option in VALUES:
            _set(options, option, word[position:] or next(words, None))
            return
        else:
            raise Failure(USAGE, f"option {word}: is unknown")


def _set(options: Options, option: str, value: str | None) -> None:
    if value is None:
        raise Failure(USAGE, f"option {option}: requires parameter")
    if option in TEXTS:
        setattr(options, TEXTS[option], value)
    elif option in LISTS:
        getattr(options, LISTS[option]).append(value)
    elif option in NUMBERS:
        setattr(options, NUMBERS[option], _number(option, value))
    else:
        options.data.append(_data(option, value))


def _number(option: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise Failure(USAGE, f"option {option}: expected a proper numerical parameter") from None


def _data(option: str, value: str) -> bytes:
    """@FILE is a file's content, @- is stdin's; --data drops their line ends."""
    if option == "--data-raw" or not value.startswith("@"):
        return value.encode()
    try:
        if value == "@-":
            content = sys.stdin.buffer.read()
        else:
            with open(value[1:], "rb") as file:  # noqa: PTH123  (pathlib costs start-up)
                content = file.read()
    except OSError:
        raise Failure(READ_ERROR, f"Failed to open {value[1:]}") from None
    if option == "--data-binary":
        return content
    return content.replace(b"\r", b"").replace(b"\n", b"")
