"""The causes are those of the API server of Kubernetes 1.36, word for word."""

from collections.abc import Callable
from typing import Any

import pytest

from drydock.admission import FieldCause, Invalid, admit
from drydock.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    HORIZONTAL_POD_AUTOSCALERS,
    INGRESSES,
    JOBS,
    LEASES,
    NAMESPACES,
    NETWORK_POLICIES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICES,
    Resource,
)

Json = dict[str, Any]

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
    r"validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
    "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
QUALIFIED = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
    "an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
    "'93%', regex used for validation is '[0-9]+%')"
)


def causes(resource: Resource, obj: Json, before: Any = None, *taken: str) -> list[str]:
    """`field: message`, as kubectl prints them; empty when the object is admitted."""
    named = {"name": "app", "namespace": "dev", **obj.get("metadata", {})}
    try:
        admit(resource, {**obj, "metadata": named}, before, taken_ips=taken)
    except Invalid as invalid:
        return [f"{cause.field}: {cause.message}" for cause in invalid.causes]
    return []


def stored(resource: Resource, obj: Json) -> Any:
    named = {"name": "app", "namespace": "dev", **obj.get("metadata", {})}
    return admit(resource, {**obj, "metadata": named}, None, taken_ips=())


def container(**fields: Any) -> Json:
    return {"name": "app", "image": "app:1", **fields}


def deployment(*containers: Json, pod: Json | None = None, **spec: Any) -> Json:
    template = {
        "metadata": {"labels": {"app": "app"}},
        "spec": {"containers": list(containers) or [container()], **(pod or {})},
    }
    return {"spec": {"selector": {"matchLabels": {"app": "app"}}, "template": template, **spec}}


def in_pod(*containers: Json, **pod: Any) -> list[str]:
    """The causes in a deployment's pod template, without the way there."""
    found = causes(DEPLOYMENTS, deployment(*containers, pod=pod))
    return [cause.removeprefix("spec.template.spec.") for cause in found]


def in_container(**fields: Any) -> list[str]:
    return [cause.removeprefix("containers[0].") for cause in in_pod(container(**fields))]


def job(restart: str = "Never", **spec: Any) -> Json:
    pod = {"containers": [container()], "restartPolicy": restart}
    return {"spec": {"template": {"spec": pod}, **spec}}


def service(*ports: Json, **spec: Any) -> Json:
    return {"spec": {"ports": list(ports) or [{"port": 80}], "selector": {"app": "app"}, **spec}}


