"""A release to EKS: from `source .env.eks` to production, with the real helm, kubectl and aws.

AWS is moto, ECR a registry that wants its token, the cluster drydock (see eks_stand_in.py, which says what is made up).
All pods share one machine, so the test adds `bindAddress: podIP` to each environment's values.
"""

import asyncio
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from shipway.targets.eks_credential import VARIABLE
from shipway.testing.workbench import Said, Workbench
from tests.aws.cloud import ACCOUNT, CLUSTER, REGION, REGISTRY
from tests.stories.base_image import fetch_wheels
from tests.stories.eks_stand_in import StandIn, balancer, stand_in

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
KUBECONFIG = f".shipway/eks/{CLUSTER}.{REGION}.{ACCOUNT}.kubeconfig"
SAMPLE_BASE = "docker.io/library/python:3.12-slim"


@dataclass(frozen=True, slots=True)
class Team:
    """A person in the project's folder, with everything of `.env.eks` in the environment."""

    bench: Workbench
    aws: StandIn

    async def shipway(self, *args: str, **env: str) -> Said:
        return await self.bench.shipway(*args, **{**self.aws.env, "PATH": PATH, **env})

    async def kubectl(self, *args: str, **env: str) -> Said:
        """With the kubeconfig that a run leaves."""
        env = {**self.aws.env, "PATH": PATH, **env}
        return await self.bench.kubectl("--kubeconfig", KUBECONFIG, *args, **env)

    @asynccontextmanager
    async def overheard(self) -> AsyncIterator[set[str]]:
        """The command lines of all that is started in the project's folder, as `ps` would show them."""
        lines: set[str] = set()

        async def listen() -> None:
            while True:
                found = await asyncio.to_thread(lambda: self.bench.processes)
                lines.update("\n".join(line) for line in found.values())
                await asyncio.sleep(0.02)

        listening = asyncio.create_task(listen())
        try:
            yield lines
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


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
    team.bench.edit("shipway.yaml", SAMPLE_BASE, "null\n  builder: python")
    said = await team.shipway("build", "--tag", "v1")
    await team.bench.restore()
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "error: an image for eks needs a base image: its nodes have no Python of their own\n"
        "  try: set image.base in shipway.yaml to a Python base image with its registry, "
        f"such as {SAMPLE_BASE}\n",
    )


async def test_a_base_that_everybody_may_pull_is_pulled_without_a_login(team: Team) -> None:
    team.bench.edit("shipway.yaml", SAMPLE_BASE, team.aws.base)
    said = await team.shipway("build", "--tag", "public")
    await team.bench.restore()
    assert said.code == 0, said.err
    (built,) = [line for line in said.out.splitlines() if line.startswith("✓ build ")]
    assert re.search(r"MB\) on base sha256:[0-9a-f]{12}, chart 0\.1\.0", built)
    (log,) = team.bench.state.glob("runs/*/build.log")
    assert re.search(
        rf"base {team.aws.base} is sha256:[0-9a-f]{{64}}$", log.read_text(), re.MULTILINE
    )


async def test_one_command_takes_the_service_to_all_three_namespaces(team: Team) -> None:
    """On a base that lives in ECR itself."""
    team.bench.edit("shipway.yaml", SAMPLE_BASE, team.aws.private_base)
    await team.bench.commit("a base")
    async with team.overheard() as heard:
        said = await team.shipway("run", "--tag", "v1")
    assert said.code == 0, said.err
    assert {"helm", "python"} <= {Path(line.split("\n")[0]).name for line in heard}
    tokens = [token.decode() for token in team.aws.tokens()]
    assert not [line for line in heard if any(token in line for token in tokens)]
    lines = {line[2:].split("  ")[0].strip(): line for line in said.out.splitlines()[1:]}
    assert lines["setup"].endswith(
        f"eks: registry {REGISTRY}, cluster {CLUSTER} in eu-central-1, Kubernetes 1.35"
    )
    for name, pods in (("dev", 1), ("staging", 2), ("prod", 3)):
        done = f"revision 1, {pods} of {pods} pods ready, http://{balancer(name)}"
        assert lines[f"deploy {name}"].endswith(done)
        assert lines[f"helm-test {name}"].endswith("from inside the cluster; v1 is proven")
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


async def test_a_persons_kubectl_asks_aws_for_its_own_token(team: Team) -> None:
    before = set(team.aws.authenticator.seen)
    said = await team.kubectl("get", "pods", "-n", "staging", "-o", "name")
    assert (said.code, said.err) == (0, "")
    assert len(said.out.splitlines()) == 3  # two, and the one that helm test leaves
    assert len(team.aws.authenticator.seen - before) == 1


