"""URL after URL, with retries, and the words and the code to end with."""

import re
import sys
import time
from collections.abc import Callable

from .failure import HTTP_ERROR, TIMEOUT, WRITE_ERROR, Failure
from .options import Options, parse
from .transfer import Transfer

VERSION = "curl 8.0 (shipway's own, http only)"
TRANSIENT = {408, 429, 500, 502, 503, 504}
LONGEST_PAUSE = 600.0  # seconds between two attempts


def main(argv: list[str]) -> int:
    try:
        options = parse(argv)
    except Failure as failure:
        sys.stderr.write(f"curl: {failure.message}\n")
        return failure.code
    if "version" in options.flags:
        sys.stdout.write(f"{VERSION}\n")
        return 0
    code = 0
    for number, url in enumerate(options.urls):
        output = options.outputs[number] if number < len(options.outputs) else "-"
        code = _fetch(options, url, output)
        if code and "fail_early" in options.flags:
            break
    return code


def _fetch(options: Options, url: str, output: str) -> int:
    """One URL with its retries; the exit code of the last attempt, which alone is written out."""
    begun, pause, left = time.monotonic(), options.retry_delay or 1.0, options.retries
    while True:
        transfer, failure = _attempt(options, url, output)
        problem = _passing(options, transfer, failure)
        is_late = 0 < options.retry_max_time < time.monotonic() - begun + pause
        if problem is None or left < 1 or is_late:
            break
        if "silent" not in options.flags:
            retries = "1 retry" if left == 1 else f"{left:g} retries"
            sys.stderr.write(
                f"Warning: Problem: {problem}. Will retry in {pause:g} seconds. {retries} left.\n"
            )
        time.sleep(pause)
        left -= 1
        pause = options.retry_delay or min(pause * 2, LONGEST_PAUSE)
    if failure and ("silent" not in options.flags or "show_error" in options.flags):
        sys.stderr.write(f"curl: ({failure.code}) {failure.message}\n")
    sys.stdout.write(_written_out(options.write_out, transfer, failure))
    sys.stdout.flush()
    return failure.code if failure else 0


def _attempt(options: Options, url: str, output: str) -> tuple[Transfer, Failure | None]:
    transfer = Transfer(options, url)
    try:
        transfer.run(_writer(output))
    except Failure as failure:
        return transfer, failure
    finally:
        sys.stdout.flush()
    return transfer, None


def _writer(output: str) -> Callable[[bytes], object]:
    """A file appears with its first byte; each attempt writes it anew."""
    if output == "-":
        return sys.stdout.buffer.write
    mode = "wb"

    def write(content: bytes) -> None:
        nonlocal mode
        try:
            with open(output, mode) as file:  # noqa: PTH123  (pathlib costs start-up)
                file.write(content)
        except OSError as error:
            message = f"Failed to open the file {output}: {error.strerror}"
            raise Failure(WRITE_ERROR, message) from None
        mode = "ab"

    return write


def _passing(options: Options, transfer: Transfer, failure: Failure | None) -> str | None:
    """Why another attempt makes sense; None when it does not."""
    if failure and failure.code == TIMEOUT:
        return "timeout"
    if transfer.status in TRANSIENT and (failure is None or failure.code == HTTP_ERROR):
        return "HTTP error"
    if failure and failure.refused and "retry_connrefused" in options.flags:
        return "connection refused"
    if failure and "retry_all_errors" in options.flags:
        return "(retrying all errors)"
    return None


def _written_out(template: str, transfer: Transfer, failure: Failure | None) -> str:
    known: dict[str, object] = {
        "content_type": transfer.content_type,
        "errormsg": failure.message if failure else "",
        "exitcode": failure.code if failure else 0,
        "http_code": f"{transfer.status:03}",
        "method": transfer.method,
        "num_redirects": transfer.redirects,
        "remote_ip": transfer.peer[0],
        "remote_port": transfer.peer[1],
        "response_code": f"{transfer.status:03}",
        "size_download": transfer.clock.received,
        "time_total": f"{transfer.clock.elapsed:.6f}",
        "url": transfer.url,
        "url_effective": transfer.effective,
        **{f"time_{name}": f"{value:.6f}" for name, value in transfer.clock.moments.items()},
    }

    def replacement(found: re.Match[str]) -> str:
        if found["name"] is None:
            return {"%%": "%", "\\n": "\n", "\\t": "\t", "\\r": "\r"}[found.group()]
        if found["name"] not in known:
            sys.stderr.write(f"curl: unknown --write-out variable: '{found['name']}'\n")
        return str(known.get(found["name"], ""))

    return re.sub(r"%\{(?P<name>[^}]*)\}|%%|\\[ntr]", replacement, template)
