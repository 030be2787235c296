"""The exact lines of every program that we start."""

from pathlib import PurePath

import pytest

from shipway.commands import dagger, docker, drydock, gh, git, helm, kubectl
from shipway.commands.command import Command
from shipway.commands.helm import Cluster, Release

RELEASE = Release("sample-app-dev", "dev")
EMBEDDED = Cluster(PurePath("kubeconfig"))
EKS = Cluster(PurePath("kubeconfig"), "eks")
PYTHON, HOME = PurePath("python"), PurePath(".shipway/embedded")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (
            helm.lint(PurePath("helm/app"), PurePath("dev.yaml")),
            "helm lint helm/app --strict --values dev.yaml",
        ),
        (
            helm.upgrade(
                RELEASE,
                "oci://localhost:5001/charts/app@sha256:aa",
                PurePath("values.yaml"),
                EMBEDDED,
                description="v1, bundle sha256:bb",
                labels={"shipway.dev/run": "one", "shipway.dev/fence": "7"},
                plain_http=True,
                timeout_seconds=120,
                env={},
            ),
            (
                "helm upgrade sample-app-dev oci://localhost:5001/charts/app@sha256:aa --install "
                "--namespace dev --values values.yaml --description 'v1, bundle sha256:bb' "
                "--labels shipway.dev/run=one,shipway.dev/fence=7 --history-max 20 --timeout 120s "
                "--plain-http "
                "--kubeconfig kubeconfig"
            ),
        ),
        (
            helm.upgrade(
                RELEASE,
                "oci://registry/charts/app@sha256:aa",
                PurePath("values.yaml"),
                EKS,
                description="v1",
                labels={},
                plain_http=False,
                timeout_seconds=60,
                env={},
            ),
            (
                "helm upgrade sample-app-dev oci://registry/charts/app@sha256:aa --install "
                "--namespace dev --values values.yaml --description v1 --history-max 20 --timeout 60s "
                "--kubeconfig kubeconfig --kube-context eks"
            ),
        ),
        (
            helm.test(RELEASE, EMBEDDED, timeout_seconds=60, env={}),
            "helm test sample-app-dev --namespace dev --timeout 60s --kubeconfig kubeconfig",
        ),
        (
            helm.rollback(RELEASE, 3, EMBEDDED, timeout_seconds=60, env={}),
            (
                "helm rollback sample-app-dev 3 --namespace dev --history-max 20 --timeout 60s "
                "--kubeconfig kubeconfig"
            ),
        ),
        (
            kubectl.rights(EKS, "dev"),
            "kubectl --kubeconfig kubeconfig --context eks auth can-i --list --namespace dev",
        ),
        (
            kubectl.rights(EMBEDDED, None),
            "kubectl --kubeconfig kubeconfig auth can-i --list",
        ),
        (
            kubectl.label_namespace(EKS, "dev", "a=b"),
            "kubectl --kubeconfig kubeconfig --context eks label namespace dev a=b",
        ),
        (
            kubectl.describe_pods(EKS, RELEASE),
            (
                "kubectl --kubeconfig kubeconfig --context eks describe pods --namespace dev "
                "--selector app.kubernetes.io/instance=sample-app-dev"
            ),
        ),
        (
            kubectl.endpoints(EMBEDDED, RELEASE),
            "kubectl --kubeconfig kubeconfig get services,endpointslices --namespace dev",
        ),
        (
            docker.ask_python("sha256:1", "print(1)"),
            "docker run --rm --network none --entrypoint python sha256:1 -c 'print(1)'",
        ),
        (
            docker.fill_container("check", PurePath("folder"), PurePath("/src")),
            "docker cp folder/. check:/src",
        ),
        (
            docker.keep_container("check", "shipway-checks:1", ("ENV A=b", "LABEL c=d")),
            "docker commit --change 'ENV A=b' --change 'LABEL c=d' check shipway-checks:1",
        ),
        (dagger.check(PurePath("python"), "{}"), "python -m shipway.runners.dagger_session"),
        (git.head(), "git rev-parse HEAD"),
        (git.changes(), "git status --porcelain --untracked-files=normal"),
        (
            drydock.up(PYTHON, HOME, ingress_port=None),
            "python -m drydock up --home .shipway/embedded --detach",
        ),
        (
            drydock.up(PYTHON, HOME, ingress_port=8480),
            "python -m drydock up --home .shipway/embedded --detach --ingress-port 8480",
        ),
        (
            gh.variables(),
            "gh api --paginate --jq '.variables[]' 'repos/{owner}/{repo}/actions/variables'",
        ),
        (
            gh.variables_of("dev"),
            "gh api --paginate --jq '.variables[]' 'repos/{owner}/{repo}/environments/dev/variables'",
        ),
        (drydock.down(PYTHON, HOME), "python -m drydock down --home .shipway/embedded"),
    ],
)
def test_a_command_is_exactly_this_line(command: Command, line: str) -> None:
    assert str(command) == line
