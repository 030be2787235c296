"""exec, attach, port-forward, cp and top: the real kubectl, and kr8s, against pods that really run."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import kr8s
import psutil
import pytest

from drydock.api.app import create
from drydock.home import WantedNode
from drydock.node.back_off import Schedule
from drydock.pki import Identity
from drydock.store import Store
from tests.drydock.api.conftest import TOKEN, serving, tls, write_kubeconfig
from tests.drydock.conftest import Run
from tests.drydock.node.conftest import (
    Cluster,
    Shelf,
    image,
    possible,
    running,
    shelf,
    store,
    until,
)
from tests.loopback import listen

__all__ = ["image", "shelf", "store", "tls"]  # fixtures that are at home elsewhere

pytestmark = pytest.mark.real

TALKER = """
import sys, time
for number in range(100000):
    print("word", number, flush=True)
    time.sleep(0.05)
"""


@pytest.fixture(params=["loopback", "isolated"])
def mode(request: pytest.FixtureRequest) -> WantedNode:
    return possible(request.param)


@pytest.fixture
async def cluster(
    store: Store,
    shelf: Shelf,
    tmp_path: Path,
    *,
    mode: WantedNode,
    tls: Identity,
    isolated: Mapping[str, str],
) -> AsyncIterator[Cluster]:
    """A node behind an API for which the isolated KUBECONFIG is written."""
    async with running(store, shelf, tmp_path / "home", Schedule(0.2, 0.8), mode) as cluster:
        node = cluster.node
        app = create(store, token=TOKEN, logs=node, pods=node.access, allowed_hosts=("127.0.0.1",))
        async with serving(app, tls) as port:
            write_kubeconfig(Path(isolated["KUBECONFIG"]), port, tls)
            yield cluster


@pytest.fixture
async def web(cluster: Cluster, image: str) -> Cluster:
    """With the pod `web`, which serves HTTP at port 8080."""
    container = {
        "image": image,
        "readinessProbe": {"tcpSocket": {"port": 8080}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    cluster.run("web", container, volumes=[{"name": "tmp", "emptyDir": {}}])
    await cluster.ready("web")
    return cluster


@asynccontextmanager
async def started(
    kubectl: str,
    isolated: Mapping[str, str],
    *argv: str,
    stdin: int = asyncio.subprocess.PIPE,
    stdout: int = asyncio.subprocess.PIPE,
    stderr: int | None = None,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A kubectl that goes on beside the test."""
    process = await asyncio.create_subprocess_exec(
        kubectl, *argv, env=isolated, stdin=stdin, stdout=stdout, stderr=stderr
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def sleepers() -> list[psutil.Process]:
    """Whom the test below started."""
    processes = psutil.process_iter(["cmdline"])
    return [each for each in processes if each.info["cmdline"] == ["sleep", "86399"]]


async def line_with(text: str, process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(45):
        while line := await process.stdout.readline():
            if text in line.decode():
                return line.decode()
    raise EOFError(f"ended without {text!r}")


@pytest.mark.usefixtures("web")
async def test_exec_keeps_streams_apart_and_hands_on_the_exit_code(
    kubectl: Run, kubectl_path: str, isolated: Mapping[str, str]
) -> None:
    script = "echo out; echo err >&2; exit 3"
    pipe = asyncio.subprocess.PIPE
    argv = ("exec", "web", "--", "sh", "-c", script)
    async with started(kubectl_path, isolated, *argv, stderr=pipe) as process:
        assert await process.communicate() == (
            b"out\n",
            b"err\ncommand terminated with exit code 3\n",
        )
        assert process.returncode == 3
    big = "x" * 3_000_000
    assert await kubectl("exec", "-i", "web", "--", "cat", stdin=big) == (0, big)
    code, output = await kubectl("exec", "web", "--", "nope")
    assert (code, re.sub("[0-9a-f]{64}", "ID", output)) == (
        1,
        "error: Internal error occurred: Internal error occurred: error executing command in container: "
        'failed to exec in container: failed to start exec "ID": OCI runtime exec failed: exec failed: '
        'unable to start container process: exec: "nope": executable file not found in $PATH: unknown\n',
    )


@pytest.mark.usefixtures("web")
async def test_exec_with_a_terminal_is_a_terminal(
    kubectl_path: str, isolated: Mapping[str, str]
) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("4H", 33, 120, 0, 0))
    script = 'until [ "$(stty size)" = "33 120" ]; do sleep 0.05; done; read name; echo hello $name'
    try:
        argv = ("exec", "-it", "web", "--", "sh", "-c", script)
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        async with started(kubectl_path, isolated, *argv, **streams) as process:
            os.write(ours, b"you\n")
            async with asyncio.timeout(45):
                assert await process.wait() == 0
        os.set_blocking(ours, False)
        said = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert said.endswith("hello you\r\n")


async def test_a_command_ends_with_its_client_and_the_container_goes_on(
    web: Cluster, kubectl_path: str, isolated: Mapping[str, str]
) -> None:
    script = "echo here; exec sleep 86399"
    async with started(kubectl_path, isolated, "exec", "web", "--", "sh", "-c", script) as process:
        await line_with("here", process)
        await until(sleepers)
    await until(lambda: not sleepers())
    assert web.app("web")["restartCount"] == 0
    assert "running" in web.app("web")["state"]


async def test_a_command_ends_with_its_container(
    web: Cluster, kubectl_path: str, isolated: Mapping[str, str]
) -> None:
    argv = ("exec", "web", "--", "sh", "-c", "echo here; exec sleep 86398")
    async with started(kubectl_path, isolated, *argv) as process:
        await line_with("here", process)
        await web.delete("web", grace=0)
        async with asyncio.timeout(45):
            assert await process.wait() == 137


async def test_attach_follows_from_now_until_the_container_ends(
    cluster: Cluster, image: str, kubectl_path: str, isolated: Mapping[str, str]
) -> None:
    cluster.run("talker", {"image": image, "command": ["python", "-c", TALKER]})
    await cluster.ready("talker")
    async with started(kubectl_path, isolated, "attach", "talker") as process:
        await line_with("word", process)
        await cluster.delete("talker", grace=1)
        async with asyncio.timeout(45):
            await process.communicate()
        assert process.returncode == 0


@pytest.mark.parametrize("once", [True, False])
async def test_a_container_with_stdin_hears_who_is_attached(
    cluster: Cluster, image: str, kubectl: Run, *, once: bool
) -> None:
    """The end of the one client's input is the container's; where others may follow, it is only that client's."""
    cluster.run(
        "cat",
        {"image": image, "command": ["cat"], "stdin": True, "stdinOnce": once},
        restartPolicy="Never",
    )
    await cluster.ready("cat")
    code, output = await kubectl("attach", "-i", "cat", stdin="one\n")
    assert code == 0
    if once:
        assert "one\n" in output
        ended = await until(lambda: cluster.app("cat")["state"].get("terminated"))
        assert ended["exitCode"] == 0
    else:
        assert (await kubectl("attach", "-i", "cat", stdin="two\n"))[0] == 0
        assert "running" in cluster.app("cat")["state"]
    log = "one\n" if once else "one\ntwo\n"
    async with asyncio.timeout(45):
        while await cluster.logs("cat") != log:  # noqa: ASYNC110  # a client sees by asking
            await asyncio.sleep(0.01)


async def test_a_container_with_a_terminal_has_it_for_its_own(
    cluster: Cluster, image: str, kubectl_path: str, isolated: Mapping[str, str]
) -> None:
    script = (
        'until [ "$(stty size)" = "33 120" ]; do sleep 0.05; done; echo "on $TERM"; '
        "read name; echo hello $name >/dev/tty; exit 4"
    )
    shell = {"image": image, "command": ["sh", "-c", script], "stdin": True, "tty": True}
    cluster.run("shell", shell, restartPolicy="Never")
    await cluster.ready("shell")
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("4H", 33, 120, 0, 0))
    try:
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        async with started(kubectl_path, isolated, "attach", "-it", "shell", **streams) as process:
            os.write(ours, b"you\n")
            async with asyncio.timeout(45):
                assert await process.wait() == 0
        os.set_blocking(ours, False)
        said = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "on xterm\r\nhello you\r\n" in said
    ended = await until(lambda: cluster.app("shell")["state"].get("terminated"))
    assert ended["exitCode"] == 4


