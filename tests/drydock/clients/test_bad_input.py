"""What no client should send: each gets the code and the reason of a real API server, and the server lives on."""

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest

from tests.drydock.clients.conftest import Drydock, Run

pytestmark = pytest.mark.real

JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"

Ask = Callable[..., tuple[int, str, str]]

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {}}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "example/web:1"}]},
        },
    },
}


@pytest.fixture
def ask(drydock: Drydock, namespace: str) -> Ask:
    """`ask("POST", "configmaps", body)`: the code, the reason and the message. Paths are below the namespace."""

    def request(
        method: str, path: str, body: Any = b"", *, media_type: str = JSON, **headers: str
    ) -> tuple[int, str, str]:
        root = "/apis/apps/v1" if path.startswith("deployments") else "/api/v1"
        where = path if path.startswith("/") else f"{root}/namespaces/{namespace}/{path}"
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = drydock.api.request(
            method,
            where,
            content=content,
            headers={"Content-Type": media_type, **headers},
        )
        said = answer.json()
        assert said.get("code", answer.status_code) == answer.status_code
        return answer.status_code, said.get("reason", ""), said.get("message", "")

    return request


@pytest.fixture(autouse=True)
def something_to_aim_at(ask: Ask) -> None:
    assert ask("POST", "configmaps", CONFIG_MAP)[0] == 201
    assert ask("POST", "deployments", DEPLOYMENT)[0] == 201


def named(**metadata: Any) -> dict[str, Any]:
    return {**CONFIG_MAP, "metadata": {"name": "two", **metadata}}


def deployment(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "two"}
    return {**DEPLOYMENT, "metadata": metadata, "spec": {**DEPLOYMENT["spec"], **spec}}  # type: ignore[dict-item]  # a spec is a mapping


def test_bodies_that_cannot_be_read(ask: Ask) -> None:
    for media_type, body in (
        (JSON, b'{"metadata": {"name": "two"'),
        (JSON, b"{]"),
        (JSON, b"\xff\xfe\x00"),
        (JSON, b'{"metadata": {"name": "\xff"}}'),
        (JSON, b"[]"),
        (JSON, b'"two"'),
        (JSON, b"null"),
        (JSON, b""),
        (JSON, b"[" * 20_000),
        (JSON, b'{"data":' * 3_000 + b"1" + b"}" * 3_000),
        (YAML, b"a: [b"),
        (YAML, b"\tname: two"),
        (YAML, b"a: &a [*a]"),
        (YAML, b"a: &a [1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n" + nested_aliases()),
        (YAML, b"when: !!python/object/apply:os.getcwd []"),
        (YAML, b"a: .inf"),
        (YAML, b"a: !!binary YQ=="),
        (PROTOBUF, b"k8s\x00"),
        (PROTOBUF, b"k8s\x00\x0a\xff\xff\xff\xff\xff\xff"),
        (PROTOBUF, b"k8s\x00\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x7f"),
        (PROTOBUF, b"k8s\x00\x0a\x0a\x0a\x02v1\x12\x04Nope"),
    ):
        code, reason, _ = ask("POST", "configmaps", body, media_type=media_type)
        assert (media_type, body[:60], code, reason) == (media_type, body[:60], 400, "BadRequest")


def nested_aliases() -> bytes:
    """Ten times ten times ten … : a gigabyte, if it were written out."""
    letters = "bcdefghij"
    lines = (
        f"{this}: &{this} [{','.join(f'*{before}' for _ in range(10))}]"
        for before, this in pairwise(letters)
    )
    return "\n".join(lines).encode()


