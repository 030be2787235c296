"""kubectl apply, create, run, expose, replace, patch, diff and prune, against a whole drydock."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from tests.drydock.clients.conftest import Drydock, Run
from tests.drydock.clients.manifests import budget, ok, refused, settings, tidy, web
from tests.drydock.clients.said import Said

pytestmark = pytest.mark.real

APPLY = ("apply", "-f", "-")
SERVER_SIDE = ("apply", "--server-side", "-f", "-")
ADVICE = dedent("""\
    Please review the fields above--they currently have other managers. Here
    are the ways you can resolve this warning:
    * If you intend to manage all of these fields, please re-run the apply
      command with the `--force-conflicts` flag.
    * If you do not intend to manage all of the fields, please edit your
      manifest to remove references to the fields that should keep their
      current managers.
    * You may co-own fields by updating your manifest to match the existing
      value; in this case, you'll become the manager if the other manager(s)
      stop managing the field (remove it from their configuration).
    See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
    """)


@pytest.fixture(params=["kubectl", "kubectl_1_31"])
def each_kubectl(request: pytest.FixtureRequest) -> Run:
    run: Run = request.getfixturevalue(request.param)
    return run


async def data(kubectl: Run) -> str:
    return await ok(kubectl, "get", "configmap", "settings", "-o", "jsonpath={.data}")


async def test_applies_from_the_client(each_kubectl: Run, namespace: str) -> None:
    kubectl = each_kubectl
    assert await ok(kubectl, *APPLY, stdin=settings(a="x", b="y")) == "configmap/settings created\n"
    assert (
        await ok(kubectl, *APPLY, stdin=settings(a="x", b="y")) == "configmap/settings unchanged\n"
    )
    await ok(kubectl, "patch", "configmap", "settings", "-p", '{"data":{"mine":"z"}}')
    assert await ok(kubectl, *APPLY, stdin=settings(a="w")) == "configmap/settings configured\n"
    assert await data(kubectl) == '{"a":"w","mine":"z"}'
    assert await ok(kubectl, "apply", "view-last-applied", "configmap/settings") == (
        f"apiVersion: v1\ndata:\n  a: w\nkind: ConfigMap\nmetadata:\n  annotations: {{}}\n"
        f"  name: settings\n  namespace: {namespace}\n"
    )
    assert await ok(
        kubectl, "apply", "set-last-applied", "-f", "-", stdin=settings(a="w", mine="z")
    ) == ("configmap/settings configured\n")
    await ok(kubectl, *APPLY, stdin=settings(a="w"))
    assert await data(kubectl) == '{"a":"w"}'


async def test_applies_on_the_server_and_meets_other_owners(each_kubectl: Run) -> None:
    kubectl = each_kubectl
    applied = "configmap/settings serverside-applied\n"
    other = (*SERVER_SIDE, "--field-manager=other")
    assert await ok(kubectl, *SERVER_SIDE, stdin=settings(a="x", b="y")) == applied
    assert await ok(kubectl, *other, stdin=settings(a="x")) == applied
    assert await refused(kubectl, *other, stdin=settings(a="w")) == (
        'error: Apply failed with 1 conflict: conflict with "kubectl": .data.a\n' + ADVICE
    )
    assert await ok(kubectl, *other, "--force-conflicts", stdin=settings(a="w")) == applied
    assert await ok(kubectl, *SERVER_SIDE, stdin=settings(c="v")) == applied
    assert await data(kubectl) == '{"a":"w","c":"v"}'
    shown = await kubectl("get", "configmap", "settings", "-o", "yaml", "--show-managed-fields")
    owned = [
        (entry["manager"], entry["operation"], list(entry["fieldsV1"]["f:data"]))
        for entry in shown.data["metadata"]["managedFields"]
    ]
    assert sorted(owned) == [("kubectl", "Apply", ["f:c"]), ("other", "Apply", ["f:a"])]


async def test_an_object_applied_by_the_client_is_taken_over_on_the_server(
    each_kubectl: Run,
) -> None:
    kubectl = each_kubectl
    await ok(kubectl, *APPLY, stdin=settings(a="x", b="y"))
    await ok(kubectl, *SERVER_SIDE, stdin=settings(a="x"))
    assert await data(kubectl) == '{"a":"x"}'
    await ok(kubectl, *APPLY, stdin=settings(c="v"))
    await ok(kubectl, *SERVER_SIDE, stdin=settings(d="u"))
    assert await data(kubectl) == '{"d":"u"}'


async def test_dry_runs_change_nothing(kubectl: Run, drydock: Drydock) -> None:
    manifest = web(drydock.images)
    for mode, said in (("client", "dry run"), ("server", "server dry run")):
        assert await ok(kubectl, *APPLY, f"--dry-run={mode}", stdin=manifest) == (
            f"deployment.apps/web created ({said})\nservice/web created ({said})\n"
        )
    assert await ok(kubectl, *SERVER_SIDE, "--dry-run=server", stdin=settings(a="x")) == (
        "configmap/settings serverside-applied (server dry run)\n"
    )
    assert (await kubectl("get", "deployments,services,configmap/settings")).code == 1
    await ok(kubectl, *APPLY, stdin=settings(a="x"))
    changed = await kubectl(*APPLY, "--dry-run=server", "-o", "yaml", stdin=settings(b="y"))
    assert changed.data["data"] == {"b": "y"}
    assert await data(kubectl) == '{"a":"x"}'


async def test_shows_what_would_change(each_kubectl: Run) -> None:
    kubectl = each_kubectl
    difference = ("diff", "-f", "-")
    assert (await kubectl(*difference, stdin=settings(a="x"))).code == 1
    await ok(kubectl, *APPLY, stdin=settings(a="x"))
    assert await kubectl(*difference, stdin=settings(a="x")) == Said(0)
    said = await kubectl(*difference, stdin=settings(a="y", b="z"))
    assert said.code == 1
    lines = [line for line in said.out.splitlines() if line[0] in "+-" and line[1] not in "+-"]
    assert lines == ["-  a: x", '+  a: "y"', "+  b: z"]
    forced = await kubectl(*difference, "--server-side", "--force-conflicts", stdin=settings(a="y"))
    assert forced.code == 1
    assert '\n+  a: "y"\n' in forced.out


async def test_prunes_what_is_no_longer_there(kubectl: Run) -> None:
    labelled = settings(a="x").replace("name: settings", "name: NAME\n  labels: {app: pruned}")
    prune = ("apply", "-f", "-", "--prune", "-l", "app=pruned")
    both = "\n---\n".join(labelled.replace("NAME", name) for name in ("one", "two"))
    said = await kubectl(*prune, stdin=both)
    assert (said.code, said.out) == (0, "configmap/one created\nconfigmap/two created\n")
    said = await kubectl(*prune, stdin=labelled.replace("NAME", "two"))
    assert (said.code, said.out) == (0, "configmap/two unchanged\nconfigmap/one pruned\n")


async def test_creates_by_its_generators(
    each_kubectl: Run, drydock: Drydock, tmp_path: Path
) -> None:
    certificate = drydock.home.pki / "ca.crt"
    image = f"--image={drydock.images}:1"
    for words, created in (
        (("deployment", "app", image, "--replicas=0", "--port=80"), "deployment.apps/app"),
        (("service", "clusterip", "app", "--tcp=80:8080"), "service/app"),
        (("service", "nodeport", "open", "--tcp=80:8080"), "service/open"),
        (("service", "externalname", "far", "--external-name=example.com"), "service/far"),
        (
            ("configmap", "some", "--from-literal=a=b", f"--from-file={certificate}"),
            "configmap/some",
        ),
        (("secret", "generic", "login", "--from-literal=user=me"), "secret/login"),
        (
            (
                *("secret", "docker-registry", "pull", "--docker-server=127.0.0.1"),
                *("--docker-username=me", "--docker-password=secret"),
            ),
            "secret/pull",
        ),
        (("job", "once", image, "--", "/bin/true"), "job.batch/once"),
        (("quota", "small", "--hard=pods=100"), "resourcequota/small"),
        (
            ("role", "reader", "--verb=get", "--resource=pods"),
            "role.rbac.authorization.k8s.io/reader",
        ),
        (
            ("rolebinding", "readers", "--role=reader", "--serviceaccount=default:default"),
            "rolebinding.rbac.authorization.k8s.io/readers",
        ),
        (
            ("ingress", "way", "--class=elsewhere", "--rule=example.com/path=app:80"),
            "ingress.networking.k8s.io/way",
        ),
        (
            ("poddisruptionbudget", "budget", "--selector=app=app", "--min-available=50%"),
            "poddisruptionbudget.policy/budget",
        ),
        (("serviceaccount", "robot"), "serviceaccount/robot"),
    ):
        assert await ok(each_kubectl, "create", *words) == f"{created} created\n"
    assert await refused(each_kubectl, "create", "serviceaccount", "robot") == (
        'error: failed to create serviceaccount: serviceaccounts "robot" already exists\n'
    )
    assert await ok(each_kubectl, "get", "secret/login", "-o", "jsonpath={.data}") == (
        '{"user":"bWU="}'
    )
    assert tidy(await ok(each_kubectl, "get", "services,ingresses,pdb")) == dedent("""\
        NAME  TYPE  CLUSTER-IP  EXTERNAL-IP  PORT(S)  AGE
        service/app  ClusterIP  CLUSTER-IP  <none>  80/TCP  AGE
        service/far  ExternalName  <none>  example.com  <none>  AGE
        service/open  NodePort  CLUSTER-IP  <none>  80/TCP  AGE

        NAME  CLASS  HOSTS  ADDRESS  PORTS  AGE
        ingress.networking.k8s.io/way  elsewhere  example.com    80  AGE

        NAME  MIN AVAILABLE  MAX UNAVAILABLE  ALLOWED DISRUPTIONS  AGE
        poddisruptionbudget.policy/budget  50%  N/A  0  AGE
        """).replace("example.com    80", "example.com  80")


async def test_runs_and_exposes(kubectl: Run, drydock: Drydock) -> None:
    image = f"--image={drydock.images}:1"
    assert await ok(kubectl, "run", "one", image, "--labels=app=one", "--env=COLOUR=red") == (
        "pod/one created\n"
    )
    assert await refused(kubectl, "run", "one", image) == (
        'Error from server (AlreadyExists): pods "one" already exists\n'
    )
    assert await ok(kubectl, "expose", "pod", "one", "--port=80", "--target-port=8080") == (
        "service/one exposed\n"
    )
    assert await refused(kubectl, "expose", "deployment", "none", "--port=80") == (
        'Error from server (NotFound): deployments.apps "none" not found\n'
    )
    assert await ok(kubectl, "get", "service", "one", "-o", "jsonpath={.spec.selector}") == (
        '{"app":"one"}'
    )


async def test_debug_says_that_there_are_no_ephemeral_containers(kubectl: Run) -> None:
    await ok(kubectl, "run", "lost", "--image=127.0.0.1:9/none:1", "--restart=Never")
    said = await refused(kubectl, "debug", "lost", "--image=127.0.0.1:9/none:1", "-c", "look")
    assert said == (
        "error: ephemeral containers are disabled for this cluster "
        '(error from server: "the server could not find the requested resource")\n'
    )


async def test_replaces(each_kubectl: Run) -> None:
    kubectl = each_kubectl
    await ok(kubectl, "create", "-f", "-", stdin=settings(a="x"))
    assert await ok(kubectl, "replace", "-f", "-", stdin=settings(b="y")) == (
        "configmap/settings replaced\n"
    )
    assert await data(kubectl) == '{"b":"y"}'
    uid = ("get", "configmap", "settings", "-o", "jsonpath={.metadata.uid}")
    before = await ok(kubectl, *uid)
    forced = await ok(kubectl, "replace", "--force", "-f", "-", stdin=settings(c="z"))
    assert forced.endswith("\nconfigmap/settings replaced\n")
    assert await ok(kubectl, *uid) != before
    missing = settings(a="x").replace("name: settings", "name: none")
    assert await refused(kubectl, "replace", "-f", "-", stdin=missing) == (
        'Error from server (NotFound): error when replacing "STDIN": configmaps "none" not found\n'
    )
    stale = settings(a="x").replace("name: settings", 'name: settings\n  resourceVersion: "1"')
    assert await refused(kubectl, "replace", "-f", "-", stdin=stale) == (
        'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled '
        'on configmaps "settings": the object has been modified; please apply your changes to the '
        "latest version and try again\n"
    )


async def test_patches(each_kubectl: Run, drydock: Drydock) -> None:
    kubectl = each_kubectl
    await ok(kubectl, *APPLY, stdin=web(drydock.images, replicas=0))
    patch = ("patch", "deployment", "web")
    sidecar = {"spec": {"template": {"spec": {"containers": [{"name": "log", "image": "log:1"}]}}}}
    for words, patched in (
        (("-p", json.dumps(sidecar)), "deployment.apps/web patched\n"),
        (("--type=merge", "-p", '{"spec":{"paused":true}}'), "deployment.apps/web patched\n"),
        (
            ("--type=merge", "-p", '{"spec":{"paused":true}}'),
            "deployment.apps/web patched (no change)\n",
        ),
        (
            ("--type=json", "-p", '[{"op":"remove","path":"/spec/paused"}]'),
            "deployment.apps/web patched\n",
        ),
        (
            ("--subresource=status", "--type=merge", "-p", '{"status":{"collisionCount":7}}'),
            "deployment.apps/web patched\n",
        ),
    ):
        assert await ok(kubectl, *patch, *words) == patched
    names = (
        "jsonpath={.spec.template.spec.containers[*].name} {.spec.paused}{.status.collisionCount}"
    )
    assert await ok(kubectl, "get", "deployment", "web", "-o", names) == "log web 7"
    for words, complaint in (
        (
            ("-p", '{"spec":{"replicas":"x"}}'),
            'The request is invalid: patch: Invalid value: "map[spec:map[replicas:x]]": json: '
            "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type "
            "int32\n",
        ),
        (
            ("--type=json", "-p", '[{"op":"test","path":"/spec/replicas","value":9}]'),
            "The request is invalid: the server rejected our request due to an error in our request"
            ": testing value /spec/replicas failed: test failed\n",
        ),
        (
            ("--type=merge", "-p", '{"spec":{"selector":{"matchLabels":{"app":"api"}}}}'),
            'The Deployment "web" is invalid: \n'
            '* spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not '
            "match template `labels`\n"
            '* spec.selector: Invalid value: {"matchLabels":{"app":"api"}}: field is immutable\n',
        ),
    ):
        assert await refused(kubectl, *patch, *words) == complaint


async def test_warns_of_fields_that_are_none(kubectl: Run, drydock: Drydock) -> None:
    manifest = web(drydock.images, replicas=0).replace("replicas: 0", "replicaz: 0")
    unknown = 'unknown field "spec.replicaz"'
    assert await refused(kubectl, *APPLY, stdin=manifest) == (
        'Error from server (BadRequest): error when creating "STDIN": Deployment in version "v1" '
        f"cannot be handled as a Deployment: strict decoding error: {unknown}\n"
    )
    said = await kubectl("replace", "--validate=warn", "-f", "-", stdin=budget(1) + "  none: 1\n")
    assert said.code == 1  # there is none to replace
    said = await kubectl("create", "--validate=warn", "-f", "-", stdin=budget(1) + "  none: 1\n")
    assert said == Said(
        0, "poddisruptionbudget.policy/web created\n", 'Warning: unknown field "spec.none"\n'
    )
