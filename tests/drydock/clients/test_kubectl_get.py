"""kubectl get, describe, explain and what else only reads, against a whole drydock."""

import asyncio
import json
import re
from collections.abc import Mapping
from textwrap import dedent

import pytest

from tests.drydock.clients.conftest import DEADLINE, Drydock, Run
from tests.drydock.clients.manifests import ok, refused, settings, start_web, tidy
from tests.drydock.clients.said import Said

pytestmark = pytest.mark.real


@pytest.fixture(params=["kubectl", "kubectl_1_31"])
def each_kubectl(request: pytest.FixtureRequest) -> Run:
    run: Run = request.getfixturevalue(request.param)
    return run


async def test_gets_tables_of_what_runs(each_kubectl: Run, drydock: Drydock) -> None:
    await start_web(each_kubectl, drydock)
    assert tidy(await ok(each_kubectl, "get", "all")) == dedent("""\
        NAME  READY  STATUS  RESTARTS  AGE
        pod/web-POD  1/1  Running  0  AGE

        NAME  TYPE  CLUSTER-IP  EXTERNAL-IP  PORT(S)  AGE
        service/web  ClusterIP  CLUSTER-IP  <none>  80/TCP  AGE

        NAME  READY  UP-TO-DATE  AVAILABLE  AGE
        deployment.apps/web  1/1  1  1  AGE

        NAME  DESIRED  CURRENT  READY  AGE
        replicaset.apps/web-HASH  1  1  1  AGE
        """)
    assert tidy(await ok(each_kubectl, "get", "pods,deployments", "-o", "wide")) == dedent("""\
        NAME  READY  STATUS  RESTARTS  AGE  IP  NODE  NOMINATED NODE  READINESS GATES
        pod/web-POD  1/1  Running  0  AGE  POD-IP  drydock  <none>  <none>

        NAME  READY  UP-TO-DATE  AVAILABLE  AGE  CONTAINERS  IMAGES  SELECTOR
        deployment.apps/web  1/1  1  1  AGE  web  ADDRESS/web:1  app=web
        """)


async def test_describes_what_runs_with_its_events(each_kubectl: Run, drydock: Drydock) -> None:
    await start_web(each_kubectl, drydock)
    deployment = tidy(await ok(each_kubectl, "describe", "deployment", "web"))
    # newer ones name the port too
    assert deployment.replace("/TCP (http)", "/TCP") == dedent("""\
        Name:  web
        Namespace:  NAMESPACE
        CreationTimestamp:  TIME
        Labels:  app=web
        Annotations:  deployment.kubernetes.io/revision: 1
        Selector:  app=web
        Replicas:  1 desired | 1 updated | 1 total | 1 available | 0 unavailable
        StrategyType:  RollingUpdate
        MinReadySeconds:  0
        RollingUpdateStrategy:  25% max unavailable, 25% max surge
        Pod Template:
          Labels:  app=web
          Containers:
           web:
            Image:  ADDRESS/web:1
            Port:  8080/TCP
            Host Port:  0/TCP
            Requests:
              memory:  16Mi
            Environment:
              COLOUR:  blue
              IP:  (v1:status.podIP)
              POD:  (v1:metadata.name)
            Mounts:  <none>
          Volumes:  <none>
          Node-Selectors:  <none>
          Tolerations:  <none>
        Conditions:
          Type  Status  Reason
          ----  ------  ------
          Available  True  MinimumReplicasAvailable
          Progressing  True  NewReplicaSetAvailable
        OldReplicaSets:  <none>
        NewReplicaSet:  web-HASH (1/1 replicas created)
        Events:
          Type  Reason  Age  From  Message
          ----  ------  ----  ----  -------
          Normal  ScalingReplicaSet  AGE  deployment-controller  Scaled up replica set web-HASH from 0 to 1
        """)
    service = tidy(await ok(each_kubectl, "describe", "service", "web"))
    assert service == dedent("""\
        Name:  web
        Namespace:  NAMESPACE
        Labels:  <none>
        Annotations:  <none>
        Selector:  app=web
        Type:  ClusterIP
        IP Family Policy:  SingleStack
        IP Families:  IPv4
        IP:  CLUSTER-IP
        IPs:  CLUSTER-IP
        Port:  <unset>  80/TCP
        TargetPort:  http/TCP
        Endpoints:  POD-IP:8080
        Session Affinity:  None
        Internal Traffic Policy:  Cluster
        Events:  <none>
        """)
    pod = tidy(await ok(each_kubectl, "describe", "pod", "-l", "app=web"))
    for line in (
        "Node:  drydock/127.0.0.1\n",
        "Status:  Running\n",
        "Controlled By:  ReplicaSet/web-HASH\n",
        "    Container ID:  CONTAINER\n",
        "    Image ID:  ADDRESS/web@DIGEST\n",
        "    State:  Running\n      Started:  TIME\n",
        "    Ready:  True\n    Restart Count:  0\n",
        "QoS Class:  Burstable\n",
        "  Normal  Scheduled  AGE  default-scheduler  Successfully assigned NAMESPACE/web-POD to drydock\n",
        "Container started\n",
    ):
        assert line in pod


