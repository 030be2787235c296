"""What containers see and may do in namespaces of their own."""

import asyncio
import contextlib
import io
import os
import re
import signal
import subprocess  # noqa: TID251  # a test may ask ldd
import sys
import tarfile
from pathlib import Path
from typing import Any

import psutil
import pytest

from drydock.home import WantedNode
from drydock.node.folders import discard
from drydock.node.isolation.choice import choose
from drydock.node.launch import Host
from drydock.node.node import HOST_PYTHON, Node
from drydock.node.process import Processes
from drydock.node.runtime import CannotIsolate, Stdio
from drydock.resources import CONFIG_MAPS, NODES
from drydock.store import Store
from tests.drydock.node.conftest import Cluster, Shelf, possible, until

EVERYWHERE = """
import http.server, os
http.server.ThreadingHTTPServer(("0.0.0.0", 3000), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
READY = {"httpGet": {"path": "/", "port": 3000}, "periodSeconds": 1}


@pytest.fixture
def mode() -> WantedNode:
    return possible("isolated")


def system() -> bytes:
    """A layer with a shell, what it needs, a user and a group: everything root's but /home/app."""
    programs = [
        Path(f"/bin/{name}").resolve() for name in ("sh", "cat", "id", "ln", "ls", "sleep", "touch")
    ]
    listed = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=True).stdout
    libraries = {Path(path) for path in re.findall(r"(/\S+) \(0x", listed)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in libraries:
            archive.add(path.resolve(), str(path).lstrip("/"))
        for path in programs:
            archive.add(path, f"bin/{'sh' if path.name == 'dash' else path.name}")
        for name, text, uid in (
            ("etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1234:55::/home/app:/bin/sh\n", 0),
            ("etc/group", "root:x:0:\nstaff:x:55:\nmore:x:77:app\n", 0),
            ("home/app/mine", "mine", 1234),
            ("opt/roots", "root's", 0),
        ):
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.uid, member.gid = len(text), 0o644, uid, 0
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture
def linux(shelf: Shelf) -> str:
    config = {
        "Entrypoint": ["sh", "-c"],
        "Env": ["PATH=/bin"],
        "User": "app",
        "WorkingDir": "/home/app",
    }
    return shelf.add("linux", "1", [system()], config)


async def said(cluster: Cluster, name: str) -> str:
    assert await cluster.ended(name) == "Succeeded", await cluster.logs(name)
    return await cluster.logs(name)


def once(image: str, script: str, **container: Any) -> dict[str, Any]:
    return {"image": image, "args": [script], **container}


async def test_an_image_with_a_system_of_its_own_runs_as_its_user(
    cluster: Cluster, linux: str
) -> None:
    cluster.run(
        "own",
        once(linux, "id -u; id -g; cat /proc/self/comm; ls /; echo $HOME"),
        restartPolicy="Never",
    )

    uid, gid, comm, *names, home = (await said(cluster, "own")).split()
    assert (uid, gid, comm, home) == ("1234", "55", "cat", "/home/app")
    assert {"bin", "dev", "etc", "home", "opt", "proc", "tmp"} <= set(names)
    assert not {"root", "work", "usr"} & set(names) - {"usr"}


async def test_security_contexts_bind(cluster: Cluster, linux: str) -> None:
    script = "id -u; id -g; touch /home/app/x || echo no; echo x > /scratch/y && cat /scratch/y; cat /proc/self/status"
    cluster.run(
        "bound",
        once(
            linux,
            script,
            securityContext={
                "runAsUser": 4321,
                "runAsGroup": 99,
                "readOnlyRootFilesystem": True,
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
            volumeMounts=[{"name": "scratch", "mountPath": "/scratch"}],
        ),
        securityContext={"runAsUser": 1, "runAsGroup": 1},
        volumes=[{"name": "scratch", "emptyDir": {}}],
        restartPolicy="Never",
    )

    lines = (await said(cluster, "bound")).splitlines()
    assert lines[:2] == ["4321", "99"]
    assert lines[2].endswith("Read-only file system")
    assert lines[3:5] == ["no", "x"]
    status = dict(line.split(":\t", 1) for line in lines[5:] if ":\t" in line)
    assert int(status["CapBnd"], 16) == int(status["CapEff"], 16) == 0
    assert status["NoNewPrivs"] == "1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has users to give")
async def test_files_belong_to_whom_the_image_says(cluster: Cluster, linux: str) -> None:
    script = (
        "echo x > mine && echo wrote; echo x > /opt/roots || echo no; id -G; "
        "ls -ln /opt/roots mine /shared | while read _ _ u g rest; do echo $u $g; done; touch /shared/x && ls -n /shared"
    )
    cluster.run(
        "owners",
        once(linux, script, volumeMounts=[{"name": "shared", "mountPath": "/shared"}]),
        volumes=[{"name": "shared", "emptyDir": {}}],
        securityContext={"fsGroup": 2000, "supplementalGroups": [3000]},
        restartPolicy="Never",
    )

    text = await said(cluster, "owners")
    assert text.startswith("wrote\n")
    assert "no\n55 77 2000 3000\n" in text
    assert re.search(r"^1234 0$", text, re.MULTILINE)
    assert re.search(r"^0 0$", text, re.MULTILINE)
    assert re.search(r" 1234 2000 .* x$", text, re.MULTILINE)


async def test_two_replicas_listen_everywhere_on_one_port(cluster: Cluster, image: str) -> None:
    app = {
        "name": "app",
        "image": image,
        "command": ["python", "-c", EVERYWHERE],
        "readinessProbe": READY,
        "ports": [{"containerPort": 3000}],
    }
    for name in ("one", "two"):
        cluster.create(name, {"containers": [app]})

    assert await cluster.ready("one") != await cluster.ready("two")


async def test_containers_of_a_pod_share_its_network_and_not_its_processes(
    cluster: Cluster, image: str
) -> None:
    ask = (
        "import os, time, urllib.request\n"
        "for _ in range(600):\n"
        "    try: print(urllib.request.urlopen('http://localhost:3000/').status); break\n"
        "    except OSError: time.sleep(0.05)\n"
        "print(sorted(int(n) for n in os.listdir('/proc') if n.isdigit()), os.getpid(), os.uname().nodename)"
    )
    server = {"name": "server", "image": image, "command": ["python", "-c", EVERYWHERE]}
    asker = {"name": "app", "image": image, "command": ["python", "-c", ask]}
    cluster.create("pair", {"containers": [asker, server], "restartPolicy": "Never"})

    done = lambda: cluster.app("pair").get("state", {}).get("terminated")  # noqa: E731
    await until(done)
    assert await cluster.logs("pair") == "200\n[1] 1 pair\n"


async def test_volumes_are_where_the_container_mounts_them(cluster: Cluster, linux: str) -> None:
    data = {"mode": "fast", "level": "3"}
    cluster.store.create(
        CONFIG_MAPS, {"metadata": {"name": "app", "namespace": "default"}, "data": data}
    )
    script = "cat /etc/app/mode /etc/one; echo; echo x > /etc/app/mode; echo y > /data/in/y; ls /data /all/in"
    mounts = [
        {"name": "settings", "mountPath": "/etc/app"},
        {"name": "settings", "mountPath": "/etc/one", "subPath": "level"},
        {"name": "data", "mountPath": "/data/in", "subPath": "in"},
        {"name": "data", "mountPath": "/all"},
    ]
    volumes = [
        {"name": "settings", "configMap": {"name": "app"}},
        {"name": "data", "emptyDir": {}},
    ]
    cluster.run(
        "app", once(linux, script, volumeMounts=mounts), volumes=volumes, restartPolicy="Never"
    )

    lines = (await said(cluster, "app")).splitlines()
    assert lines[0] == "fast3"
    assert lines[1].endswith("Read-only file system")
    assert lines[2:] == ["/all/in:", "y", "", "/data:", "in"]


async def test_a_link_that_a_container_leaves_in_a_volume_leads_nowhere_else(
    cluster: Cluster, linux: str
) -> None:
    peek = {
        "name": "app",
        "image": linux,
        "args": ["ls /out"],
        "volumeMounts": [{"name": "data", "mountPath": "/out", "subPath": "a/b"}],
    }
    trap = {
        "name": "trap",
        "image": linux,
        "args": ["ln -s /etc /data/a"],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    cluster.create(
        "trap",
        {
            "restartPolicy": "Never",
            "initContainers": [trap],
            "containers": [peek],
            "volumes": [{"name": "data", "emptyDir": {}}],
        },
    )

    assert await cluster.ended("trap") == "Failed"
    terminated = cluster.app("trap")["state"]["terminated"]
    assert terminated["reason"] == "StartError"
    assert "subPath a/b leads" in terminated["message"]


async def test_a_termination_message_is_told(cluster: Cluster, linux: str) -> None:
    failing = "echo last words; exit 3"
    cluster.run(
        "own", once(linux, "echo because > /dev/termination-log; exit 1"), restartPolicy="Never"
    )
    cluster.run(
        "log",
        once(linux, failing, terminationMessagePolicy="FallbackToLogsOnError"),
        restartPolicy="Never",
    )

    assert await cluster.ended("own") == await cluster.ended("log") == "Failed"
    assert cluster.app("own")["state"]["terminated"]["message"] == "because\n"
    assert cluster.app("log")["state"]["terminated"]["message"] == "last words\n"


async def test_a_command_beside_a_container_shares_its_surroundings(
    cluster: Cluster, linux: str
) -> None:
    cluster.run("web", once(linux, "echo hi > /tmp/here; sleep 600"))
    await cluster.ready("web")
    run = cluster.node._runners[(cluster.pod("web") or {})["metadata"]["uid"]].runners[0].current
    assert run is not None
    outs = [os.pipe() for _ in range(2)]
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        stdio = Stdio(nothing, outs[0][1], outs[1][1])
        command = [
            "sh",
            "-c",
            "until cat /tmp/here; do sleep 0.1; done; id -u; echo no >&2; exit 7",
        ]
        process = await run.exec(command, stdio, terminal=False)
        assert await process.wait() == 7
        assert os.read(outs[0][0], 99) == b"hi\n1234\n"
        assert os.read(outs[1][0], 99).endswith(b"no\n")
    finally:
        for descriptor in (nothing, *outs[0], *outs[1]):
            os.close(descriptor)


LIFE = """
import asyncio, sys
from pathlib import Path
from drydock.store import Store
from tests.drydock.node.conftest import NAMESPACES, Schedule, Shelf, running

async def main(shelf, home, image):
    store = Store()
    store.create(NAMESPACES, {"metadata": {"name": "default"}})
    async with running(store, Shelf.opened(Path(shelf)), Path(home), Schedule(1, 2), "isolated") as cluster:
        cluster.run("web", {"image": image, "args": ["sleep 600 & sleep 600"]})
        await cluster.ready("web")
        print("ready", flush=True)
        await asyncio.sleep(600)

asyncio.run(main(*sys.argv[1:]))
"""


def family(root: int) -> list[psutil.Process]:
    return psutil.Process(root).children(recursive=True)


async def test_nothing_is_left_when_drydock_is_killed(
    shelf: Shelf, linux: str, mode: WantedNode, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shelf.save()
    drydock = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        LIFE,
        str(shelf.folder),
        str(home),
        linux,
        stdout=asyncio.subprocess.PIPE,
    )
    assert drydock.stdout
    async with asyncio.timeout(60):
        assert await drydock.stdout.readline() == b"ready\n"
    await until(lambda: [name(each) for each in family(drydock.pid)].count("sleep") == 2)
    living = family(drydock.pid)

    drydock.send_signal(signal.SIGKILL)
    await drydock.wait()
    await until(lambda: not any(lives(process) for process in living))
    assert str(home) not in mounts()
    discard(home)
    assert not home.exists()


def name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text()


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_node_that_loses_its_agent_says_so_and_ends(
    store: Store, shelf: Shelf, mode: WantedNode, tmp_path: Path
) -> None:
    node = Node(store, home=tmp_path / "home", images=shelf, registry_hosts=[], wanted=mode)
    running = asyncio.create_task(node.run())
    await until(lambda: store.get(NODES, "", "drydock"))
    (entry,) = (tmp_path / "home" / "processes").iterdir()
    (agent,) = family(int(entry.name))
    agent.kill()

    ended, _ = await asyncio.wait((running,), timeout=60)
    assert ended
    with pytest.raises(CannotIsolate, match="the agent of the isolated node"):
        running.result()


async def test_an_end_that_is_hurried_leaves_nothing(
    store: Store, shelf: Shelf, mode: WantedNode, tmp_path: Path
) -> None:
    before = set(family(os.getpid()))
    node = Node(store, home=tmp_path / "home", images=shelf, registry_hosts=[], wanted=mode)
    running = asyncio.create_task(node.run())
    assert (await node.mode()).name == "isolated"
    living = set(family(os.getpid())) - before
    assert len(living) >= 3  # the agent's two processes and the watchdog

    store.close()
    for _ in range(3):
        await asyncio.sleep(0)
        running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert not any(lives(process) for process in living)


def lax(*entries: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for entry in entries:
            archive.addfile(entry)
    return buffer.getvalue()


async def test_a_link_of_an_image_leads_no_mount_out_of_its_root(
    cluster: Cluster, shelf: Shelf, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o777)
    outside.chmod(0o777)
    link = tarfile.TarInfo("var/run")
    link.type, link.linkname = tarfile.SYMTYPE, str(outside)
    config = {"Entrypoint": ["sh", "-c"], "Env": ["PATH=/bin"], "WorkingDir": "/var/run/x/y"}
    image = shelf.add("lax", "1", [system(), lax(link)], config)
    cluster.run(
        "lax",
        once(
            image,
            f"echo kept > /var/run/data/it; cat {outside}/data/it; ls {outside} {outside}/x",
            terminationMessagePath="/var/run/words",
            volumeMounts=[{"name": "data", "mountPath": "/var/run/data"}],
        ),
        volumes=[{"name": "data", "emptyDir": {}}],
        restartPolicy="Never",
    )

    assert (await said(cluster, "lax")).split() == [
        *("kept", f"{outside}:", "data", "words", "x"),
        *(f"{outside}/x:", "y"),
    ]
    assert list(outside.iterdir()) == []


async def test_memory_counts_whatever_session_it_is_used_in(cluster: Cluster, image: str) -> None:
    big = "x = b'x' * 150_000_000; import time; time.sleep(600)"
    code = (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {big!r}], start_new_session=True)"
    )
    limits = {"limits": {"memory": "90Mi"}}
    cluster.run(
        "big",
        {"image": image, "command": ["python", "-c", code], "resources": limits},
        restartPolicy="Never",
    )

    assert await cluster.ended("big") == "Failed"
    terminated = cluster.app("big")["state"]["terminated"]
    assert (terminated["reason"], terminated["exitCode"]) == ("OOMKilled", 137)


async def test_a_network_that_nobody_waits_for_any_more_is_closed(
    mode: WantedNode, tmp_path: Path
) -> None:
    processes = Processes(tmp_path / "processes")
    runtime = await choose(mode, tmp_path, Host(tmp_path, ""), HOST_PYTHON, processes)
    try:
        before = psutil.Process().num_fds()
        late, next_one = (
            runtime.sandbox(
                {"metadata": {"name": uid, "uid": uid, "namespace": "default"}, "spec": {}},
                ip="127.77.0.9",
                folder=tmp_path / uid,
                proxy="",
            )
            for uid in ("late", "next")
        )
        opening = asyncio.create_task(late.open())
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait((opening,))
        assert opening.cancelled()
        await late.close()
        await next_one.open()  # answers come in order
        await next_one.close()
        await until(lambda: psutil.Process().num_fds() == before)
    finally:
        await runtime.stop()
        processes.stop()