def ingress(path: Json | None = None, **spec: Any) -> Json:
    backend = {"service": {"name": "app", "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend, **(path or {})}]
    return {"spec": {"rules": [{"host": "app.localhost", "http": {"paths": paths}}], **spec}}


def test_a_cause_has_a_field_a_reason_and_a_message() -> None:
    with pytest.raises(Invalid) as invalid:
        stored(DEPLOYMENTS, deployment(replicas=-1))
    assert invalid.value.causes == (
        FieldCause(
            "spec.replicas",
            "FieldValueInvalid",
            "Invalid value: -1: must be greater than or equal to 0",
        ),
    )


def test_all_problems_are_told_at_once() -> None:
    obj = deployment(container(image=""), replicas=-1)
    assert causes(DEPLOYMENTS, obj) == [
        "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        "spec.template.spec.containers[0].image: Required value",
    ]


# ---- metadata


@pytest.mark.parametrize(
    ("resource", "name", "problem"),
    [
        (CONFIG_MAPS, "Bad_Name", SUBDOMAIN),
        (CONFIG_MAPS, "a" * 254, "must be no more than 253 characters"),
        (NAMESPACES, "dev.x", LABEL),
        (SERVICES, "a" * 64, "must be no more than 63 characters"),
        (ROLES, "a/b", "may not contain '/'"),
    ],
)
def test_names_have_a_form(resource: Resource, name: str, problem: str) -> None:
    spec = service() if resource == SERVICES else {}
    assert causes(resource, {**spec, "metadata": {"name": name}}) == [
        f'metadata.name: Invalid value: "{name}": {problem}'
    ]


def test_an_object_needs_a_name_or_the_beginning_of_one() -> None:
    assert causes(CONFIG_MAPS, {"metadata": {"name": ""}}) == [
        "metadata.name: Required value: name or generateName is required"
    ]
    assert causes(CONFIG_MAPS, {"metadata": {"name": "", "generateName": "app-"}}) == []


def test_labels_and_annotations_have_a_form() -> None:
    metadata = {
        "labels": {"a b": "x", "ok": "-bad", "k": "v" * 64, "/x": "y"},
        "annotations": {"c d": "free text, of any kind", "Example.com/OK": "x"},
    }
    assert causes(CONFIG_MAPS, {"metadata": metadata}) == [
        f'metadata.labels: Invalid value: "a b": {QUALIFIED}',
        f'metadata.labels: Invalid value: "-bad": {LABEL_VALUE}',
        f'metadata.labels: Invalid value: "{"v" * 64}": must be no more than 63 bytes',
        'metadata.labels: Invalid value: "/x": prefix part must be non-empty',
        f'metadata.annotations: Invalid value: "c d": {QUALIFIED}',
    ]


def test_finalizers_are_qualified_and_owners_complete() -> None:
    metadata = {"finalizers": ["orphan", "x/y", "mine"], "ownerReferences": [{"kind": "Pod"}]}
    assert causes(CONFIG_MAPS, {"metadata": metadata}) == [
        'metadata.finalizers[2]: Invalid value: "mine": '
        "name is neither a standard finalizer name nor is it fully qualified",
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ]


# ---- containers


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "App_1"}, [f'name: Invalid value: "App_1": {LABEL}']),
        ({"name": ""}, ["name: Required value"]),
        ({"image": ""}, ["image: Required value"]),
        ({"ports": [{"containerPort": 0}]}, ["ports[0].containerPort: Required value"]),
        (
            {
                "ports": [
                    {"containerPort": 70000, "name": "UP"},
                    {"containerPort": 1, "protocol": "X"},
                ]
            },
            [
                'ports[0].name: Invalid value: "UP": '
                "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                'ports[0].name: Invalid value: "UP": must contain at least one letter (a-z)',
                "ports[0].containerPort: Invalid value: 70000: "
                "must be between 1 and 65535, inclusive",
                'ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
            ],
        ),
        (
            {"ports": [{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]},
            ['ports[1].name: Duplicate value: "a"'],
        ),
        ({"env": [{"value": "1"}]}, ["env[0].name: Required value"]),
        (
            {"env": [{"name": "A=B"}]},
            [
                'env[0].name: Invalid value: "A=B": a valid environment variable name must '
                "consist only of printable ASCII characters other than '='"
            ],
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}}]},
            ["env[0].valueFrom.secretKeyRef.key: Required value"],
        ),
        (
            {"env": [{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "x.y"}}}]},
            [
                'env[0].valueFrom: Invalid value: "": '
                "may not be specified when `value` is not empty",
                'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "x.y": '
                "error converting fieldPath: field label not supported: x.y",
            ],
        ),
        (
            {"envFrom": [{}]},
            ['envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'],
        ),
        (
            {"volumeMounts": [{"name": "nope", "mountPath": "/x"}]},
            ['volumeMounts[0].name: Not found: "nope"'],
        ),
        (
            {"resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "2", "memory": "-1"}}},
            [
                'resources.requests[memory]: Invalid value: "-1": '
                "must be greater than or equal to 0",
                'resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
            ],
        ),
        (
            {"resources": {"limits": {"gold": "1", "example.com/gpu": "1"}}},
            [
                'resources.limits[gold]: Invalid value: "gold": '
                "must be a standard resource type or fully qualified",
                'resources.limits[gold]: Invalid value: "gold": '
                "must be a standard resource for containers",
            ],
        ),
        (
            {"imagePullPolicy": "Sometimes"},
            [
                'imagePullPolicy: Unsupported value: "Sometimes": '
                'supported values: "Always", "IfNotPresent", "Never"'
            ],
        ),
        ({"readinessProbe": {}}, ["readinessProbe: Required value: must specify a handler type"]),
        (
            {
                "livenessProbe": {
                    "tcpSocket": {"port": 0},
                    "successThreshold": 3,
                    "periodSeconds": -1,
                }
            },
            [
                "livenessProbe.tcpSocket.port: Invalid value: 0: "
                "must be between 1 and 65535, inclusive",
                "livenessProbe.periodSeconds: Invalid value: -1: "
                "must be greater than or equal to 0",
                "livenessProbe.successThreshold: Invalid value: 3: must be 1",
            ],
        ),
        (
            {"livenessProbe": {"exec": {}, "httpGet": {"port": 80}}},
            [
                "livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type",
                "livenessProbe.exec.command: Required value",
            ],
        ),
        (
            {"lifecycle": {"preStop": {"sleep": {"seconds": 50}}}},
            [
                "lifecycle.preStop.sleep: Invalid value: 50: "
                "must be non-negative and less than terminationGracePeriodSeconds (30)"
            ],
        ),
        (
            {"securityContext": {"runAsUser": -1}},
            [
                "securityContext.runAsUser: Invalid value: -1: "
                "must be between 0 and 2147483647, inclusive"
            ],
        ),
    ],
)
def test_a_container_that_cannot_run_says_why(fields: Json, expected: list[str]) -> None:
    assert in_container(**fields) == expected