@pytest.fixture
async def three_settings(kubectl: Run) -> None:
    """`a`, `b` and `c`, with labels and sizes to choose them by."""
    objects = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "labels": {"tier": tier, "app": "web"}},
            "data": {str(number): "x" for number in range(size)},
        }
        for name, tier, size in (("a", "front", 3), ("b", "back", 1), ("c", "front", 2))
    ]
    many = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    await ok(kubectl, "create", "-f", "-", stdin=many)


@pytest.mark.usefixtures("three_settings")
async def test_selects_sorts_and_pages(kubectl: Run) -> None:
    get = ("get", "configmaps", "-o", "name")
    for words, names in (
        (("-l", "app=web"), "abc"),
        (("-l", "app=web", "--chunk-size=1"), "abc"),
        (("-l", "tier=front"), "ac"),
        (("-l", "tier!=front,app"), "b"),
        (("-l", "tier in (front,back),app notin (api)"), "abc"),
        (("-l", "!tier"), ""),
        (("--field-selector", "metadata.name=b"), "b"),
        (("--field-selector", "metadata.name!=b", "-l", "app"), "ac"),
        (("a", "c"), "ac"),
    ):
        found = await ok(kubectl, *get, *words)
        listed = "".join(f"configmap/{name}\n" for name in names)
        assert found == listed or (words == ("-l", "!tier") and "kube-root-ca.crt" in found), words
    by_name = await ok(
        kubectl,
        *("get", "configmaps", "-l", "app", "--no-headers", "--sort-by=.metadata.labels.tier"),
        *("-o", "custom-columns=NAME:.metadata.name,TIER:.metadata.labels.tier,NONE:.spec.x"),
    )
    assert tidy(by_name) == "b  back  <none>\na  front  <none>\nc  front  <none>\n"


@pytest.mark.usefixtures("three_settings")
async def test_prints_in_every_form(each_kubectl: Run, namespace: str) -> None:
    get = ("get", "configmap", "b")
    assert await ok(each_kubectl, *get, "-o", "jsonpath={.data.0} {.metadata.labels}") == (
        'x {"app":"web","tier":"back"}'
    )
    assert (
        await ok(each_kubectl, *get, "-o", "go-template={{.kind}} {{len .data}}") == "ConfigMap 1"
    )
    version = await ok(each_kubectl, *get, "-o", "jsonpath={.metadata.resourceVersion}")
    assert tidy(await ok(each_kubectl, *get, "-o", "yaml")) == dedent(f"""\
        apiVersion: v1
        data:
          "0": x
        kind: ConfigMap
        metadata:
          creationTimestamp: "TIME"
          labels:
            app: web
            tier: back
          name: b
          namespace: NAMESPACE
          resourceVersion: "{version}"
          uid: UID
        """)
    labelled = await ok(each_kubectl, *get, "--show-labels", "-L", "tier", "--show-kind")
    assert tidy(labelled) == (
        "NAME  DATA  AGE  TIER  LABELS\nconfigmap/b  1  AGE  back  app=web,tier=back\n"
    )
    everywhere = tidy(await ok(each_kubectl, "get", "configmaps", "-A", "-l", "tier=back"))
    assert everywhere.startswith("NAMESPACE  NAME  DATA  AGE\n")
    assert "NAMESPACE  b  1  AGE\n" in everywhere
    several = await ok(
        each_kubectl, "get", "configmap/a", "configmap/c", "namespace/default", "-o", "name"
    )
    assert several == "configmap/a\nconfigmap/c\nnamespace/default\n"


async def test_says_what_it_does_not_find(each_kubectl: Run) -> None:
    for words, complaint in (
        (("pod", "none"), 'Error from server (NotFound): pods "none" not found\n'),
        (("nothing",), 'error: the server doesn\'t have a resource type "nothing"\n'),
        (
            ("configmaps", "-l", "a=b=c"),
            'Error from server (BadRequest): Unable to find "/v1, Resource=configmaps" that match '
            "label selector \"a=b=c\", field selector \"\": found '=', expected: ',' or 'end of "
            "string'\n",
        ),
        (
            ("pods", "--field-selector", "spec.none=a"),
            'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label '
            'selector "", field selector "spec.none=a": field label not supported: spec.none\n',
        ),
    ):
        assert await refused(each_kubectl, "get", *words) == complaint
    assert await each_kubectl("get", "pods", "-n", "nowhere") == Said(
        0, "", "No resources found in nowhere namespace.\n"
    )
    assert await each_kubectl("get", "pod", "none", "--ignore-not-found") == Said(0)


