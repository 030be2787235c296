"""What shipway itself costs in a release to EKS: beside the same helm commands with a login that costs nothing.

It runs on the stand-in of the tests (drydock, moto, a registry that wants its token), with the real helm and aws.
"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from shipway.commands import helm
from shipway.commands.command import Command
from shipway.commands.helm import Cluster, Release
from shipway.shell.local import LocalShell
from shipway.testing.workbench import Said, Workbench
from tests.aws.cloud import REGISTRY
from tests.stories.base_image import fetch_wheels
from tests.stories.eks_stand_in import StandIn, stand_in

ENVIRONMENTS = ("dev", "staging", "prod")
BASE = "docker.io/library/python:3.12-slim"
TIMEOUT = 120  # seconds


async def measure(rounds: int) -> dict[str, float]:
    """Medians in seconds: the login, and what one environment takes with shipway and without it."""
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as folder:
        home = Path(folder)
        (home / "project").mkdir()
        bench = Workbench(home / "project")
        async with stand_in(home / "aws") as aws:
            for name in ENVIRONMENTS:
                values = f"environments/eks-{name}.yaml"
                bench.edit(values, "replicas:", "bindAddress: podIP\nreplicas:")
            bench.edit("shipway.yaml", BASE, aws.base)
            await bench.commit("first")
            await fetch_wheels(bench)
            await _shipway(bench, aws, "run", "--tag", "v1")
            logins, ours, plain = [], [], []
            for _ in range(rounds):
                await _uninstall(bench, aws)
                said = await _shipway(bench, aws, "deploy-all", "--tag", "v1", "--output", "json")
                took = {
                    row["stage"]: row["seconds"]
                    for row in said.rows
                    if "seconds" in row and "stage" in row
                }
                logins.append(took.pop("setup"))
                took.pop("resolve")
                ours.append(sum(took.values()) / len(ENVIRONMENTS))
                values_of = max(
                    (bench.state / "runs").iterdir(), key=lambda run: run.stat().st_mtime
                )
                await _uninstall(bench, aws)
                plain.append(await _plain(bench, aws, values_of) / len(ENVIRONMENTS))
        return {"login": median(logins), "ours": median(ours), "plain": median(plain)}


async def _shipway(bench: Workbench, aws: StandIn, *args: str) -> Said:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    said = await bench.shipway(*args, **{**aws.env, "PATH": path})
    if said.code:
        raise SystemExit(said.err)
    return said


async def _uninstall(bench: Workbench, aws: StandIn) -> None:
    shell = LocalShell(bench.folder, [bench.state / "tools"])
    for release in _releases():
        await shell.run(helm.uninstall(release, Cluster(aws.kubeconfig), timeout_seconds=TIMEOUT))


async def _plain(bench: Workbench, aws: StandIn, values: Path) -> float:
    """Apply, wait for the pods, test: with an admin's token in a file, and a login to the registry that is there."""
    shell = LocalShell(bench.folder, [bench.state / "tools"])
    cluster = Cluster(aws.kubeconfig)
    login = bench.folder.parent / "registry.json"
    login.write_text(json.dumps({"auths": {REGISTRY: {"auth": aws.login}}}), encoding="utf-8")
    env = {**aws.env, "HELM_REGISTRY_CONFIG": str(login)}
    begin = perf_counter()
    for release in _releases():
        await shell.run(
            helm.upgrade(
                release,
                f"oci://{REGISTRY}/charts/sample-app:0.1.0",
                values / f"values-{release.namespace}.yaml",
                cluster,
                description="plain",
                plain_http=False,
                labels={},
                timeout_seconds=TIMEOUT,
                env=env,
            )
        )
        rollout = ("rollout", "status", "deployment/sample-app", "-n", release.namespace)
        await shell.run(Command(("kubectl", "--kubeconfig", str(aws.kubeconfig), *rollout), env))
        await shell.run(helm.test(release, cluster, timeout_seconds=TIMEOUT, env=env))
    return perf_counter() - begin


def _releases() -> list[Release]:
    return [Release(f"sample-app-{name}", name) for name in ENVIRONMENTS]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1])))))