async def test_a_kept_token_that_is_no_longer_young_is_passed_over(
    team: Team, tmp_path: Path
) -> None:
    kept = tmp_path / "credential"
    kept.write_text("1700000000\n{}\n")
    said = await team.kubectl("get", "namespace", "dev", "-o", "name", **{VARIABLE: str(kept)})
    assert (said.code, said.out, said.err) == (0, "namespace/dev\n", "")


async def test_helm_takes_the_token_that_the_run_keeps(team: Team, tmp_path: Path) -> None:
    """It starts no aws: this one gives no token."""
    aws = tmp_path / "aws"
    aws.write_text("#!/bin/sh\nexit 1\n")
    aws.chmod(0o700)
    said = await team.shipway("helm-test", "--env", "dev", PATH=f"{tmp_path}{os.pathsep}{PATH}")
    assert said.code == 0, said.err


async def test_no_token_is_left_where_it_could_be_read(team: Team) -> None:
    """Not in a log, a journal, an artifact or a line of output, and the logins went with the runs."""
    said = await team.shipway("deploy", "--env", "dev", "--tag", "v1", "--verbose")
    tokens = team.aws.tokens()
    assert len(tokens) > 5, "nobody used a token"
    files = [path for path in team.bench.folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"journal.jsonl", "build.log", "values-prod.yaml"}
    assert not [path for path in files if any(token in path.read_bytes() for token in tokens)]
    assert not [token for token in tokens if token in (said.out + said.err).encode()]
    eks = team.bench.state / "eks"
    kubeconfig = team.bench.folder / KUBECONFIG
    assert sorted(path.name for path in eks.iterdir()) == [kubeconfig.name, "helm"]
    assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600


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
                f"try: kubectl --kubeconfig {KUBECONFIG} "
                f"label namespace {name} elbv2.k8s.aws/pod-readiness-gate-inject=enabled",
            )
        ),
        "✗ balancers aws-load-balancer-controller is not installed",
        "try: shipway setup eks",
        "✗ policies no node runs the VPC CNI (aws-node)",
        "try: shipway setup eks",
    ]


async def test_the_doctor_says_who_lets_a_stranger_in(team: Team) -> None:
    said = await team.shipway("doctor", AWS_ACCESS_KEY_ID="AKIASTRANGER")
    assert said.code == 1
    assert [" ".join(line.split()) for line in said.out.splitlines()[-2:]] == [
        "✗ access the eks cluster does not know us (401 Unauthorized)",
        f"try: an admin lets arn:aws:sts::{ACCOUNT}:user/moto in: aws eks create-access-entry "
        f"--cluster-name {CLUSTER} --principal-arn arn:aws:sts::{ACCOUNT}:user/moto "
        "--region eu-central-1",
    ]


async def test_the_doctor_tells_what_is_forbidden_and_goes_on(team: Team) -> None:
    said_by_api = (
        'namespaces "dev" is forbidden: User "x" cannot get resource "namespaces" in API group "" '
        'in the namespace "dev"'
    )
    team.aws.authenticator.forbidden["/api/v1/namespaces/dev"] = said_by_api
    said = await team.shipway("doctor")
    team.aws.authenticator.forbidden.clear()
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    at = lines.index(f"✗ dev the cluster refused: {said_by_api}")
    kubectl = "kubectl" if shutil.which("kubectl", path=PATH) else ".shipway/tools/kubectl"
    rights = f"--kubeconfig {KUBECONFIG} auth can-i --list --namespace dev"
    assert lines[at + 1] == (
        f"try: ask an admin of the cluster for that right; what you may do: {kubectl} {rights}"
    )
    assert lines[at + 2].startswith("✗ staging namespace staging has no readiness gate")
    shown = await team.kubectl(*rights.split()[2:])
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("Resources")


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
    found = await team.shipway("diagnose", "dev")
    await team.bench.restore()
    assert said.code == 2
    problem, remedy, _where = said.err.splitlines()
    assert problem == "deploy dev failed: there is no namespace qa"
    assert remedy == "  try: kubectl create namespace qa, or: shipway setup eks"
    assert (found.code, found.out) == (1, f"✗ dev: there is no namespace qa\n{remedy}\n")


async def test_a_diagnosis_tells_why_there_is_no_load_balancer(team: Team) -> None:
    async def balance(name: dict[str, str] | None) -> None:
        status = {"status": {"loadBalancer": {"ingress": [name] if name else None}}}
        patch = ("patch", "ingress", "sample-app", "-n", "dev", "--subresource", "status")
        said = await team.kubectl(*patch, "--type", "merge", "-p", json.dumps(status))
        assert said.code == 0, said.err

    await balance(None)
    said = await team.shipway("diagnose", "dev")
    await balance({"hostname": balancer("dev")})
    assert (said.code, said.err) == (1, "")
    assert said.out.splitlines()[:-1] == [
        "✗ dev: aws-load-balancer-controller is not installed in kube-system",
        "  try: shipway setup eks",
    ]
