"""A release to EKS: from `source .env.eks` to production, with the real helm, kubectl and aws.

AWS is moto, ECR a registry that wants its token, the cluster drydock (see eks_stand_in.py, which says what is made up).
All pods share one machine, so the test adds `bindAddress: podIP` to each environment's values.
"""

import os
import stat
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from shipway.images import lock as locks
from shipway.images.runtime import Runtime
from shipway.images.wheels import WheelCache
from shipway.shell.local import LocalShell
from shipway.testing.workbench import Said, Workbench
from tests.aws.cloud import ACCOUNT, CLUSTER, REGION, REGISTRY
from tests.stories.eks_stand_in import StandIn, balancer, stand_in

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True, slots=True)
class Team:
    """A person in the project's folder, with everything of `.env.eks` in the environment."""

    bench: Workbench
    aws: StandIn

    async def shipway(self, *args: str, **env: str) -> Said:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return await self.bench.shipway(*args, **{**self.aws.env, "PATH": path, **env})


async def fetch_wheels(bench: Workbench) -> None:
    """Into the cache that all tests share: the run itself reaches nobody but AWS."""
    here, lock = Runtime.host(), bench.folder / "app" / "requirements.txt"
    runtime = Runtime(here.python, "linux", here.architecture)
    pins = locks.wanted(locks.read(lock.read_text(), file=lock), runtime.marker_environment)
    wheels = WheelCache(bench.state / "cache" / "wheels")
    await wheels.fetch(pins, runtime, lock=lock, shell=LocalShell(bench.folder))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Team]:
    bench = Workbench(tmp_path_factory.mktemp("project"))
    async with stand_in(tmp_path_factory.mktemp("aws") / "cluster") as aws:
        for name in ("dev", "staging", "prod"):
            bench.edit(
                f"environments/eks-{name}.yaml", "replicas:", "bindAddress: podIP\nreplicas:"
            )
        await bench.commit("first")
        await fetch_wheels(bench)
        yield Team(bench, aws)


async def test_without_a_base_image_nothing_is_built(team: Team) -> None:
    said = await team.shipway("build", "--tag", "v1")
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "error: an image for eks needs a base image: its nodes have no Python of their own\n"
        "  try: set image.base in shipway.yaml to a Python base image with its registry, "
        f"such as docker.io/library/python:{minor}-slim\n",
    )


async def test_one_command_takes_the_service_to_all_three_namespaces(team: Team) -> None:
    team.bench.edit("shipway.yaml", "  port: 3000\n", f"  port: 3000\n  base: {team.aws.base}\n")
    await team.bench.commit("a base")
    said = await team.shipway("run", "--tag", "v1")
    assert said.code == 0, said.err
    lines = {line[2:].split("  ")[0].strip(): line for line in said.out.splitlines()[1:]}
    assert lines["setup"].endswith(
        f"eks: registry {REGISTRY}, cluster {CLUSTER} in eu-central-1, Kubernetes 1.35"
    )
    for name, pods in (("dev", 1), ("staging", 2), ("prod", 3)):
        done = f"revision 1, {pods} of {pods} pods ready, http://{balancer(name)}"
        assert lines[f"deploy {name}"].endswith(done)
        assert lines[f"helm-test {name}"].endswith("answers from inside the cluster")
    assert said.out.splitlines()[-3].split() == [
        *("curl", "-H", "'Host:", "sample-app.local'"),
        f"http://{balancer('prod')}/health",
    ]


async def test_each_environment_is_a_release_of_its_own_behind_a_balancer_of_its_own(
    team: Team,
) -> None:
    said = await team.shipway("status", "--output", "json")
    assert said.code == 0, said.err
    told = [(row["release"], row["namespace"], row["ready"], row["url"]) for row in said.rows]
    assert told == [
        (f"sample-app-{name}", name, ready, f"http://{balancer(name)}")
        for name, ready in (("dev", 1), ("staging", 2), ("prod", 3))
    ]
    (image,) = {row["image"] for row in said.rows}
    assert image == f"{REGISTRY}/sample-app@{said.rows[0]['image_digest']}"


async def test_a_second_deploy_changes_nothing(team: Team) -> None:
    said = await team.shipway("deploy", "--env", "dev", "--tag", "v1")
    assert said.code == 0, said.err
    assert "= deploy dev" in said.out