async def test_watches(kubectl_path: str, kubectl: Run, isolated: Mapping[str, str]) -> None:
    async def follow(*words: str) -> asyncio.subprocess.Process:
        argv = (kubectl_path, "get", "configmaps", "--output-watch-events", "--no-headers", *words)
        return await asyncio.create_subprocess_exec(
            *argv, env=isolated, stdout=asyncio.subprocess.PIPE
        )

    async def line(process: asyncio.subprocess.Process) -> str:
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            return tidy((await process.stdout.readline()).decode())

    await ok(kubectl, "apply", "-f", "-", stdin=settings(a="b"))
    everything = await follow("--watch", "--field-selector=metadata.name=settings")
    news = await follow("--watch-only", "-l", "colour=red")
    try:
        assert await line(everything) == "ADDED  settings  1  AGE\n"
        changed = False
        while not changed:  # until the second watch is there, changes pass it by
            await ok(kubectl, "label", "configmap", "settings", "colour=red")
            assert await line(everything) == "MODIFIED  settings  1  AGE\n"
            await ok(kubectl, "label", "configmap", "settings", "colour-")
            assert await line(everything) == "MODIFIED  settings  1  AGE\n"
            try:
                async with asyncio.timeout(1):
                    changed = await line(news) == "ADDED  settings  1  AGE\n"
            except TimeoutError:
                continue
        assert await line(news) == "DELETED  settings  1  AGE\n"
        await ok(kubectl, "delete", "configmap", "settings")
        assert await line(everything) == "DELETED  settings  1  AGE\n"
    finally:
        for process in (everything, news):
            process.kill()
            await process.wait()


async def test_explains(each_kubectl: Run) -> None:
    resources = await ok(each_kubectl, "explain", "pods.spec.containers.resources")
    assert resources.startswith(
        "KIND:       Pod\nVERSION:    v1\n\nFIELD: resources <ResourceRequirements>\n\n\n"
        "DESCRIPTION:\n    Compute Resources required by this container. Cannot be updated."
    )
    fields = [line for line in resources.splitlines() if "\t<" in line]
    assert fields == [
        "  claims\t<[]ResourceClaim>",
        "  limits\t<map[string]Quantity>",
        "  requests\t<map[string]Quantity>",
    ]
    strategy = await ok(each_kubectl, "explain", "deployment.spec.strategy", "--recursive")
    assert [line for line in strategy.splitlines() if "\t<" in line] == [
        "  rollingUpdate\t<RollingUpdateDeployment>",
        "    maxSurge\t<IntOrString>",
        "    maxUnavailable\t<IntOrString>",
        "  type\t<string>",
    ]
    assert await refused(each_kubectl, "explain", "deployment.spec.none") == (
        'error: field "none" does not exist\n'
    )


async def test_says_what_is_served(each_kubectl: Run, drydock: Drydock) -> None:
    resources = await ok(each_kubectl, "api-resources", "--namespaced=false", "--no-headers")
    kinds = {line.split()[0] for line in resources.splitlines()}
    assert kinds >= {"namespaces", "nodes", "ingressclasses"}
    verbs = await ok(
        each_kubectl, "api-resources", "--api-group=apps", "-o", "name", "--verbs=patch"
    )
    assert {"deployments.apps", "replicasets.apps"} <= set(verbs.split())
    versions = (await ok(each_kubectl, "api-versions")).split()
    assert {"v1", "apps/v1", "batch/v1", "autoscaling/v2", "networking.k8s.io/v1"} <= set(versions)
    information = re.sub(r"\x1b\[[\d;]*m", "", await ok(each_kubectl, "cluster-info"))
    assert information == (
        f"Kubernetes control plane is running at https://127.0.0.1:{drydock.status.api}\n\n"
        "To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n"
    )
    server = json.loads((await each_kubectl("version", "-o", "json")).out)["serverVersion"]
    assert (server["major"], server["minor"]) == ("1", "36")


async def test_looks_at_the_cluster(kubectl: Run) -> None:
    nodes = tidy(await ok(kubectl, "get", "nodes"))
    assert (
        nodes == "NAME  STATUS  ROLES  AGE  VERSION\ndrydock  Ready  control-plane  AGE  v1.36.0\n"
    )
    node = tidy(await ok(kubectl, "describe", "node", "drydock"))
    assert "  Ready  True  TIME  TIME  KubeletReady  kubelet is posting ready status\n" in node
    dump = await ok(kubectl, "cluster-info", "dump", "--output=json")
    assert '"kind": "NodeList"' in dump
    assert await ok(kubectl, "get", "--raw", "/readyz") == "ok"
    pods = json.loads(await ok(kubectl, "get", "--raw", "/api/v1/pods?limit=1"))
    assert pods["kind"] == "PodList"
    view = (await kubectl("config", "view")).data
    assert view["users"][0]["user"] == {"token": "REDACTED"}