def test_a_pod_needs_containers_of_different_names() -> None:
    empty = deployment()
    empty["spec"]["template"]["spec"]["containers"] = []
    assert causes(DEPLOYMENTS, empty) == ["spec.template.spec.containers: Required value"]
    assert in_pod(container(), container()) == ['containers[1].name: Duplicate value: "app"']
    assert in_pod(container(), initContainers=[container()]) == [
        'initContainers[0].name: Duplicate value: "app"'
    ]


def test_volumes_have_one_source_and_names_of_their_own() -> None:
    volumes = [
        {"name": "a"},
        {"name": "a", "emptyDir": {}},
        {"name": "b", "configMap": {}},
        {"name": "c", "emptyDir": {}, "secret": {"secretName": "s"}},
    ]
    assert in_pod(volumes=volumes) == [
        'volumes[1].name: Duplicate value: "a"',
        "volumes[2].configMap.name: Required value",
        "volumes[3].secret: Forbidden: may not specify more than 1 volume type",
    ]


def test_mount_paths_are_unique() -> None:
    mounts = [{"name": "a", "mountPath": "/x"}, {"name": "a", "mountPath": "/x"}]
    assert in_pod(container(volumeMounts=mounts), volumes=[{"name": "a"}]) == [
        'containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique'
    ]


def test_where_a_pod_may_run_is_checked_too() -> None:
    constraint = {"maxSkew": 0, "topologyKey": "zone", "whenUnsatisfiable": "X"}
    term = {"weight": 0, "podAffinityTerm": {"topologyKey": "zone"}}
    assert in_pod(
        topologySpreadConstraints=[constraint],
        affinity={"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}},
        tolerations=[{"key": "a", "operator": "Exists", "value": "x"}],
    ) == [
        'tolerations[0].operator: Invalid value: "x": '
        "value must be empty when `operator` is 'Exists'",
        "topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
        'topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "X": '
        'supported values: "DoNotSchedule", "ScheduleAnyway"',
        "affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: "
        "Invalid value: 0: must be in the range 1-100",
    ]


# ---- workloads


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"selector": {"matchLabels": {"app": "other"}}},
            [
                'spec.template.metadata.labels: Invalid value: {"app":"app"}: '
                "`selector` does not match template `labels`"
            ],
        ),
        (
            {"selector": None},
            [
                "spec.selector: Required value",
                'spec.template.metadata.labels: Invalid value: {"app":"app"}: '
                "`selector` does not match template `labels`",
            ],
        ),
        (
            {"selector": {}},
            ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}},
            [
                'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": '
                "may not be 0 when `maxSurge` is 0"
            ],
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": "a"}}},
            [f'spec.strategy.rollingUpdate.maxSurge: Invalid value: "a": {PERCENT}'],
        ),
        (
            {"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}},
            [
                "spec.strategy.rollingUpdate: Forbidden: "
                "may not be specified when strategy `type` is 'Recreate'"
            ],
        ),
        (
            {"minReadySeconds": 700},
            [
                "spec.progressDeadlineSeconds: Invalid value: 600: "
                "must be greater than minReadySeconds"
            ],
        ),
    ],
)
def test_a_deployment_that_cannot_work_says_why(spec: Json, expected: list[str]) -> None:
    assert causes(DEPLOYMENTS, deployment(**spec)) == expected