@pytest.mark.usefixtures("cluster")
async def test_run_makes_a_pod_to_talk_with_and_removes_it(image: str, kubectl: Run) -> None:
    interactive = ("run", "talk", "-i", "--rm", "--restart=Never", f"--image={image}")
    script = "read name; echo hello $name; exit 3"
    code, output = await kubectl(*interactive, "--command", "--", "sh", "-c", script, stdin="you\n")
    assert code == 3
    assert "hello you\n" in output
    assert 'pod "talk" deleted' in output


async def test_cp_brings_files_in_and_out(web: Cluster, kubectl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "one.txt").write_text("one\n")
    (folder / "two.bin").write_bytes(os.urandom(100_000))
    _, there = await kubectl("exec", "web", "--", "sh", "-c", "printf %s ${TMPDIR:-/tmp}")
    code, output = await kubectl("cp", folder, f"web:{there}/files")
    assert code == 0, output
    code, output = await kubectl("cp", f"web:{there}/files", tmp_path / "back")
    assert code == 0, output
    assert (tmp_path / "back" / "deep" / "one.txt").read_text() == "one\n"
    assert (tmp_path / "back" / "two.bin").read_bytes() == (folder / "two.bin").read_bytes()


@pytest.mark.usefixtures("web")
async def test_port_forward_carries_many_connections(
    kubectl_path: str, isolated: Mapping[str, str]
) -> None:
    argv = ("port-forward", "--address", "127.0.0.1", "pod/web", ":8080")
    async with started(kubectl_path, isolated, *argv) as process:
        found = re.search(r"127\.0\.0\.1:(\d+) -> 8080", await line_with("Forwarding", process))
        assert found is not None
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{found[1]}") as client:
            answers = await asyncio.gather(*(client.get(f"/{number}") for number in range(4)))
        assert {answer.text.split()[1] for answer in answers} == {"/0", "/1", "/2", "/3"}