async def test_says_who_one_is_and_may_do_what(each_kubectl: Run) -> None:
    assert await ok(each_kubectl, "auth", "whoami") == (
        "ATTRIBUTE   VALUE\n"
        "Username    drydock-admin\n"
        "Groups      [system:masters system:authenticated]\n"
    )
    assert await ok(each_kubectl, "auth", "can-i", "delete", "pods") == "yes\n"
    assert await ok(each_kubectl, "auth", "can-i", "--list") == (
        "Resources   Non-Resource URLs   Resource Names   Verbs\n"
        "*.*         []                  []               [*]\n"
        "            [*]                 []               [*]\n"
    )


async def test_shows_events(kubectl: Run, drydock: Drydock) -> None:
    await start_web(kubectl, drydock)
    await ok(kubectl, "run", "lost", "--image=127.0.0.1:1/none", "--restart=Never")
    await ok(
        kubectl,
        *("wait", "pod/lost", f"--timeout={DEADLINE:.0f}s"),
        "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff",
    )
    assert tidy(await ok(kubectl, "events", "--for=deployment/web")) == (
        "LAST SEEN  TYPE  REASON  OBJECT  MESSAGE\n"
        "AGE  Normal  ScalingReplicaSet  Deployment/web  Scaled up replica set web-HASH from 0 to 1\n"
    )
    warnings = tidy(await ok(kubectl, "events", "--types=Warning", "--no-headers"))
    assert "Warning  Failed  Pod/lost  " in warnings
    assert "Normal" not in warnings
    assert "Scheduled  pod/lost  " in tidy(
        await ok(kubectl, "get", "events", "--field-selector=involvedObject.name=lost")
    )
    assert tidy(await ok(kubectl, "get", "pod", "lost", "--no-headers")) == (
        "lost  0/1  ImagePullBackOff  0  AGE\n"
    )


async def test_describes_other_kinds(each_kubectl: Run, drydock: Drydock) -> None:
    kubectl = each_kubectl
    create = (
        ("secret", "generic", "login", "--from-literal=user=me"),
        ("ingress", "way", "--rule=example.com/path=web:80"),
        ("poddisruptionbudget", "few", "--selector=app=web", "--max-unavailable=50%"),
        ("job", "once", f"--image={drydock.images}:1", "--", "/bin/sh", "-c", "echo done"),
        ("cronjob", "daily", "--image=example/web:1", "--schedule=0 3 * * *"),
    )
    for words in create:
        await ok(kubectl, "create", *words)
    finished = ("wait", "job/once", "--for=condition=complete", f"--timeout={DEADLINE:.0f}s")
    await ok(kubectl, *finished)
    assert tidy(await ok(kubectl, "describe", "secret", "login")) == dedent("""\
        Name:  login
        Namespace:  NAMESPACE
        Labels:  <none>
        Annotations:  <none>

        Type:  Opaque

        Data
        ====
        user:  2 bytes
        """)
    ingress = tidy(await ok(kubectl, "describe", "ingress", "way"))
    assert "  Host  Path  Backends\n  ----  ----  --------\n  example.com\n" in ingress
    assert ingress.startswith("Name:  way\nLabels:  <none>\nNamespace:  NAMESPACE\n")
    budget = tidy(await ok(kubectl, "describe", "pdb", "few"))
    assert budget.startswith(
        "Name:  few\nNamespace:  NAMESPACE\nMax unavailable:  50%\nSelector:  app=web\nStatus:\n"
    )
    job = tidy(await ok(kubectl, "describe", "job", "once"))
    for line in (
        "Labels:  batch.kubernetes.io/controller-uid=UID\n",
        "Completions:  1\n",
        "Pods Statuses:  0 Active (0 Ready) / 1 Succeeded / 0 Failed\n",
        "    Command:\n      /bin/sh\n      -c\n      echo done\n",
        "  Normal  Completed  AGE  job-controller  Job completed\n",
    ):
        assert line in job
    assert await ok(kubectl, "logs", "job/once") == "done\n"
    jobs = tidy(await ok(kubectl, "get", "jobs,cronjobs"))
    assert jobs == dedent("""\
        NAME  STATUS  COMPLETIONS  DURATION  AGE
        job.batch/once  Complete  1/1  AGE  AGE

        NAME  SCHEDULE  TIMEZONE  SUSPEND  ACTIVE  LAST SCHEDULE  AGE
        cronjob.batch/daily  0 3 * * *  <none>  False  0  <none>  AGE
        """)