def test_a_selector_matches_by_expressions_too() -> None:
    for operator, values, fits in (
        ("In", ["app"], True),
        ("In", ["other"], False),
        ("NotIn", ["other"], True),
        ("Exists", None, True),
        ("DoesNotExist", None, False),
    ):
        term = {"key": "app", "operator": operator, "values": values}
        found = causes(DEPLOYMENTS, deployment(selector={"matchExpressions": [term]}))
        assert (found == []) is fits, operator


def test_a_deployments_pods_always_restart_and_a_jobs_never_always() -> None:
    assert in_pod(restartPolicy="Never") == [
        'restartPolicy: Unsupported value: "Never": supported values: "Always"'
    ]
    assert causes(JOBS, job(restart="Always")) == [
        'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'
    ]


def test_a_jobs_own_selector_is_checked_before_it_is_used() -> None:
    selector = {"matchExpressions": [{"key": "app", "operator": "Is"}]}
    assert causes(JOBS, job(manualSelector=True, selector=selector)) == [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator'
    ]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"maxReplicas": 0},
            [
                "spec.maxReplicas: Required value: must be set and greater than 0",
                "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
            ],
        ),
        (
            {"scaleTargetRef": {"apiVersion": "apps/v1"}},
            [
                "spec.scaleTargetRef.kind: Required value",
                "spec.scaleTargetRef.name: Required value",
            ],
        ),
        (
            {"metrics": [{"type": "Resource"}]},
            [
                "spec.metrics[0].resource: Required value: "
                "must populate information for the given metric source"
            ],
        ),
        (
            {
                "metrics": [
                    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Value"}}}
                ]
            },
            [
                "spec.metrics[0].resource.target.averageUtilization: Required value: "
                "must set either a target raw value or a target utilization"
            ],
        ),
    ],
)
def test_an_autoscaler_that_cannot_work_says_why(spec: Json, expected: list[str]) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"}
    autoscaler = {"spec": {"scaleTargetRef": target, "maxReplicas": 3, **spec}}
    assert causes(HORIZONTAL_POD_AUTOSCALERS, autoscaler) == expected


def test_a_disruption_budget_counts_or_takes_a_share() -> None:
    assert causes(POD_DISRUPTION_BUDGETS, {"spec": {"minAvailable": "120%"}}) == [
        'spec.minAvailable: Invalid value: "120%": must not be greater than 100%'
    ]
    assert causes(POD_DISRUPTION_BUDGETS, {"spec": {"minAvailable": 1, "maxUnavailable": 1}}) == [
        'spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: '
        "minAvailable and maxUnavailable cannot be both set"
    ]


