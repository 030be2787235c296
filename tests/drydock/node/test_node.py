import asyncio
import json
from pathlib import Path

import httpx2
import psutil
import pytest

from drydock.home import WantedNode
from drydock.node.back_off import Schedule
from drydock.resources import CONFIG_MAPS, NODES, SECRETS
from drydock.store import Store
from tests.drydock.node.conftest import (
    CONFIG,
    REGISTRY,
    Cluster,
    Shelf,
    layer,
    possible,
    running,
    until,
)

SCRATCH = [{"name": "scratch", "emptyDir": {}}]
AT_TMP = {"volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}]}
OBEDIENT = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))"
ENDED = {143, 137}  # the first process of a container misses SIGTERM until it listens for it
READY = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10}


async def get(url: str) -> httpx2.Response:
    async with httpx2.AsyncClient() as client:
        return await client.get(url)


@pytest.fixture(params=["loopback", "isolated"])
def mode(request: pytest.FixtureRequest) -> WantedNode:
    return possible(request.param)


def is_zombie(pid: int) -> bool:
    """Ended, and only waiting for the machine's init to notice."""
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def script(*lines: str) -> dict[str, list[str]]:
    return {"command": ["python", "-c", "\n".join(lines)]}


async def test_a_pod_becomes_ready_answers_logs_and_goes(
    cluster: Cluster, image: str, mode: WantedNode
) -> None:
    cluster.run("web", {"image": image, "readinessProbe": READY})

    ip = await cluster.ready("web")
    assert (await get(f"http://{ip}:8080/")).text == f"web / {ip}:8080"
    assert await cluster.logs("web") == "hello\n"
    followed = asyncio.create_task(cluster.logs("web", follow=True))
    await cluster.delete("web", grace=5)
    assert await followed == "hello\ngoodbye\n"
    assert not list((cluster.home / "pods").iterdir())
    assert len(list((cluster.home / "processes").iterdir())) == (mode == "isolated")  # the agent
    assert [reason for reason, _ in cluster.events("web")] == [
        "Scheduled",
        "Pulling",
        "Pulled",
        "Created",
        "Started",
        "Killing",
    ]


async def test_a_pod_is_ready_long_before_the_next_period(cluster: Cluster, image: str) -> None:
    cluster.run(
        "web",
        {
            "image": image,
            "readinessProbe": {**READY, "periodSeconds": 120},
            "env": [{"name": "WARM_UP", "value": "0.5"}],
        },
    )

    await until(lambda: cluster.is_ready("web"), seconds=60)
    assert not [event for event in cluster.events("web") if event[0] == "Unhealthy"]


async def test_the_node_describes_this_machine(cluster: Cluster) -> None:
    node = await until(lambda: cluster.store.get(NODES, "", "drydock"))

    assert node["status"]["allocatable"]["cpu"] == str(psutil.cpu_count())
    assert [c["type"] for c in node["status"]["conditions"] if c["status"] == "True"] == ["Ready"]


async def test_processes_see_nothing_of_drydocks_own_environment(
    cluster: Cluster, image: str, mode: WantedNode
) -> None:
    dump = script("import json, os", "print(json.dumps(dict(os.environ)))")
    cluster.run("env", {"image": image, **dump}, restartPolicy="Never")

    assert await cluster.ended("env") == "Succeeded"
    env = json.loads(await cluster.logs("env"))
    own = {"DRYDOCK_POD", "PYTHONDONTWRITEBYTECODE", "TMPDIR", "http_proxy", "no_proxy"}
    assert set(env) - {"LC_CTYPE", "PWD"} == {
        *("HOME", "HOSTNAME", "IP", "PATH", "POD", "PYTHONPATH"),
        *(own if mode == "loopback" else ()),
    }
    assert env["IP"] == cluster.status("env")["podIP"]
    assert env["PYTHONPATH"].endswith("/rootfs/app" if mode == "loopback" else "/app")


