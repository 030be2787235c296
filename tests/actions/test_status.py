"""A row of the table, from what helm says and what the cluster shows."""

from pathlib import Path

from shipway.actions.status import row
from shipway.commands.helm import Release
from shipway.kube.workload import Workload
from shipway.model.lease import Holder
from shipway.model.revision import Revision
from shipway.model.rollout import Deployment, Pod
from shipway.model.status import Row, Seen
from shipway.targets.target import Place
from shipway.testing.factories import not_deployed

PLACE = Place("dev", Release("sample-app-dev", "dev"), Path("dev.yaml"), "dev.local")


def test_where_nothing_was_deployed_a_row_says_so() -> None:
    assert row(PLACE, Seen(), None, "") == not_deployed("dev")


def test_a_row_joins_helms_revision_with_what_runs() -> None:
    revision = Revision(
        number=4,
        status="failed",
        chart_version="1.2.3",
        updated="2026-11-22T18:00:00Z",
        description="v1",
        values={"image": {"tag": "v1", "digest": "sha256:1"}},
    )
    found = Workload(
        deployment=Deployment("app", wanted=3, updated=3, replicas=6, ready=4, available=4),
        pods=(
            Pod("one", "Running", ready=True),
            Pod("two", "Running", ready=True, terminating=True),
            Pod("three", "Pending"),
        ),
        image="localhost:5000/app@sha256:1",
        annotations={"shipway.dev/chart-digest": "sha256:2", "shipway.dev/bundle": "sha256:3"},
    )
    holder = Holder("alice on laptop", "laptop", "r1", 7, "", "deploy dev")
    images = ["sha256:1", "", "sha256:9", "sha256:9"]
    seen = Seen([revision], found.deployment, found.pods, images, holder)
    assert row(PLACE, seen, found, "http://dev.local:8080") == Row(
        environment="dev",
        namespace="dev",
        release="sample-app-dev",
        revision=4,
        status="failed",
        tag="v1",
        image="localhost:5000/app@sha256:1",
        image_digest="sha256:1",
        chart_version="1.2.3",
        chart_digest="sha256:2",
        bundle="sha256:3",
        replicas=3,
        ready=1,  # of this release: the pods of the one before count for that one
        url="http://dev.local:8080",
        live=("sha256:9", "sha256:1"),
        proven=False,
        holder="alice on laptop: deploy dev (run r1)",
        state="rolling out (alice on laptop)",
    )