# ---- the network


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (service(ports=[]), ["spec.ports: Required value"]),
        (
            service({"port": 80}, {"port": 81}),
            ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
        ),
        (
            service({"port": 80, "name": "a", "targetPort": "way_bad"}, {"port": 81, "name": "a"}),
            [
                'spec.ports[0].targetPort: Invalid value: "way_bad": '
                "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                'spec.ports[1].name: Duplicate value: "a"',
            ],
        ),
        (
            service(type="X"),
            [
                'spec.type: Unsupported value: "X": supported values: '
                '"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'
            ],
        ),
        (service(type="ExternalName"), ["spec.externalName: Required value"]),
        (service(selector={"app": "a b"}), [f'spec.selector: Invalid value: "a b": {LABEL_VALUE}']),
    ],
)
def test_a_service_that_cannot_work_says_why(obj: Json, expected: list[str]) -> None:
    assert causes(SERVICES, obj) == expected


PATH = "spec.rules[0].http.paths[0]"


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (
            ingress({"pathType": None}),
            [f"{PATH}.pathType: Required value: pathType must be specified"],
        ),
        (ingress({"path": "x"}), [f'{PATH}.path: Invalid value: "x": must be an absolute path']),
        (
            ingress({"backend": {}}),
            [f'{PATH}.backend: Invalid value: "": resource or service backend is required'],
        ),
        (
            ingress({"backend": {"service": {"name": "app"}}}),
            [f"{PATH}.backend: Required value: port name or number is required"],
        ),
        (
            ingress(rules=[{"host": "1.2.3.4"}]),
            ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
        ),
        (ingress(rules=[{"host": "*.example.com"}]), []),
        (
            ingress(rules=[]),
            ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
        ),
        (
            ingress(tls=[{"hosts": ["B_"]}]),
            [f'spec.tls[0].hosts[0]: Invalid value: "B_": {SUBDOMAIN}'],
        ),
    ],
)
def test_an_ingress_that_cannot_work_says_why(obj: Json, expected: list[str]) -> None:
    assert causes(INGRESSES, obj) == expected


def test_a_network_policys_rules_name_real_ports_and_peers() -> None:
    rule = {
        "ports": [{"port": 0}, {"port": 80, "endPort": 70}],
        "from": [{}, {"ipBlock": {"cidr": "x"}, "podSelector": {}}],
    }
    policy = {"spec": {"podSelector": {}, "ingress": [rule], "policyTypes": ["X"]}}
    assert causes(NETWORK_POLICIES, policy) == [
        "spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        "spec.ingress[0].ports[1].endPort: Invalid value: 80: "
        "must be greater than or equal to `port`",
        "spec.ingress[0].from[0]: Required value: must specify a peer",
        'spec.ingress[0].from[1].ipBlock.cidr: Invalid value: "x": '
        "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
        "spec.ingress[0].from[1]: Forbidden: may not specify both ipBlock and another peer",
        'spec.policyTypes[0]: Unsupported value: "X": supported values: "Ingress", "Egress"',
    ]


def test_an_endpoint_slice_holds_addresses_of_its_type() -> None:
    endpoints = [{"addresses": []}, {"addresses": ["x"]}]
    assert causes(ENDPOINT_SLICES, {"addressType": "IPv4", "endpoints": endpoints}) == [
        "endpoints[0].addresses: Required value: must contain at least 1 address",
        'endpoints[1].addresses[0]: Invalid value: "x": '
        "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
    ]


# ---- configuration


def test_keys_of_config_maps_and_secrets_are_file_names() -> None:
    key = (
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
        "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
        "'[-._a-zA-Z0-9]+')"
    )
    assert causes(CONFIG_MAPS, {"data": {"a b": "", "..x": ""}}) == [
        f'data[a b]: Invalid value: "a b": {key}',
        """data[..x]: Invalid value: "..x": must not start with '..'""",
    ]
    assert causes(SECRETS, {"data": {"a b": ""}}) == [f'data[a b]: Invalid value: "a b": {key}']


def test_a_secret_has_what_its_type_promises_and_is_not_too_large() -> None:
    assert causes(SECRETS, {"type": "kubernetes.io/tls", "data": {"tls.crt": ""}}) == [
        "data[tls.key]: Required value"
    ]
    assert causes(SECRETS, {"stringData": {"a": "x" * (1024 * 1024 + 1)}}) == [
        "data: Too long: may not be more than 1048576 bytes"
    ]