async def test_a_missing_secret_is_waited_for(cluster: Cluster, image: str) -> None:
    reference = {"secretKeyRef": {"name": "db", "key": "password"}}
    show = script("import os", "print(os.environ['PASSWORD'])")
    container = {"image": image, **show, "env": [{"name": "PASSWORD", "valueFrom": reference}]}
    cluster.run("app", container, restartPolicy="Never")

    await until(lambda: cluster.waits_because("app") == "CreateContainerConfigError")
    assert cluster.app("app")["state"]["waiting"]["message"] == 'secret "db" not found'
    cluster.store.create(
        SECRETS,
        {"metadata": {"name": "db", "namespace": "default"}, "data": {"password": "aHVudGVyMg=="}},
    )
    assert await cluster.ended("app") == "Succeeded"
    assert await cluster.logs("app") == "hunter2\n"


@pytest.mark.parametrize("mode", ["loopback"])
async def test_a_volume_waits_for_its_config_map_and_tmp_is_home(
    cluster: Cluster, image: str
) -> None:
    show = script(
        "import os, pathlib, tempfile",
        "home = pathlib.Path(os.environ['HOME'])",
        "print(home.name, tempfile.gettempdir() == str(home))",
        "print((home.parent / 'settings' / 'mode').read_text())",
    )
    mounts = [{"name": "scratch", "mountPath": "/tmp"}, {"name": "settings", "mountPath": "/etc/x"}]
    volumes = [
        {"name": "scratch", "emptyDir": {}},
        {"name": "settings", "configMap": {"name": "app"}},
    ]
    cluster.run(
        "app",
        {"image": image, **show, "volumeMounts": mounts},
        volumes=volumes,
        restartPolicy="Never",
    )

    missing = 'MountVolume.SetUp failed for volume "settings" : configmap "app" not found'
    await until(lambda: ("FailedMount", missing) in cluster.events("app"))
    cluster.store.create(
        CONFIG_MAPS,
        {"metadata": {"name": "app", "namespace": "default"}, "data": {"mode": "fast"}},
    )
    assert await cluster.ended("app") == "Succeeded"
    assert await cluster.logs("app") == "scratch True\nfast\n"


async def test_a_root_image_is_refused_where_root_is_forbidden(
    cluster: Cluster, shelf: Shelf
) -> None:
    image = shelf.add("root", "1", [layer({"app/x": ""})], {**CONFIG, "User": ""})
    cluster.run("app", {"image": image, "securityContext": {"runAsNonRoot": True}})

    await until(lambda: cluster.waits_because("app") == "CreateContainerConfigError")
    uid = (cluster.pod("app") or {})["metadata"]["uid"]
    assert cluster.app("app")["state"]["waiting"]["message"] == (
        "container has runAsNonRoot and image will run as root "
        f'(pod: "app_default({uid})", container: app)'
    )


@pytest.mark.parametrize("mode", ["loopback"])
async def test_an_image_with_a_system_of_its_own_is_refused(cluster: Cluster, shelf: Shelf) -> None:
    image = shelf.add("linux", "1", [layer({"bin/app": ""})], {**CONFIG, "Labels": {}})
    cluster.run("app", {"image": image})

    await until(lambda: cluster.waits_because("app") == "CreateContainerError")
    assert (
        "this node runs only host-runtime images"
        in cluster.app("app")["state"]["waiting"]["message"]
    )


async def test_an_unknown_image_backs_off_until_it_is_pushed(
    cluster: Cluster, shelf: Shelf
) -> None:
    cluster.run("app", {"image": f"{REGISTRY}/late:1", **script("")}, restartPolicy="Never")

    missing = f"{REGISTRY}/late:1"
    await until(lambda: cluster.waits_because("app") == "ErrImagePull")
    assert cluster.app("app")["state"]["waiting"]["message"] == (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{missing}": '
        f'failed to resolve reference "{missing}": {missing}: not found'
    )
    await until(lambda: cluster.waits_because("app") == "ImagePullBackOff")
    shelf.add("late", "1", [layer({"app/x": ""})], CONFIG)
    assert await cluster.ended("app") == "Succeeded"


