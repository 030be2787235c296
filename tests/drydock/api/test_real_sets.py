"""The real kubectl on stateful sets, daemon sets and cron jobs: their rollouts, their histories, what is refused."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from textwrap import dedent
from typing import Any

import pytest

from drydock import gate
from drydock.controllers.loop import Controllers
from drydock.resources import CONTROLLER_REVISIONS, JOBS, NODES, PODS, Object, Resource
from drydock.store import Store
from tests.drydock.stand_in_node import play_node

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("server", "cluster")]

Run = Callable[..., Coroutine[Any, Any, tuple[int, str]]]

TEMPLATE = """\
      selector:
        matchLabels: {app: web}
      template:
        metadata:
          labels: {app: web}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - {name: web, image: "web:1"}
    """
STATEFUL_SET = dedent(f"""\
    apiVersion: apps/v1
    kind: StatefulSet
    metadata:
      name: web
    spec:
      replicas: 2
      serviceName: web
{TEMPLATE}""")
DAEMON_SET = dedent(f"""\
    apiVersion: apps/v1
    kind: DaemonSet
    metadata:
      name: web
    spec:
{TEMPLATE}""")
CRON_JOB = dedent("""\
    apiVersion: batch/v1
    kind: CronJob
    metadata:
      name: nightly
    spec:
      schedule: "30 3 * * *"
      timeZone: Europe/Berlin
      jobTemplate:
        spec:
          template:
            spec:
              restartPolicy: Never
              containers:
              - {name: tidy, image: "tidy:1"}
    """)


@pytest.fixture
async def cluster(store: Store) -> AsyncIterator[None]:
    """Controllers and a node behind the server."""

    def admit(resource: Resource, obj: Object) -> Object:
        return gate.admit(store, resource, obj, None)

    store.create(NODES, {"metadata": {"name": "drydock"}, "spec": {}})
    controllers = Controllers(store, admit=admit, usage=lambda _, __: None, authority="PEM")
    tasks = [asyncio.create_task(play_node(store)), asyncio.create_task(controllers.run())]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@pytest.mark.parametrize(
    ("manifest", "kind"),
    [(STATEFUL_SET, "statefulset"), (DAEMON_SET, "daemonset")],
    ids=["statefulset", "daemonset"],
)
async def test_a_rollout_is_watched_listed_and_undone(
    kubectl: Run, manifest: str, kind: str
) -> None:
    it = f"{kind}/web"
    assert await kubectl("create", "-f", "-", stdin=manifest) == (0, f"{kind}.apps/web created\n")
    code, _ = await kubectl("rollout", "status", it, "--timeout=45s")
    assert code == 0
    assert await kubectl("set", "image", it, "web=web:2") == (
        0,
        f"{kind}.apps/web image updated\n",
    )
    code, _ = await kubectl("rollout", "status", it, "--timeout=45s")
    assert code == 0
    _, output = await kubectl("rollout", "history", it)
    assert output == dedent(f"""\
        {kind}.apps/web{" "}
        REVISION  CHANGE-CAUSE
        1         <none>
        2         <none>

        """)
    assert await kubectl("rollout", "undo", it) == (0, f"{kind}.apps/web rolled back\n")
    code, _ = await kubectl("rollout", "status", it, "--timeout=45s")
    assert code == 0
    path = "{.items[*].spec.containers[0].image}"
    _, images = await kubectl("get", "pods", "-o", f"jsonpath={path}")
    assert set(images.split()) == {"web:1"}
    _, output = await kubectl("rollout", "history", it)
    assert [line.split()[0] for line in output.splitlines()[2:4]] == ["2", "3"]
    code, output = await kubectl("rollout", "restart", it)
    assert (code, output) == (0, f"{kind}.apps/web restarted\n")


async def test_a_stateful_set_is_scaled_shown_and_described(kubectl: Run) -> None:
    applied = await kubectl("apply", "-f", "-", stdin=STATEFUL_SET)
    assert applied == (0, "statefulset.apps/web created\n")
    applied = await kubectl("apply", "-f", "-", stdin=STATEFUL_SET)
    assert applied == (0, "statefulset.apps/web unchanged\n")
    assert await kubectl("scale", "statefulset/web", "--replicas=1") == (
        0,
        "statefulset.apps/web scaled\n",
    )
    await kubectl("rollout", "status", "statefulset/web", "--timeout=45s")
    await kubectl("wait", "--for=jsonpath={.status.replicas}=1", "sts/web", "--timeout=45s")
    _, table = await kubectl("get", "sts", "-o", "wide", "--no-headers")
    name, ready, _age, container, image = table.split()
    assert [name, ready, container, image] == ["web", "1/1", "web", "web:1"]
    code, output = await kubectl("describe", "sts", "web")
    assert code == 0
    assert "create Pod web-0 in StatefulSet web successful" in output
    code, output = await kubectl("describe", "controllerrevisions")
    assert code == 0
    code, output = await kubectl("explain", "statefulset.spec.podManagementPolicy")
    assert code == 0
    assert "OrderedReady" in output


async def test_what_may_not_change_is_refused(kubectl: Run) -> None:
    await kubectl("apply", "-f", "-", stdin=STATEFUL_SET)
    other = STATEFUL_SET.replace("serviceName: web", "serviceName: other")
    assert await kubectl("apply", "-f", "-", stdin=other) == (
        1,
        'The StatefulSet "web" is invalid: spec: Forbidden: updates to statefulset spec for fields '
        "other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
        "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden\n",
    )


async def test_a_job_is_made_by_hand_from_a_cron_job(kubectl: Run, store: Store) -> None:
    assert await kubectl("apply", "-f", "-", stdin=CRON_JOB) == (
        0,
        "cronjob.batch/nightly created\n",
    )
    assert await kubectl("create", "job", "now", "--from=cronjob/nightly") == (
        0,
        "job.batch/now created\n",
    )
    job = store.get(JOBS, "default", "now")
    assert job is not None
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "tidy:1"
    _, table = await kubectl("get", "cronjobs", "--no-headers")
    assert table.split()[:8] == ["nightly", "30", "3", "*", "*", "*", "Europe/Berlin", "False"]
    code, output = await kubectl("describe", "cronjob", "nightly")
    assert code == 0
    assert "Schedule:                      30 3 * * *" in output


async def test_a_quota_and_a_limit_range_say_what_they_refuse(kubectl: Run) -> None:
    await kubectl("create", "quota", "small", "--hard=pods=1,requests.cpu=1")
    run = ("run", "app", "--image=app:1")
    assert await kubectl(*run) == (
        1,
        'Error from server (Forbidden): pods "app" is forbidden: failed quota: small: must specify '
        "requests.cpu for: app\n",
    )
    limits = dedent("""\
        apiVersion: v1
        kind: LimitRange
        metadata: {name: usual}
        spec:
          limits:
          - type: Container
            max: {cpu: 500m}
            defaultRequest: {cpu: 100m}
        """)
    assert (await kubectl("apply", "-f", "-", stdin=limits))[0] == 0
    assert (await kubectl(*run))[0] == 0
    assert await kubectl("run", "second", "--image=app:1") == (
        1,
        'Error from server (Forbidden): pods "second" is forbidden: exceeded quota: small, '
        "requested: pods=1, used: pods=1, limited: pods=1\n",
    )
    code, output = await kubectl("describe", "quota", "small")
    assert code == 0
    assert "requests.cpu  100m  1" in output


async def test_a_set_that_comes_back_adopts_the_pods_and_revisions_it_left(
    kubectl: Run, store: Store
) -> None:
    await kubectl("apply", "-f", "-", stdin=STATEFUL_SET)
    await kubectl("rollout", "status", "statefulset/web", "--timeout=45s")
    before = [pod["metadata"]["uid"] for pod in store.list(PODS)]
    code, _ = await kubectl("delete", "statefulset", "web", "--cascade=orphan")
    assert code == 0
    await kubectl("apply", "-f", "-", stdin=STATEFUL_SET)
    code, _ = await kubectl("rollout", "status", "statefulset/web", "--timeout=45s")
    assert code == 0
    assert [pod["metadata"]["uid"] for pod in store.list(PODS)] == before
    assert [each["revision"] for each in store.list(CONTROLLER_REVISIONS)] == [1]


async def test_a_drain_leaves_daemons_where_they_are(kubectl: Run, store: Store) -> None:
    await kubectl("apply", "-f", "-", stdin=DAEMON_SET)
    await kubectl("rollout", "status", "daemonset/web", "--timeout=45s")
    before = [pod["metadata"]["uid"] for pod in store.list(PODS)]
    code, output = await kubectl("drain", "drydock", "--timeout=45s")
    assert code == 1
    assert "cannot delete DaemonSet-managed Pods" in output
    code, _ = await kubectl("drain", "drydock", "--ignore-daemonsets", "--timeout=45s")
    assert code == 0
    assert [pod["metadata"]["uid"] for pod in store.list(PODS)] == before


@pytest.mark.parametrize(
    ("argv", "created"),
    [
        (
            ("cronjob", "tick", "--image=tick:1", "--schedule=@hourly"),
            "cronjob.batch/tick created\n",
        ),
        (
            ("clusterrole", "reader", "--verb=get", "--resource=pods"),
            "clusterrole.rbac.authorization.k8s.io/reader created\n",
        ),
        (
            ("clusterrolebinding", "all", "--clusterrole=reader", "--user=ann"),
            "clusterrolebinding.rbac.authorization.k8s.io/all created\n",
        ),
    ],
)
async def test_kubectl_makes_it_itself(kubectl: Run, argv: tuple[str, ...], created: str) -> None:
    assert await kubectl("create", *argv) == (0, created)
    kind, name, *_ = argv
    code, output = await kubectl("get", kind, name, "-o", "wide")
    assert code == 0
    assert name in output
    code, _ = await kubectl("describe", kind, name)
    assert code == 0
