"""kubectl logs, against a whole drydock."""

import asyncio
import re
from collections.abc import Mapping
from textwrap import dedent, indent

import pytest

from tests.drydock.clients.conftest import DEADLINE, Drydock, Run
from tests.drydock.clients.manifests import ok, refused, start_web

pytestmark = pytest.mark.real

WITHIN = f"--timeout={DEADLINE:.0f}s"
CONTAINER = """\
name: {name}
image: {image}:1
env:
- {{name: COLOUR, value: {name}}}
- {{name: IP, value: 127.0.0.1}}
- {{name: POD, value: talker}}
- {{name: BROKEN, value: "yes"}}
"""


def talker(image: str, *names: str, restart: str = "Never") -> str:
    """A pod whose containers each say hello, and end."""
    containers = "".join(
        "  - " + indent(CONTAINER.format(name=name, image=image), "    ").lstrip() for name in names
    )
    return (
        dedent(f"""\
        apiVersion: v1
        kind: Pod
        metadata: {{name: talker, labels: {{app: talker}}}}
        spec:
          restartPolicy: {restart}
          containers:
        """)
        + containers
    )


@pytest.fixture(params=["kubectl", "kubectl_1_31"])
def each_kubectl(request: pytest.FixtureRequest) -> Run:
    run: Run = request.getfixturevalue(request.param)
    return run


async def test_shows_the_lines_of_each_container(each_kubectl: Run, drydock: Drydock) -> None:
    kubectl = each_kubectl
    await ok(kubectl, "apply", "-f", "-", stdin=talker(drydock.images, "red", "blue"))
    await ok(kubectl, "wait", "pod/talker", "--for=jsonpath={.status.phase}=Failed", WITHIN)
    logs = ("logs", "talker")
    said = await kubectl(*logs)
    assert said.out.splitlines()[0] == "hello red"  # the first one, where none is named
    assert "Defaulted container" in said.err
    assert await ok(kubectl, *logs, "-c", "blue") == "hello blue\nbroken, as asked\n"
    assert await ok(kubectl, *logs, "-c", "blue", "--tail=1") == "broken, as asked\n"
    assert await ok(kubectl, *logs, "-c", "blue", "--limit-bytes=5") == "hello"
    stamped = await ok(kubectl, *logs, "-c", "red", "--timestamps", "--tail=1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d+Z broken, as asked\n", stamped)
    assert await ok(kubectl, *logs, "-c", "red", "--since-time=2038-01-01T00:00:00Z") == ""
    assert (await ok(kubectl, *logs, "-c", "red", "--since=1h")).startswith("hello red\n")
    everything = await ok(kubectl, *logs, "--all-containers", "--prefix")
    assert sorted(everything.splitlines()) == [  # kubectl takes the containers in any order
        "[pod/talker/blue] broken, as asked",
        "[pod/talker/blue] hello blue",
        "[pod/talker/red] broken, as asked",
        "[pod/talker/red] hello red",
    ]
    assert await ok(kubectl, "logs", "-l", "app=talker", "-c", "red") == (
        "hello red\nbroken, as asked\n"
    )
    missing = await refused(kubectl, *logs, "-c", "none")
    assert "container none is not valid for pod talker" in missing  # 1.31 leaves the choice out
    assert await refused(kubectl, *logs, "-c", "red", "--previous") == (
        'Error from server (BadRequest): previous terminated container "red" in pod "talker" not '
        "found\n"
    )


async def test_shows_the_lines_of_the_run_before(kubectl: Run, drydock: Drydock) -> None:
    await ok(kubectl, "apply", "-f", "-", stdin=talker(drydock.images, "red", restart="Always"))
    restarts = "--for=jsonpath={.status.containerStatuses[0].restartCount}=1"
    await ok(kubectl, "wait", "pod/talker", restarts, WITHIN)
    assert await ok(kubectl, "logs", "talker", "--previous") == "hello red\nbroken, as asked\n"


async def test_says_why_there_are_none(kubectl: Run, drydock: Drydock) -> None:
    assert "not found" in await refused(kubectl, "logs", "none")
    await ok(kubectl, "run", "lost", f"--image={drydock.images}:none", "--restart=Never")
    reason = "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff"
    await ok(kubectl, "wait", "pod/lost", reason, WITHIN)
    assert await refused(kubectl, "logs", "lost") == (
        'Error from server (BadRequest): container "lost" in pod "lost" is waiting to start: trying '
        "and failing to pull image\n"
    )


async def test_follows_until_the_end(
    kubectl_path: str, kubectl: Run, drydock: Drydock, isolated: Mapping[str, str]
) -> None:
    await start_web(kubectl, drydock)
    assert await ok(kubectl, "logs", "deployment/web") == "hello blue\n"
    following = await asyncio.create_subprocess_exec(
        *(kubectl_path, "logs", "--follow", "deployment/web"),
        env=isolated,
        stdout=asyncio.subprocess.PIPE,
    )
    assert following.stdout is not None
    try:
        async with asyncio.timeout(DEADLINE):
            assert await following.stdout.readline() == b"hello blue\n"
            await ok(kubectl, "scale", "deployment/web", "--replicas=0")
            assert await following.stdout.read() == b"goodbye\n"
            assert await following.wait() == 0
    finally:
        if following.returncode is None:
            following.kill()
            await following.wait()