@pytest.mark.usefixtures("web")
async def test_port_forward_says_which_port_does_not_listen(
    kubectl_path: str, isolated: Mapping[str, str]
) -> None:
    argv = ("port-forward", "--address", "127.0.0.1", "pod/web", ":9")
    stderr = asyncio.subprocess.STDOUT
    async with started(kubectl_path, isolated, *argv, stderr=stderr) as process:
        found = re.search(r"127\.0\.0\.1:(\d+) -> 9", await line_with("Forwarding", process))
        assert found is not None
        async with httpx2.AsyncClient() as client:
            with pytest.raises(httpx2.TransportError):
                await client.get(f"http://127.0.0.1:{found[1]}")
        told = await line_with("error forwarding port 9 to pod web, uid", process)
    assert "connection refused" in told


async def test_top_tells_what_pods_and_the_node_use(web: Cluster, kubectl: Run) -> None:
    access = web.node.access
    await until(lambda: access.usage("default", "web") and access.measured_node("drydock"))
    code, output = await kubectl("top", "pods", "--containers", "-A", "--sort-by=memory")
    assert code == 0, output
    assert re.search(r"^default +web +app +\d+m +\d+Mi +$", output, re.MULTILINE), output
    code, output = await kubectl("top", "node")
    assert code == 0, output
    assert re.search(r"^drydock +\d+m +\d+% +\d+Mi +\d+% +$", output, re.MULTILINE), output
    code, output = await kubectl("top", "pod", "nobody")
    assert (code, output) == (1, 'Error from server (NotFound): pods "nobody" not found\n')


@pytest.mark.filterwarnings("ignore:Kubernetes version:UserWarning")  # newer than kr8s knows
@pytest.mark.usefixtures("web")
async def test_kr8s_executes_and_forwards(isolated: Mapping[str, str]) -> None:
    api = await kr8s.asyncio.api(kubeconfig=isolated["KUBECONFIG"])
    pod = await kr8s.asyncio.objects.Pod.get("web", namespace="default", api=api)
    done = await pod.exec(["sh", "-c", "echo out; echo err >&2; exit 4"], check=False)
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 4)
    with listen() as free:  # kr8s' own choice may be a port that is in use
        local_port = free.getsockname()[1]
    forwarded = pod.portforward(remote_port=8080, local_port=local_port)
    async with forwarded as port, httpx2.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/kr8s")
    assert answer.text.startswith("web /kr8s ")