BODIES: Mapping[str, tuple[str, Any, int, str, str]] = {
    "another kind": (
        "configmaps",
        {**named(), "kind": "Secret"},
        400,
        "BadRequest",
        'Secret in version "v1" cannot be handled as a ConfigMap',
    ),
    "another version": (
        "configmaps",
        {**named(), "apiVersion": "v2"},
        400,
        "BadRequest",
        "the API version in the data (v2) does not match the expected API version (v1)",
    ),
    "a kind that is no text": (
        "configmaps",
        {**named(), "kind": ["ConfigMap"]},
        400,
        "BadRequest",
        "json: cannot unmarshal array into Go struct field .kind of type string",
    ),
    "a version that is no text": (
        "configmaps",
        {**named(), "apiVersion": 1},
        400,
        "BadRequest",
        "json: cannot unmarshal number into Go struct field .apiVersion of type string",
    ),
    "a name that is no text": (
        "configmaps",
        named(name={}),
        400,
        "BadRequest",
        "json: cannot unmarshal object into Go struct field ObjectMeta.metadata.name of type string",
    ),
    "metadata that are none": (
        "configmaps",
        {**CONFIG_MAP, "metadata": "two"},
        400,
        "BadRequest",
        "json: cannot unmarshal string into Go struct field ConfigMap.metadata of type "
        "v1.ObjectMeta",
    ),
    "another namespace": (
        "configmaps",
        named(namespace="elsewhere"),
        400,
        "BadRequest",
        "the namespace of the provided object does not match the namespace sent on the request",
    ),
    "no name": (
        "configmaps",
        {**CONFIG_MAP, "metadata": {}},
        422,
        "Invalid",
        'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ),
    "a name in capitals": (
        "configmaps",
        named(name="Two"),
        422,
        "Invalid",
        'ConfigMap "Two" is invalid: metadata.name: Invalid value: "Two": a lowercase RFC 1123 '
        "subdomain must consist of",
    ),
    "a huge name": (
        "configmaps",
        named(name="x" * 100_000),
        422,
        "Invalid",
        "must be no more than 253 characters",
    ),
    "a version before it is there": (
        "configmaps",
        named(resourceVersion="1"),
        400,
        "BadRequest",
        "resourceVersion should not be set on objects to be created",
    ),
    "the name of another": (
        "configmaps",
        CONFIG_MAP,
        409,
        "AlreadyExists",
        'configmaps "one" already exists',
    ),
    "a label that is none": (
        "configmaps",
        named(labels={"a b": "c"}),
        422,
        "Invalid",
        'ConfigMap "two" is invalid: metadata.labels: Invalid value: "a b": name part must consist',
    ),
    "a label that is a number": (
        "configmaps",
        named(labels={"a": 1}),
        400,
        "BadRequest",
        "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type "
        "string",
    ),
    "a number that is text": (
        "deployments",
        deployment(replicas="three"),
        400,
        "BadRequest",
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal '
        "string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ),
    "a number too large": (
        "deployments",
        deployment(replicas=2**40),
        400,
        "BadRequest",
        "Go struct field DeploymentSpec.spec.replicas of type int32",
    ),
    "a number below zero": (
        "deployments",
        deployment(replicas=-1),
        422,
        "Invalid",
        'Deployment.apps "two" is invalid: spec.replicas: Invalid value: -1: must be greater than '
        "or equal to 0",
    ),
    "a selector of others": (
        "deployments",
        deployment(selector={"matchLabels": {"app": "other"}}),
        422,
        "Invalid",
        "`selector` does not match template `labels`",
    ),
    "no selector": (
        "deployments",
        {**DEPLOYMENT, "metadata": {"name": "two"}, "spec": {"template": {}}},
        422,
        "Invalid",
        "spec.selector: Required value",
    ),
}


@pytest.mark.parametrize("what", BODIES)
def test_an_object_with(what: str, ask: Ask) -> None:
    path, body, code, reason, message = BODIES[what]
    answer = ask("POST", path, body)
    assert answer[:2] == (code, reason)
    assert message in answer[2]


REQUESTS: Mapping[str, tuple[str, str, Mapping[str, Any], int, str, str]] = {
    "a kind that is not served": (
        "GET",
        "/apis/apps/v1/namespaces/default/gadgets",
        {},
        404,
        "NotFound",
        "the server could not find the requested resource",
    ),
    "a version that is not served": (
        "GET",
        "/apis/apps/v1beta1/deployments",
        {},
        404,
        "NotFound",
        "",
    ),
    "a group that is not served": ("GET", "/apis/example.com/v1/gadgets", {}, 404, "NotFound", ""),
    "a subresource that is none": ("GET", "configmaps/one/status", {}, 404, "NotFound", ""),
    "an object that is not there": (
        "GET",
        "configmaps/none",
        {},
        404,
        "NotFound",
        'configmaps "none" not found',
    ),
    "a namespace that is not there": (
        "POST",
        "/api/v1/namespaces/nowhere/configmaps",
        {"body": named()},
        404,
        "NotFound",
        'namespaces "nowhere" not found',
    ),
    "a POST of one object": (
        "POST",
        "configmaps/one",
        {"body": CONFIG_MAP},
        405,
        "MethodNotAllowed",
        "",
    ),
    "a PUT of a list": (
        "PUT",
        "configmaps",
        {"body": CONFIG_MAP},
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
    ),
    "an answer that nobody writes": (
        "GET",
        "configmaps",
        {"Accept": "text/html"},
        406,
        "NotAcceptable",
        "only the following media types are accepted: application/json, application/yaml, "
        "application/vnd.kubernetes.protobuf",
    ),
    "a media type that nobody reads": (
        "POST",
        "configmaps",
        {"body": CONFIG_MAP, "media_type": "text/html"},
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml, application/vnd.kubernetes.protobuf",
    ),
    "a patch of no known type": (
        "PATCH",
        "configmaps/one",
        {"body": {}, "media_type": JSON},
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, "
        "application/strategic-merge-patch+json, application/apply-patch+yaml",
    ),
    "a body too large": (
        "POST",
        "configmaps",
        {"body": {**named(), "data": {"a": "x" * 3_200_000}}},
        413,
        "RequestEntityTooLarge",
        "limit is 3145728",
    ),
    "another name than the path's": (
        "PUT",
        "configmaps/one",
        {"body": named()},
        400,
        "BadRequest",
        "the name of the object (two) does not match the name on the URL (one)",
    ),
    "a stale version": (
        "PUT",
        "configmaps/one",
        {"body": {**CONFIG_MAP, "metadata": {"name": "one", "resourceVersion": "1"}}},
        409,
        "Conflict",
        'Operation cannot be fulfilled on configmaps "one": the object has been modified; please '
        "apply your changes to the latest version and try again",
    ),
    "another uid": (
        "DELETE",
        "configmaps/one",
        {"body": {"kind": "DeleteOptions", "preconditions": {"uid": "x"}}},
        409,
        "Conflict",
        "Precondition failed: UID in precondition: x, UID in object meta: ",
    ),
    "another uid, of all": (
        "DELETE",
        "configmaps",
        {"body": {"preconditions": {"uid": "x"}}},
        409,
        "Conflict",
        "Precondition failed",
    ),
    "options that are none": (
        "DELETE",
        "configmaps/one",
        {"body": {"kind": "DeleteOptions", "gracePeriodSeconds": "soon"}},
        400,
        "BadRequest",
        "json: cannot unmarshal string into Go struct field "
        "DeleteOptions.gracePeriodSeconds of type int64",
    ),
    "preconditions that are none": (
        "DELETE",
        "configmaps/one",
        {"body": {"preconditions": "x"}},
        400,
        "BadRequest",
        "Go struct field DeleteOptions.preconditions of type v1.Preconditions",
    ),
    "a propagation that is none": (
        "DELETE",
        "configmaps/one?propagationPolicy=Sideways",
        {},
        422,
        "Invalid",
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways"'
        ': supported values: "Foreground", "Background", "Orphan", "nil"',
    ),
    "a dry run of some": (
        "POST",
        "configmaps?dryRun=Some",
        {"body": named()},
        422,
        "Invalid",
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported '
        'values: "All"',
    ),
    "a validation that is none": (
        "POST",
        "configmaps?fieldValidation=Maybe",
        {"body": named()},
        422,
        "Invalid",
        'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Maybe": '
        'supported values: "", "Ignore", "Strict", "Warn"',
    ),
    "a manager's name too long": (
        "PUT",
        f"configmaps/one?fieldManager={'x' * 129}",
        {"body": CONFIG_MAP},
        422,
        "Invalid",
        'UpdateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 '
        "bytes",
    ),
    "a manager's name that cannot be printed": (
        "PUT",
        "configmaps/one?fieldManager=a%00b",
        {"body": CONFIG_MAP},
        422,
        "Invalid",
        "invalid character U+0000 (at position 1)",
    ),
    "force where nothing is applied": (
        "PATCH",
        "configmaps/one?force=true",
        {"body": {}, "media_type": MERGE},
        422,
        "Invalid",
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for '
        "non-apply patch",
    ),
    "an apply by nobody": (
        "PATCH",
        "configmaps/one",
        {"body": CONFIG_MAP, "media_type": APPLY},
        422,
        "Invalid",
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for '
        "apply patch",
    ),
    "an apply of unknown fields": (
        "PATCH",
        "deployments/web?fieldManager=me",
        {"body": deployment(replica=1) | {"metadata": {"name": "web"}}, "media_type": APPLY},
        500,
        "",
        ".spec.replica: field not declared in schema",
    ),
    "a JSON patch that is no list": (
        "PATCH",
        "configmaps/one",
        {"body": {"op": "add"}, "media_type": JSON_PATCH},
        400,
        "BadRequest",
        "error decoding patch: ",
    ),
    "a JSON patch of too many steps": (
        "PATCH",
        "configmaps/one",
        {
            "body": [{"op": "test", "path": "/kind", "value": "ConfigMap"}] * 10_001,
            "media_type": JSON_PATCH,
        },
        413,
        "RequestEntityTooLarge",
        "The allowed maximum operations in a JSON patch is 10000, got 10001",
    ),
    "a JSON patch of what is not there": (
        "PATCH",
        "configmaps/one",
        {"body": [{"op": "remove", "path": "/data/x"}], "media_type": JSON_PATCH},
        422,
        "Invalid",
        "the server rejected our request due to an error in our request",
    ),
    "a merge patch that is a list": (
        "PATCH",
        "configmaps/one",
        {"body": [], "media_type": MERGE},
        400,
        "BadRequest",
        "error decoding patch: ",
    ),
    "a patch to another type": (
        "PATCH",
        "deployments/web",
        {"body": {"spec": {"replicas": "x"}}, "media_type": STRATEGIC},
        422,
        "Invalid",
        ' "" is invalid: patch: Invalid value: "map[spec:map[replicas:x]]": ',
    ),
    "a patch to an unknown field": (
        "PATCH",
        "deployments/web?fieldValidation=Strict",
        {"body": {"spec": {"replica": 1}}, "media_type": STRATEGIC},
        422,
        "Invalid",
        ' "" is invalid: patch: Invalid value: "map[spec:map[replica:1]]": strict decoding error: '
        'unknown field "spec.replica"',
    ),
    "a patch of another name": (
        "PATCH",
        "configmaps/one",
        {"body": {"metadata": {"name": "two"}}, "media_type": MERGE},
        400,
        "BadRequest",
        "the name of the object (two) does not match the name on the URL (one)",
    ),
    "a scale that is none": (
        "PUT",
        "deployments/web/scale",
        {"body": {"spec": {"replicas": "many"}}},
        400,
        "BadRequest",
        'Scale in version "v1" cannot be handled as a Scale',
    ),
    "a scale below zero": (
        "PATCH",
        "deployments/web/scale",
        {"body": {"spec": {"replicas": -1}}, "media_type": MERGE},
        422,
        "Invalid",
        'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater '
        "than or equal to 0",
    ),
    "labels that do not parse": (
        "GET",
        "configmaps?labelSelector=a%3Db%3Dc",
        {},
        400,
        "BadRequest",
        "found '=', expected: ',' or 'end of string'",
    ),
    "a field that selects nothing": (
        "GET",
        "configmaps?fieldSelector=data.a%3Db",
        {},
        400,
        "BadRequest",
        '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ),
    "a limit that is no number": (
        "GET",
        "configmaps?limit=ten",
        {},
        400,
        "BadRequest",
        'strconv.ParseInt: parsing "ten": invalid syntax',
    ),
    "a limit too large": (
        "GET",
        f"configmaps?limit={2**64}",
        {},
        400,
        "BadRequest",
        f'strconv.ParseInt: parsing "{2**64}": value out of range',
    ),
    "a token of nobody's": (
        "GET",
        "configmaps?continue=nonsense",
        {},
        400,
        "BadRequest",
        "continue key is not valid",
    ),
    "a match without a version": (
        "GET",
        "configmaps?resourceVersionMatch=Exact",
        {},
        422,
        "Invalid",
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: '
        "resourceVersionMatch is forbidden unless resourceVersion is provided",
    ),
    "a match of a watch": (
        "GET",
        "configmaps?watch=true&resourceVersionMatch=NotOlderThan",
        {},
        422,
        "Invalid",
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
    ),
    "initial events of a list": (
        "GET",
        "configmaps?sendInitialEvents=true",
        {},
        422,
        "Invalid",
        "sendInitialEvents is forbidden for list",
    ),
    "a version from the future": (
        "GET",
        f"configmaps?resourceVersion={2**50}",
        {},
        504,
        "Timeout",
        "Too large resource version",
    ),
    "a table of something else": (
        "GET",
        "configmaps?includeObject=Everything",
        {"Accept": "application/json;as=Table;g=meta.k8s.io;v=v1"},
        400,
        "BadRequest",
        'Unable to convert to Table as requested: includeObject: Invalid value: "Everything": must '
        "be 'Metadata', 'Object', 'None', or empty",
    ),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_a_request_with(what: str, ask: Ask) -> None:
    method, path, more, code, reason, message = REQUESTS[what]
    answer = ask(method, path, **more)
    assert answer[:2] == (code, reason), answer
    assert message in answer[2]


async def test_kubectl_says_what_is_wrong_with_a_manifest(kubectl: Run) -> None:
    for manifest, said in (
        (
            "apiVersion: v1\nkind: Gadget\nmetadata: {name: a}\n",
            'error: resource mapping not found for name: "a" namespace: "" from "STDIN": no matches '
            'for kind "Gadget" in version "v1"\nensure CRDs are installed first\n',
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A}\n",
            'The ConfigMap "A" is invalid: metadata.name: Invalid value: "A": a lowercase RFC 1123 '
            "subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
            "start and end with an alphanumeric character (e.g. 'example.com', regex used for "
            "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\n",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: 1}\n",
            'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" '
            "cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field "
            "ConfigMap.data of type string\n",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndate: {a: b}\n",
            'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" '
            'cannot be handled as a ConfigMap: strict decoding error: unknown field "date"\n',
        ),
    ):
        answer = await kubectl("create", "-f", "-", stdin=manifest)
        assert (answer.code, answer.err) == (1, said)