async def test_a_crash_is_restarted_at_once_then_ever_later(cluster: Cluster, image: str) -> None:
    cluster.run("app", {"image": image, **script("print('oh')", "raise SystemExit(3)")})

    await until(lambda: cluster.waits_because("app") == "CrashLoopBackOff")
    app = cluster.app("app")
    assert app["restartCount"] == 1
    assert app["lastState"]["terminated"]["exitCode"] == 3
    assert app["lastState"]["terminated"]["reason"] == "Error"
    assert app["state"]["waiting"]["message"].startswith(
        "back-off 0s restarting failed container=app pod=app_default("
    )
    assert await cluster.logs("app", previous=True) == "oh\n"
    assert cluster.status("app")["phase"] == "Running"
    await until(lambda: cluster.app("app")["restartCount"] == 3)
    await cluster.delete("app", grace=0)


async def test_a_failing_liveness_probe_restarts_the_container(
    cluster: Cluster, image: str
) -> None:
    ask = {**READY, "periodSeconds": 1, "timeoutSeconds": 5}
    probes = {
        "startupProbe": {**ask, "failureThreshold": 60},
        "livenessProbe": {**ask, "failureThreshold": 1},
    }
    cluster.run("web", {"image": image, **probes, **AT_TMP}, volumes=SCRATCH)
    await cluster.ready("web")

    uid = (cluster.pod("web") or {})["metadata"]["uid"]
    (cluster.home / "pods" / uid / "volumes" / "scratch" / "unhealthy").touch()
    await until(lambda: cluster.app("web")["restartCount"])
    events = cluster.events("web")
    assert ("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 503") in events
    assert ("Killing", "Container app failed liveness probe, will be restarted") in events


