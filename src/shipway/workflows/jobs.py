"""The jobs of our workflows: each has the permissions and the time it needs, and no more."""

from collections.abc import Mapping, Sequence
from math import ceil

from shipway.workflows.places import github_name
from shipway.workflows.steps import credentials, evidence, make, prepared, shipway
from shipway.workflows.writing import Document, Node, Noted

RUNNER = "ubuntu-24.04"
READ: Document = {"contents": "read"}
SIGNED: Document = {**READ, "id-token": Noted("write", "for the role of this environment in AWS")}
CLUSTER: Document = {
    name: f"${{{{ vars.{name} }}}}"
    for name in ("AWS_ACCOUNT_ID", "ECR_REPO_URI", "EKS_CLUSTER_NAME")
}
BUNDLE = "${{ needs.build.outputs.bundle }}"
SIGNING: Mapping[str, str] = {
    name: f"${{{{ secrets.{name} }}}}"
    for name in ("SHIPWAY_SIGNING_KEY", "SHIPWAY_SIGNING_PASSWORD")
}
"""For the steps that write records, and for no other."""

PREPARE = 10  # minutes for `make setup` and a cold network
CHECK, BUILD, REHEARSAL = 40, 30, 30  # minutes


def check(stages: Sequence[str] = ()) -> Document:
    """What can be said about a commit without a registry and a cluster, by a job that may do nothing else.

    `stages` are those of shipway that no other job of the workflow runs.
    """
    return _job(
        "check",
        minutes=CHECK,
        permissions=READ,
        steps=[
            make("check"),
            make("test"),
            *(shipway(f"{stage} --target eks", title=stage) for stage in stages),
        ],
    )


def rehearsal(target: str, *, setup: bool) -> Document:
    """A whole release on this runner, through every environment."""
    first = [shipway(f"setup {target}")] if setup else []
    return _job(
        f"release on {target}",
        minutes=REHEARSAL,
        permissions=READ,
        steps=[*first, shipway(f"run --target {target} --env all"), evidence()],
    )


def build(environment: str, tag: str, secrets: Mapping[str, str]) -> Document:
    """The only job that builds. Later ones get the bundle's id, which names every byte."""
    act = shipway(
        'build --target eks --tag "$TAG"', title="build", step="build", TAG=tag, **secrets
    )
    return _job(
        "build",
        needs=["check"],
        minutes=BUILD,
        permissions=SIGNED,
        # its role may push; nothing is deployed here, so no deployment is shown
        environment={"name": github_name(environment), "deployment": False},
        outputs={name: f"${{{{ steps.build.outputs.{name} }}}}" for name in ("bundle", "tag")},
        env=CLUSTER,
        steps=[credentials(environment), act, evidence()],
    )


def deploy(
    workflow: str,
    environment: str,
    needs: Sequence[str],
    seconds: int,
    secrets: Mapping[str, str],
    *,
    reason: str = "",
) -> Document:
    """The bundle of the build job, and no other, into one environment: with a reason, whatever stands in the way."""
    insisting, why = (' --force --reason "$REASON"', {"REASON": reason}) if reason else ("", {})
    return _acting(
        "deploy",
        workflow,
        environment,
        needs=["build", *needs],
        seconds=seconds,
        act=[
            shipway(
                f'deploy --target eks --env {environment} --tag "$BUNDLE"{insisting}',
                title=f"deploy {environment}",
                BUNDLE=BUNDLE,
                **why,
                **secrets,
            ),
            shipway(
                f"helm-test --target eks --env {environment}",
                title=f"helm-test {environment}",
                **secrets,
            ),
        ],
    )


def rollback(environment: str, seconds: int, secrets: Mapping[str, str]) -> Document:
    """Only where it was asked for. `to` may be empty: then shipway finds the last release that is proven there."""
    return _acting(
        "rollback",
        "rollback",
        environment,
        condition=f"inputs.environment == '{github_name(environment)}'",
        seconds=seconds,
        act=[
            shipway(
                f'rollback {environment} --target eks ${{TO:+"--to=$TO"}} '
                '${REASON:+"--reason=$REASON"} ${FORCE:+--force}',
                title=f"rollback {environment}",
                TO="${{ inputs.to }}",
                REASON="${{ inputs.reason }}",
                FORCE="${{ inputs.force && 'yes' || '' }}",
                **secrets,
            )
        ],
    )


def deploy_id(environment: str) -> str:
    return f"deploy-{github_name(environment)}"


def rollback_id(environment: str) -> str:
    return f"rollback-{github_name(environment)}"


def _acting(
    verb: str,
    workflow: str,
    environment: str,
    *,
    seconds: int,
    act: Sequence[Document],
    needs: Sequence[str] = (),
    condition: str | None = None,
) -> Document:
    """What changes an environment: its gate, its role, its queue."""
    return _job(
        f"{verb} {github_name(environment)}",
        needs=needs,
        condition=condition,
        # a rollout, its test, and the way back
        minutes=PREPARE + ceil(3 * seconds / 60),
        permissions=SIGNED,
        environment=github_name(environment),
        # A job that waits for its reviewers holds its group: each workflow has its own, so that
        # an unanswered release never stands in the way of a hotfix or a rollback (pitfall 5).
        concurrency={
            "group": f"{workflow}-{github_name(environment)}",
            "cancel-in-progress": False,
            "queue": "max",  # without it a newer run evicts the one that waits (pitfall 4)
        },
        env=CLUSTER,
        steps=[
            credentials(environment),
            *act,
            evidence(),
        ],
    )


def _job(
    name: str,
    *,
    minutes: int,
    permissions: Document,
    steps: Sequence[Document],
    needs: Sequence[str] = (),
    condition: str | None = None,
    environment: Document | str | None = None,
    concurrency: Document | None = None,
    outputs: Document | None = None,
    env: Document | None = None,
) -> Document:
    everything: dict[str, Node | None] = {
        "name": name,
        "needs": needs,
        "if": condition,
        "runs-on": RUNNER,
        "timeout-minutes": minutes,
        "permissions": permissions,
        "environment": environment,
        "concurrency": concurrency,
        "outputs": outputs,
        "env": env,
        "steps": [*prepared(), *steps],
    }
    return {key: node for key, node in everything.items() if node}
