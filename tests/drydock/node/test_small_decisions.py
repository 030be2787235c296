"""Decisions that need no world: schedules of rest, places for pods, launches, security."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drydock.node.back_off import BackOff, Schedule, duration
from drydock.node.images import Image
from drydock.node.launch import Host, launch
from drydock.node.scheduler import missing_claim, refusal, requests
from drydock.node.security import root_refusal


def test_crashes_rest_ever_longer_until_one_run_was_long() -> None:
    back_off = BackOff(Schedule(), eager=True)
    assert [back_off.rest(1) for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert [back_off.rest(600), back_off.rest(1)] == [0, 10]


def test_failed_pulls_rest_from_the_start() -> None:
    back_off = BackOff(Schedule(), eager=False)
    assert [back_off.rest(0) for _ in range(3)] == [10, 20, 40]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(10, "10s"), (80, "1m20s"), (300, "5m0s"), (0.0124, "12ms"), (1.25, "1.25s"), (0, "0s")],
)
def test_durations_are_written_as_go_writes_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def spec(*containers: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"containers": [{"resources": {"requests": r}} for r in containers], **more}


def test_a_pod_requests_its_containers_together_or_its_greediest_init_container() -> None:
    init = [{"resources": {"requests": {"cpu": "2", "memory": "1Mi"}}}]
    assert requests(
        spec({"cpu": "500m", "memory": "1Gi"}, {"cpu": "250m"}, initContainers=init)
    ) == {
        "cpu": Decimal(2),
        "memory": Decimal(1024**3),
    }
    limited = {"containers": [{"resources": {"limits": {"cpu": "1"}}}]}
    assert requests(limited) == {"cpu": Decimal(1)}


NODE = {
    "metadata": {"labels": {"kubernetes.io/os": "linux"}},
    "status": {"allocatable": {"cpu": "2", "memory": "1Gi", "pods": "3"}},
}


@pytest.mark.parametrize(
    ("asking", "running", "reason"),
    [
        (spec({"cpu": "1"}), [spec({"cpu": "1"})], None),
        (spec({}), [spec({"cpu": "5"})], None),
        (spec({"cpu": "1001m"}), [spec({"cpu": "1"})], "1 Insufficient cpu"),
        (spec({"cpu": "3", "memory": "2Gi"}), [], "1 Insufficient cpu, 1 Insufficient memory"),
        (spec({}), [spec({})] * 3, "1 Too many pods"),
        (spec({"nvidia.com/gpu": "1"}), [], "1 Insufficient nvidia.com/gpu"),
        (
            spec({}, nodeSelector={"kubernetes.io/os": "windows"}),
            [],
            "1 node(s) didn't match Pod's node affinity/selector",
        ),
    ],
)
def test_the_node_refuses_what_it_has_no_room_for(
    asking: dict[str, Any], running: list[dict[str, Any]], reason: str | None
) -> None:
    said = f"0/1 nodes are available: {reason}." if reason else None
    assert refusal(asking, running, NODE) == said


def test_a_pod_waits_for_its_claims_before_it_gets_a_place() -> None:
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in "ab"]
    asking = {"volumes": [{"name": "tmp", "emptyDir": {}}, *volumes]}
    said = '0/1 nodes are available: persistentvolumeclaim "b" not found.'
    assert missing_claim(asking, {"a"}) == said
    assert missing_claim(asking, {"a", "b"}) is None


HOST = Host(Path("/drydock/programs"), "/usr/bin:/bin")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    rootfs = tmp_path / "rootfs"
    for folder in ("app", "opt/deps", "usr/local/bin"):
        (rootfs / folder).mkdir(parents=True)
    (rootfs / "app/server.py").touch()
    return Image(
        id="web@sha256:1",
        rootfs=rootfs,
        entrypoint=("python", "/app/server.py"),
        cmd=("--port", "80"),
        env={"PATH": "/usr/local/bin:/usr/sbin", "PYTHONPATH": "/opt/deps:/none", "A": "image"},
        working_dir="/app",
    )


def test_words_and_paths_of_the_image_are_found_below_its_root(image: Image) -> None:
    started = launch(image, {}, {"A": "pod"}, {"A": "node", "HOME": "/h"}, HOST)
    assert started.argv == ("python", f"{image.rootfs}/app/server.py", "--port", "80")
    assert started.cwd == image.rootfs / "app"
    assert started.env == {
        "A": "pod",
        "HOME": "/h",
        "PATH": f"/drydock/programs:{image.rootfs}/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": f"{image.rootfs}/opt/deps",
    }


@pytest.mark.parametrize(
    ("container", "argv"),
    [
        ({"args": ["--port", "$(PORT)"]}, ("python", "{}/app/server.py", "--port", "81")),
        ({"command": ["/bin/sh", "-c"], "args": ["true"]}, ("/bin/sh", "-c", "true")),
        ({"command": ["env"]}, ("env",)),
        ({"command": ["cat", "/app/server.py"]}, ("cat", "{}/app/server.py")),
    ],
)
def test_a_command_replaces_the_entrypoint_and_its_arguments(
    image: Image, container: dict[str, Any], argv: tuple[str, ...]
) -> None:
    started = launch(image, container, {"PORT": "81"}, {}, HOST)
    assert started.argv == tuple(word.format(image.rootfs) for word in argv)


POD: dict[str, Any] = {"spec": {}}
WHERE = '(pod: "web_prod(u)", container: app)'


@pytest.mark.parametrize(
    ("context", "user", "said"),
    [
        ({}, "", None),
        ({"runAsNonRoot": True}, "10001:10001", None),
        ({"runAsNonRoot": True, "runAsUser": 1000}, "", None),
        ({"runAsNonRoot": True}, "", "container has runAsNonRoot and image will run as root"),
        ({"runAsNonRoot": True}, "0:0", "container has runAsNonRoot and image will run as root"),
        (
            {"runAsNonRoot": True},
            "app",
            "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root",
        ),
        (
            {"runAsNonRoot": True, "runAsUser": 0},
            "10001",
            "container's runAsUser breaks non-root policy",
        ),
    ],
)
def test_root_is_refused_in_the_kubelets_words(
    context: dict[str, Any], user: str, said: str | None
) -> None:
    container = {"name": "app", "securityContext": context}
    expected = f"{said} {WHERE}" if said else None
    assert root_refusal(POD, container, user, "web_prod(u)") == expected
