"""The curl of the image, as a program, against a server of this test."""

import asyncio
import json
import os
import socket
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest

from shipway.images.curl import curl_image


class Service(BaseHTTPRequestHandler):
    """Each path does what its name says."""

    protocol_version = "HTTP/1.1"
    flaky = 0

    def do_GET(self) -> None:
        match self.path.rpartition("/")[2]:
            case "missing":
                self._answer(404, b"no such thing")
            case "flaky":
                Service.flaky += 1
                self._answer(503 if Service.flaky < 3 else 200, b"at last")
            case "chunked":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n")
            case "short":
                self.send_response(200)
                self.send_header("Content-Length", "10")
                self.end_headers()
                self.wfile.write(b"short")
                self.close_connection = True
            case "moved":
                self.send_response(302)
                self.send_header("Location", "hello")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "round":
                self.send_response(302)
                self.send_header("Location", "/round")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "hello":
                self._answer(200, b"hello")
            case _:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length).decode()
                seen = {
                    "method": self.command,
                    "path": self.path,
                    "body": body,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                }
                self._answer(200, json.dumps(seen).encode())

    do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815  (the server's own names)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@dataclass
class Said:
    code: int
    out: str
    err: str


@dataclass
class Curl:
    program: Path
    address: str

    async def __call__(self, *words: str, **env: str) -> Said:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S", str(self.program)),
            *(word.replace("HERE", self.address) for word in words),
            env={"PATH": os.environ["PATH"], **env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return Said(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def curl(tmp_path_factory: pytest.TempPathFactory, address: str) -> Curl:
    """Out of the image's layer, as a node unpacks it."""
    root = tmp_path_factory.mktemp("curl")
    (layer,) = curl_image().layers
    assert isinstance(layer.content, bytes)
    with tarfile.open(fileobj=BytesIO(layer.content)) as archive:
        archive.extractall(root, filter="tar")
    return Curl(root / "usr/bin/curl", address)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Bound and not listened on: nobody else gets it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@pytest.fixture
def mute() -> Iterator[str]:
    """Accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield f"127.0.0.1:{held.getsockname()[1]}"


def test_the_image_is_the_same_every_time() -> None:
    assert curl_image() == curl_image()


def test_the_program_can_be_started_by_its_name() -> None:
    image = curl_image()
    assert isinstance(image.config.content, bytes)
    config = json.loads(image.config.content)["config"]
    assert config["Entrypoint"] == ["curl"]
    assert config["Labels"]["dev.shipway.runtime"] == "host"
    assert isinstance(image.layers[0].content, bytes)
    with tarfile.open(fileobj=BytesIO(image.layers[0].content)) as archive:
        program = archive.getmember("usr/bin/curl")
        shebang = archive.extractfile(program)
        assert shebang is not None
        assert (oct(program.mode), shebang.readline()) == (
            "0o755",
            b"#!/usr/bin/env -S python -I -S\n",
        )


async def test_a_body_goes_to_stdout_and_the_code_is_0(curl: Curl) -> None:
    assert await curl("http://HERE/hello") == Said(0, "hello", "")


async def test_fail_turns_an_http_error_into_code_22_and_hides_the_body(curl: Curl) -> None:
    words = "curl: (22) The requested URL returned error: 404\n"
    assert await curl("-f", "HERE/missing") == Said(22, "", words)
    assert await curl("-sf", "HERE/missing") == Said(22, "", "")
    assert await curl("-fsS", "HERE/missing") == Said(22, "", words)
    assert await curl("-s", "--fail-with-body", "HERE/missing") == Said(22, "no such thing", "")
    assert await curl("HERE/missing") == Said(0, "no such thing", "")


async def test_write_out_tells_about_each_url(curl: Curl, tmp_path: Path) -> None:
    said = await curl(
        *("-sS", "-o", str(tmp_path / "one"), "-o", str(tmp_path / "two")),
        *(
            "-w",
            r"%{http_code} %{url_effective} %{size_download}%%\n",
            "HERE/hello",
            "HERE/missing",
        ),
    )
    assert said == Said(
        0,
        f"200 http://{curl.address}/hello 5%\n404 http://{curl.address}/missing 13%\n",
        "",
    )
    assert (tmp_path / "one").read_text() == "hello"
    assert (tmp_path / "two").read_text() == "no such thing"


async def test_the_last_url_decides_the_code_unless_the_first_failure_ends_it(curl: Curl) -> None:
    assert await curl("-fs", "HERE/missing", "HERE/hello") == Said(0, "hello", "")
    assert await curl("-fs", "--fail-early", "HERE/missing", "HERE/hello") == Said(22, "", "")


async def test_include_and_head_show_the_headers(curl: Curl) -> None:
    said = await curl("-i", "HERE/hello")
    assert said.out.startswith("HTTP/1.1 200 OK\r\n")
    assert said.out.endswith("\r\nContent-Length: 5\r\n\r\nhello")
    said = await curl("-I", "HERE/hello")
    assert said.out.endswith("\r\nContent-Length: 5\r\n\r\n")


async def test_verbose_shows_both_heads_on_stderr(curl: Curl) -> None:
    said = await curl("-v", "HERE/hello")
    assert said.out == "hello"
    lines = said.err.splitlines()
    assert f"* Connected to 127.0.0.1 (127.0.0.1) port {curl.address.partition(':')[2]}" in lines
    assert "> GET /hello HTTP/1.1" in lines
    assert "< HTTP/1.1 200 OK" in lines


async def test_data_headers_and_method_are_sent_as_told(curl: Curl) -> None:
    said = await curl(
        *("-d", "a=1", "-d", "b=2", "-H", "X-One: 1", "-H", "Accept:", "-H", "User-Agent: me"),
        "http://user:pass@HERE/echo?q=1#fragment",
    )
    assert json.loads(said.out) == {
        "method": "POST",
        "path": "/echo?q=1",
        "body": "a=1&b=2",
        "headers": {
            "host": curl.address,
            "authorization": "Basic dXNlcjpwYXNz",
            "content-length": "7",
            "content-type": "application/x-www-form-urlencoded",
            "user-agent": "me",
            "x-one": "1",
        },
    }
    said = await curl("-X", "PUT", "--data-raw", "@x", "HERE/echo")
    assert (json.loads(said.out)["method"], json.loads(said.out)["body"]) == ("PUT", "@x")


async def test_data_may_come_from_a_file(curl: Curl, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("one\ntwo\n")
    said = await curl("--data", f"@{tmp_path / 'data'}", "HERE/echo")
    assert json.loads(said.out)["body"] == "onetwo"
    said = await curl("--data-binary", f"@{tmp_path / 'data'}", "HERE/echo")
    assert json.loads(said.out)["body"] == "one\ntwo\n"


async def test_redirects_are_followed_when_asked(curl: Curl) -> None:
    assert (await curl("HERE/a/moved")).out == ""
    said = await curl("-L", "-w", " %{num_redirects} %{url_effective}", "HERE/a/moved")
    assert said.out == f"hello 1 http://{curl.address}/a/hello"
    said = await curl("-sSL", "HERE/round")
    assert said == Said(47, "", "curl: (47) Maximum (50) redirects followed\n")


async def test_bodies_end_where_they_say(curl: Curl) -> None:
    assert await curl("HERE/chunked") == Said(0, "hello world", "")
    assert await curl("HERE/short") == Said(
        18, "short", "curl: (18) transfer closed with 5 bytes remaining to read\n"
    )


async def test_passing_errors_are_tried_again(curl: Curl) -> None:
    Service.flaky = 0
    said = await curl("-f", "--retry", "3", "--retry-delay", "0.01", "HERE/flaky")
    assert said == Said(
        0,
        "at last",
        "Warning: Problem: HTTP error. Will retry in 0.01 seconds. 3 retries left.\n"
        "Warning: Problem: HTTP error. Will retry in 0.01 seconds. 2 retries left.\n",
    )


async def test_other_errors_are_tried_again_only_when_told(curl: Curl, closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}/"
    quick = ("--retry", "1", "--retry-delay", "0.01")
    assert "Warning" not in (await curl(*quick, url)).err
    assert "Problem: connection refused." in (await curl(*quick, "--retry-connrefused", url)).err
    said = await curl(*quick, "-f", "--retry-all-errors", "HERE/missing")
    assert (said.code, "Problem: (retrying all errors)." in said.err) == (22, True)


async def test_a_name_that_nobody_knows_is_code_6(curl: Curl) -> None:
    assert await curl("http://nowhere.invalid/") == Said(
        6, "", "curl: (6) Could not resolve host: nowhere.invalid\n"
    )


async def test_a_port_where_nobody_listens_is_code_7(curl: Curl, closed_port: int) -> None:
    said = await curl("-w", "%{http_code}", f"http://127.0.0.1:{closed_port}/")
    assert (said.code, said.out) == (7, "000")
    assert said.err.startswith(
        f"curl: (7) Failed to connect to 127.0.0.1 port {closed_port} after "
    )


async def test_an_answer_that_does_not_come_is_code_28(curl: Curl, mute: str) -> None:
    said = await curl("-m", "0.1", f"http://{mute}/")
    assert said.code == 28
    assert said.err.startswith("curl: (28) Operation timed out after 1")
    assert said.err.endswith("milliseconds with 0 bytes received\n")


async def test_a_proxy_gets_the_whole_address_and_its_credentials(curl: Curl) -> None:
    said = await curl("http://sample-app.dev/echo", http_proxy=f"http://pod:x@{curl.address}")
    seen = json.loads(said.out)
    assert seen["path"] == "http://sample-app.dev/echo"
    assert seen["headers"]["host"] == "sample-app.dev"
    assert seen["headers"]["proxy-authorization"] == "Basic cG9kOng="


async def test_the_upper_case_proxy_counts_for_nothing(curl: Curl) -> None:
    assert (await curl("HERE/hello", HTTP_PROXY="http://nowhere.invalid")).out == "hello"


@pytest.mark.parametrize("exempt", ["127.0.0.1", "localhost, 127.0.0.1", "*"])
async def test_no_proxy_names_what_is_asked_directly(curl: Curl, exempt: str) -> None:
    said = await curl("HERE/hello", http_proxy="http://nowhere.invalid", no_proxy=exempt)
    assert said.out == "hello"


async def test_a_proxy_that_nobody_knows_is_code_5(curl: Curl) -> None:
    said = await curl("HERE/hello", http_proxy="http://nowhere.invalid", no_proxy="other")
    assert said == Said(5, "", "curl: (5) Could not resolve proxy: nowhere.invalid\n")


@pytest.mark.parametrize(
    ("words", "code", "err"),
    [
        (["--frobnicate", "x"], 2, "curl: option --frobnicate: is unknown\n"),
        (["-m"], 2, "curl: option -m: requires parameter\n"),
        (["-m", "soon", "x"], 2, "curl: option -m: expected a proper numerical parameter\n"),
        ([], 2, "curl: (2) no URL specified\n"),
        (["https://x/"], 1, 'curl: (1) Protocol "https" not supported\n'),
        (["http://x:y:z/"], 3, "curl: (3) URL rejected: Malformed input to a URL function\n"),
    ],
)
async def test_what_cannot_be_understood_is_said(
    curl: Curl, words: list[str], code: int, err: str
) -> None:
    assert await curl(*words) == Said(code, "", err)


async def test_the_image_is_the_same_where_python_keeps_its_bytecode_elsewhere(
    tmp_path: Path,
) -> None:
    program = "from shipway.images.curl import curl_image; print(curl_image().digest)"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        env={**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert said.decode().strip() == curl_image().digest
