"""The embedded target, as drydock's files describe it."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from drydock.birth import birth
from shipway.config.load import load
from shipway.config.project import Project
from shipway.images.curl import curl_image
from shipway.targets.embedded import PYTHON, Embedded, OwnSystem
from shipway.testing.scripted_shell import ScriptedShell

ROOT = Path(__file__).parents[2]
PORTS = {"api": 1001, "registry": 1002, "ingress": 1003}
TESTS = {"image": f"localhost:1002/shipway/curl@{curl_image().digest}"}
WHY = {
    "isolated": "this machine allows user namespaces",
    "loopback": "this machine does not allow it",
}

Mode = Literal["isolated", "loopback"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return replace(load(ROOT / "shipway.yaml"), root=tmp_path)


def drydock(project: Project, mode: Mode, *, pid: int | None = None, born: str = "") -> None:
    """Its files while it is up. We play it, unless somebody else is named."""
    home = project.root / ".shipway" / "embedded"
    home.mkdir(parents=True)
    mine = os.getpid()
    status: dict[str, Any] = {
        "pid": pid or mine,
        "node": mode,
        "node_because": WHY[mode],
        "node_lacks": [],
        **PORTS,
    }
    # the time of day when it began, as it looks after the clock was set
    holder = {"pid": pid or mine, "started": 1.0, "birth": born or birth(mine)}
    (home / "status.json").write_text(json.dumps(status))
    (home / "pid.json").write_text(json.dumps(holder))


def by_docker(project: Project) -> Project:
    return replace(project, image=replace(project.image, builder="docker"))


def based(project: Project) -> Project:
    own = replace(project.targets["embedded"], base="host/python:3.12")
    return replace(project, targets={**project.targets, "embedded": own})


@pytest.mark.parametrize(
    ("mode", "overlay"),
    [("isolated", {"tests": TESTS}), ("loopback", {"bindAddress": "podIP", "tests": TESTS})],
)
async def test_only_pods_that_share_this_machine_are_told_where_to_listen(
    project: Project, mode: Mode, overlay: dict[str, Any]
) -> None:
    drydock(project, mode)
    target = await Embedded(project, ScriptedShell()).find()
    hosts = {"dev": "dev.sample-app.local", "prod": "sample-app.local"}
    assert {name: target.place(name).overlay() for name in hosts} == {
        name: {"ingress": {"host": host}, **overlay} for name, host in hosts.items()
    }
    assert target.isolation is not None
    assert (target.isolation.isolated, target.isolation.because) == (mode == "isolated", WHY[mode])


async def test_what_needs_no_system_of_its_own_asks_nobody(project: Project) -> None:
    await Embedded(project, ScriptedShell()).check()


async def test_isolated_pods_take_any_image(project: Project) -> None:
    drydock(project, "isolated")
    await Embedded(by_docker(project), ScriptedShell()).check()
    await Embedded(based(project), ScriptedShell()).check()


async def test_other_pods_refuse_an_image_with_a_system_of_its_own(project: Project) -> None:
    drydock(project, "loopback")
    said = {}
    for each in (by_docker(project), based(project)):
        with pytest.raises(OwnSystem) as caught:
            await Embedded(each, ScriptedShell()).check()
        assert caught.value.exit_code == 2
        said[caught.value.problem] = caught.value.otherwise
    because = "and the embedded cluster's pods are not isolated: this machine does not allow it"
    makes = "makes an image with a system of its own,"
    assert said == {
        f"image.builder: docker {makes} {because}": "set image.builder: auto",
        f"targets.embedded.base {makes} {because}": "remove targets.embedded.base",
    }


async def test_a_drydock_whose_pid_somebody_else_has_is_started_again(project: Project) -> None:
    drydock(project, "isolated", born="a former boot/7")
    home = project.root / ".shipway" / "embedded"
    shell = ScriptedShell(f"{PYTHON} -m drydock up --home {home} --detach")
    await Embedded(by_docker(project), shell).check()
    assert shell.done


async def test_a_registry_that_is_silent_keeps_nobody_from_a_cluster_that_is_up(
    project: Project,
) -> None:
    drydock(project, "isolated")
    said: list[str] = []
    target = await Embedded(project, ScriptedShell()).up(said.append)
    assert target.registry.host == "localhost:1002"
    (told,) = said
    assert told.startswith("the registry http://localhost:1002 does not answer: ")