async def test_memory_over_the_limit_ends_the_container(cluster: Cluster, image: str) -> None:
    hog = script("x = b'x' * 200_000_000", "import time", "time.sleep(60)")
    limits = {"limits": {"memory": "100Mi"}}
    cluster.run("hog", {"image": image, **hog, "resources": limits}, restartPolicy="Never")

    assert await cluster.ended("hog") == "Failed"
    terminated = cluster.app("hog")["state"]["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (137, "OOMKilled")


async def test_a_pod_that_asks_too_much_waits_for_room(cluster: Cluster, image: str) -> None:
    most = {"requests": {"cpu": f"{(psutil.cpu_count() or 1) * 1000 - 100}m"}}
    cluster.run("first", {"image": image, "resources": most})
    await cluster.ready("first")
    cluster.run("second", {"image": image, "resources": most})

    await until(lambda: cluster.status("second").get("conditions"))
    (condition,) = cluster.status("second")["conditions"]
    why = "0/1 nodes are available: 1 Insufficient cpu."
    assert (condition["reason"], condition["message"]) == ("Unschedulable", why)
    assert cluster.events("second") == [("FailedScheduling", why)]
    await cluster.delete("first", grace=1)
    await cluster.ready("second")


async def test_init_containers_go_first_and_sidecars_stay(cluster: Cluster, image: str) -> None:
    def say(word: str) -> dict[str, list[str]]:
        return script(f"open('/dev/stdout', 'w').write('{word}')")

    wait = script(OBEDIENT, "time.sleep(60)")
    cluster.create(
        "job",
        {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 2,
            "initContainers": [
                {"name": "prepare", "image": image, **say("prepared")},
                {"name": "proxy", "image": image, "restartPolicy": "Always", **wait},
            ],
            "containers": [{"name": "app", "image": image, **say("done")}],
        },
    )

    assert await cluster.ended("job") == "Succeeded"
    prepare, proxy = cluster.status("job")["initContainerStatuses"]
    assert prepare["state"]["terminated"]["reason"] == "Completed"
    assert proxy["state"]["terminated"]["exitCode"] in ENDED
    assert cluster.app("job")["state"]["terminated"]["exitCode"] == 0


async def test_a_pod_that_is_active_too_long_fails(cluster: Cluster, image: str) -> None:
    cluster.run(
        "slow",
        {"image": image, **script(OBEDIENT, "time.sleep(60)")},
        restartPolicy="Never",
        activeDeadlineSeconds=1,
        terminationGracePeriodSeconds=2,
    )

    assert await cluster.ended("slow") == "Failed"
    assert cluster.status("slow")["reason"] == "DeadlineExceeded"
    assert cluster.app("slow")["state"]["terminated"]["exitCode"] in ENDED


async def test_a_failed_init_container_fails_a_pod_that_is_never_restarted(
    cluster: Cluster, image: str
) -> None:
    cluster.create(
        "job",
        {
            "restartPolicy": "Never",
            "initContainers": [{"name": "no", "image": image, **script("raise SystemExit(1)")}],
            "containers": [{"name": "app", "image": image}],
        },
    )

    assert await cluster.ended("job") == "Failed"
    assert cluster.waits_because("job") == "PodInitializing"


async def test_a_pod_serves_through_its_pre_stop_pause(cluster: Cluster, image: str) -> None:
    pause = {"preStop": {"sleep": {"seconds": 1}}}
    cluster.run("web", {"image": image, "readinessProbe": READY, "lifecycle": pause})
    ip = await cluster.ready("web")

    going = asyncio.create_task(cluster.delete("web", grace=5))
    await until(lambda: ("Killing", "Stopping container app") in cluster.events("web"))
    assert (await get(f"http://{ip}:8080/")).status_code == 200
    assert "deletionTimestamp" in (cluster.pod("web") or {})["metadata"]
    await going


async def test_a_process_that_ignores_sigterm_is_killed_after_its_grace(
    cluster: Cluster, image: str
) -> None:
    deaf = script(
        "import signal, time",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "print('deaf', flush=True)",
        "time.sleep(60)",
    )
    cluster.run("deaf", {"image": image, **deaf})
    await until(lambda: cluster.app("deaf").get("ready"))
    pid = cluster.node._runners[(cluster.pod("deaf") or {})["metadata"]["uid"]].groups[0]

    await cluster.delete("deaf", grace=1)
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("mode", ["loopback"])
async def test_children_of_an_ended_container_end_with_it(cluster: Cluster, image: str) -> None:
    parent = script(
        "import subprocess, sys",
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
        "print(child.pid)",
    )
    cluster.run("app", {"image": image, **parent}, restartPolicy="Never")

    assert await cluster.ended("app") == "Succeeded"
    child = int(await cluster.logs("app"))
    await until(lambda: not psutil.pid_exists(child) or is_zombie(child))


async def test_use_of_processor_and_memory_is_measured_by_container(
    cluster: Cluster, image: str
) -> None:
    busy = {"name": "app", "image": image, **script("while True: pass")}
    idle = {"name": "idle", "image": image, **script("import time", "time.sleep(600)")}
    cluster.create("busy", {"containers": [busy, idle]})
    pod = cluster.pod("busy")
    assert pod is not None

    measured = await until(lambda: cluster.node.access.measured(pod))
    assert measured.containers.keys() == {"app", "idle"}
    app, beside = measured.containers["app"], measured.containers["idle"]
    assert 0.02 < app.cores < 1.5
    assert beside.cores < app.cores
    assert 1024**2 < beside.memory < 1024**3
    whole = cluster.node.access.usage("default", "busy")
    assert whole is not None
    assert whole.memory > max(app.memory, beside.memory)
    assert cluster.node.access.usage("default", "nobody") is None


async def test_pods_go_on_when_drydock_comes_back(
    store: Store, shelf: Shelf, image: str, tmp_path: Path, mode: WantedNode
) -> None:
    schedule = Schedule(0.2, 0.8)
    async with running(store, shelf, tmp_path / "home", schedule, mode) as first:
        first.run("web", {"image": image, "readinessProbe": READY})
        before = await first.ready("web")
    assert not first.is_ready("web")
    async with running(store, shelf, tmp_path / "home", schedule, mode) as second:
        after = await second.ready("web")
        assert second.app("web")["restartCount"] == 1
        assert await second.logs("web", previous=True) == "hello\ngoodbye\n"
    assert before != after


async def test_a_program_that_is_not_there_is_a_start_error(cluster: Cluster, image: str) -> None:
    cluster.run("app", {"image": image, "command": ["no-such-program"]}, restartPolicy="Never")

    assert await cluster.ended("app") == "Failed"
    terminated = cluster.app("app")["state"]["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (128, "StartError")
    assert terminated["message"].endswith(
        'exec: "no-such-program": executable file not found in $PATH'
    )