def test_a_lease_lasts_and_a_role_names_what_it_allows() -> None:
    assert causes(LEASES, {"spec": {"leaseDurationSeconds": 0}}) == [
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"
    ]
    assert causes(ROLES, {"rules": [{"resources": ["pods"]}]}) == [
        "rules[0].verbs: Required value: verbs must contain at least one value",
        "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
    ]


# ---- what may not change


@pytest.mark.parametrize(
    ("resource", "make", "change", "field"),
    [
        (
            DEPLOYMENTS,
            deployment,
            lambda obj: (
                obj["spec"]["template"]["metadata"]["labels"].update(b="c")
                or obj["spec"]["selector"]["matchLabels"].update(b="c")
            ),
            "spec.selector",
        ),
        (JOBS, job, lambda obj: obj["spec"].update(completions=2), "spec.completions"),
        (
            JOBS,
            job,
            lambda obj: obj["spec"]["template"]["spec"]["containers"][0].update(image="b"),
            "spec.template",
        ),
        (SECRETS, dict, lambda obj: obj.update(type="other"), "type"),
        (CONFIG_MAPS, dict, lambda obj: obj["metadata"].update(uid="another"), "metadata.uid"),
    ],
)
def test_some_fields_are_immutable(
    resource: Resource, make: Callable[[], Json], change: Callable[[Any], Any], field: str
) -> None:
    before = stored(resource, make())
    before["metadata"]["uid"] = "u-1"
    after = stored(resource, make())
    change(after)
    found = causes(resource, after, before)
    assert [(cause.split(":")[0], cause.rsplit(": ", 1)[1]) for cause in found] == [
        (field, "field is immutable")
    ]


def test_a_service_may_not_move() -> None:
    before = stored(SERVICES, service(clusterIP="10.96.0.50"))
    assert causes(SERVICES, service(clusterIP="10.96.0.51", clusterIPs=["10.96.0.51"]), before) == [
        'spec.clusterIPs[0]: Invalid value: ["10.96.0.51"]: may not change once set'
    ]


def test_a_service_may_not_take_anothers_address() -> None:
    assert causes(SERVICES, service(clusterIP="10.96.0.50"), None, "", "10.96.0.50") == [
        'spec.clusterIPs: Invalid value: ["10.96.0.50"]: '
        "failed to allocate IP 10.96.0.50: provided IP is already allocated"
    ]
    assert causes(SERVICES, service(clusterIP="None"), None, "None") == []


def test_an_immutable_config_map_stays_as_it_is() -> None:
    before = stored(CONFIG_MAPS, {"data": {"a": "1"}, "immutable": True})
    frozen = "Forbidden: field is immutable when `immutable` is set"
    assert causes(CONFIG_MAPS, {"data": {"a": "2"}}, before) == [
        f"immutable: {frozen}",
        f"data: {frozen}",
    ]
    assert causes(CONFIG_MAPS, {"data": {"a": "1"}, "immutable": True}, before) == []


def test_a_running_pod_changes_its_image_and_little_else() -> None:
    def pod(**changes: Any) -> Json:
        return {"spec": {"containers": [container(**changes)]}}

    before = stored(PODS, pod())
    assert causes(PODS, pod(image="app:2"), before) == []
    assert causes(PODS, pod(args=["x"]), before) == [
        "spec: Forbidden: pod updates may not change fields other than "
        "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
        "`spec.tolerations` (only additions to existing tolerations),"
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
    ]
    two = {"spec": {"containers": [container(), container(name="b")]}}
    assert causes(PODS, two, before) == [
        "spec.containers: Forbidden: pod updates may not add or remove containers"
    ]


def test_a_role_binding_keeps_its_role() -> None:
    def bound(role: str) -> Json:
        return {"roleRef": {"kind": "Role", "name": role}}

    assert causes(ROLE_BINDINGS, bound("b"), stored(ROLE_BINDINGS, bound("a"))) == [
        'roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"b"}: '
        "cannot change roleRef"
    ]
