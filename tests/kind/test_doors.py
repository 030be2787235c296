"""The command line of set-up, teardown and doctor, and the scripts; docker is a script that says what was recorded."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shipway.actions import kind
from shipway.actions.doctor_kind import checks
from shipway.actions.session import Session
from shipway.cli import main
from shipway.config.load import load
from shipway.model.check import Check
from shipway.testing.workbench import ROOT, Workbench
from tests.kind.machine import HOSTS, RECORDED, VERSION, Machine
from tests.kind.test_setup import SUMMARIES

DOCKER = f"""\
#!/bin/sh
case "$1 $2" in
"version --format") echo '{{"Client":{{"Version":"28.2.2"}},"Server":{{"Version":"20.10.24","Os":"linux","Arch":"amd64"}}}}' ;;
"ps --all") cat {RECORDED}/docker-ps-all.jsonl ;;
"container inspect") cat {RECORDED}/docker-inspect-all.json ;;
"exec dagger-demo-control-plane") cat {RECORDED}/docker-exec-no-file.txt >&2; exit 1 ;;
*) echo "nobody expected $*" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.delenv("DEPLOYMENT_TARGET", raising=False)
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin")
    return Workbench(project)


def invoke(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, [*words, "--output", "plain"], input=typed)


@pytest.mark.parametrize("answer", ["another-name\n", "y\n", ""])
def test_without_the_cluster_s_name_nothing_is_destroyed(bench: Workbench, answer: str) -> None:
    result = invoke("teardown", "kind", typed=answer)
    assert result.exit_code == 3
    assert result.stderr.splitlines()[0] == (
        "This destroys dagger-demo on this machine: every environment, the registry and all images in it."
    )
    assert result.stderr.splitlines()[-2:] == [
        "error: nothing was destroyed: dagger-demo was not confirmed",
        "  try: type dagger-demo when asked, or where nobody can: shipway teardown kind --yes",
    ]
    assert not (bench.state / "runs").exists()


def test_a_plan_is_told_line_by_line(bench: Workbench) -> None:
    result = invoke("setup", "kind", "--plan")
    assert result.exit_code == 0, result.output
    lines = [re.sub(r" +\d+\.\d s  ", ": ", line) for line in result.stdout.splitlines()]
    assert lines[:-1] == [
        "plan on kind",
        "= docker: engine 20.10.24",
        "= ports: 80 ours, 443 ours, 5001 ours",
        "= registry: localhost:5001, container kind-registry",
        "= cluster: dagger-demo, container dagger-demo-control-plane",
        f"✓ kubeconfig: would write the {SUMMARIES['kubeconfig']}",
        "✓ node: would wait until the node is Ready",
        "✓ mirror: would write /etc/containerd/certs.d/localhost:5001/hosts.toml on the node",
        "= network: kind-registry is on the network kind",
        "✓ hosting: would write the ConfigMap kube-public/local-registry-hosting",
        "✓ traefik: would install oci://ghcr.io/traefik/helm/traefik 41.6.1",
        "✓ namespaces: would create dev, staging, prod",
    ]
    assert not (bench.state / "kind").exists()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("setup kind --recreate", "--recreate is for: shipway setup eks"),
        ("teardown kind --purge", "teardown kind keeps nothing: it takes no --purge"),
    ],
)
def test_a_flag_of_another_target_is_refused(bench: Workbench, line: str, says: str) -> None:
    result = invoke(*line.split())
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: {says}"


async def test_the_doctor_finds_each_thing_in_place(machine: Machine) -> None:
    await machine.setup()
    found = {check.name: check for check in await checks(session(machine))}
    assert found == {
        **{name: Check(name, ok=True, found=text) for name, text in SUMMARIES.items()},
        "ports": Check("ports", ok=True, found="80 ours, 443 ours, 5001 ours"),
    }
    machine.containers["dagger-demo-control-plane"].files.pop(HOSTS)
    found = {check.name: check for check in await checks(session(machine))}
    assert found["mirror"] == Check(
        "mirror",
        ok=False,
        found=f"set-up would write {HOSTS} on the node",
        remedy="shipway setup kind",
    )


async def test_the_doctor_asks_no_further_without_docker(machine: Machine) -> None:
    machine.fails[VERSION] = "Cannot connect to the Docker daemon at unix:///docker.sock."
    assert await checks(session(machine)) == [
        Check(
            "docker",
            ok=False,
            found="no Docker engine answers at unix:///docker.sock",
            remedy="start it: Docker Desktop, or: sudo systemctl start docker",
        )
    ]


def test_the_project_says_the_port_and_the_namespaces(machine: Machine) -> None:
    layout = kind.ground(session(machine)).layout
    assert (layout.http, layout.namespaces) == (80, ("dev", "staging", "prod"))


def test_the_scripts_are_doors() -> None:
    for verb in ("setup", "teardown"):
        door = ROOT / "scripts" / f"{verb}.sh"
        assert door.stat().st_mode & 0o111
        assert door.read_text().splitlines()[-2:] == [
            "make --quiet setup",
            f'exec .venv/bin/shipway {verb} kind "$@"',
        ]


def session(machine: Machine) -> Session:
    project = replace(load(ROOT / "shipway.yaml"), root=machine.root)
    return Session(project, "kind", machine, emit=lambda _event: None, run="now")