async def test_no_token_is_left_where_it_could_be_read(team: Team) -> None:
    """But for helm's own login, which only its owner can read, there is none in any file or line of output."""
    said = await team.shipway("deploy", "--env", "dev", "--tag", "v1", "--verbose")
    tokens = team.aws.tokens()
    assert len(tokens) > 5, "nobody used a token"
    files = [path for path in team.bench.folder.rglob("*") if path.is_file()]
    holding = {path for path in files if any(token in path.read_bytes() for token in tokens)}
    login = team.bench.state / "eks" / "helm" / "registry.json"
    assert holding == {login}
    assert {stat.S_IMODE(path.stat().st_mode) for path in login.parent.parent.iterdir()} <= {
        0o600,
        0o700,
    }
    assert stat.S_IMODE(login.stat().st_mode) == 0o600
    assert not [token for token in tokens if token in (said.out + said.err).encode()]


async def test_the_doctor_says_what_this_cluster_lacks(team: Team) -> None:
    said = await team.shipway("doctor")
    assert said.code == 1
    lines = said.out.splitlines()
    seen = lines[[line.split()[1] for line in lines].index("aws") + 1 :]
    assert [" ".join(line.split()) for line in seen] == [
        f"✓ settings account {ACCOUNT}, region {REGION}, cluster {CLUSTER}",
        f"✓ identity arn:aws:sts::{ACCOUNT}:user/moto",
        f"✓ registry {REGISTRY} takes our login",
        "✓ repository sample-app is there",
        "✓ repository charts/sample-app is there",
        f"✓ cluster {CLUSTER} is ACTIVE, Kubernetes 1.35",
        *(
            line
            for name in ("dev", "staging", "prod")
            for line in (
                f"✗ {name} namespace {name} has no readiness gate: a rollout drops requests",
                f"try: kubectl label namespace {name} elbv2.k8s.aws/pod-readiness-gate-inject=enabled",
            )
        ),
        "✗ balancers aws-load-balancer-controller is not installed",
        "try: shipway setup eks",
        "✗ policies no node runs the VPC CNI (aws-node)",
        "try: shipway setup eks",
    ]


@pytest.mark.parametrize(
    ("variables", "problem", "remedy"),
    [
        (
            {"EKS_CLUSTER_NAME": "another"},
            "there is no cluster another in eu-central-1",
            "shipway setup eks, or correct EKS_CLUSTER_NAME and AWS_REGION in .env.eks",
        ),
        (
            {"AWS_REGION": "eu-west-1"},
            f"ECR_REPO_URI is of another region than AWS_REGION=eu-west-1: {REGISTRY}/sample-app",
            "source .env.eks again: its variables belong together",
        ),
        (
            {"AWS_REGION": "", "ECR_REPO_URI": ""},
            "AWS_REGION, ECR_REPO_URI are not set",
            "source .env.eks (shipway setup eks writes it)",
        ),
        (
            {"AWS_ACCESS_KEY_ID": "AKIASTRANGER"},
            "the eks cluster does not know us (401 Unauthorized)",
            f"an admin lets arn:aws:sts::{ACCOUNT}:user/moto in: aws eks create-access-entry "
            f"--cluster-name {CLUSTER} --principal-arn arn:aws:sts::{ACCOUNT}:user/moto "
            "--region eu-central-1",
        ),
        (
            {"PATH": "/nowhere"},
            "the program aws is not on the PATH: the cluster's tokens come from it",
            "install the AWS CLI: https://docs.aws.amazon.com/cli/",
        ),
    ],
)
async def test_what_is_wrong_is_told_in_one_line_with_its_remedy(
    team: Team, variables: dict[str, str], problem: str, remedy: str
) -> None:
    said = await team.shipway("status", **variables)
    assert said.err == f"error: {problem}\n  try: {remedy}\n"


async def test_a_missing_namespace_is_told_with_the_command_that_makes_it(team: Team) -> None:
    team.bench.edit("shipway.yaml", "dev: {namespace: dev}", "dev: {namespace: qa}")
    said = await team.shipway("deploy", "--env", "dev", "--tag", "v1")
    await team.bench.restore()
    assert said.code == 2
    problem, remedy, _where = said.err.splitlines()
    assert problem == "deploy dev failed: there is no namespace qa"
    assert remedy == "  try: kubectl create namespace qa, or: shipway setup eks"
