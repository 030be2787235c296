from copy import deepcopy
from typing import Any

import pytest

from drydock.admission import Mistyped, admit, unknown_fields
from drydock.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    HORIZONTAL_POD_AUTOSCALERS,
    JOBS,
    LIMIT_RANGES,
    NAMESPACES,
    NETWORK_POLICIES,
    PODS,
    ROLE_BINDINGS,
    SECRETS,
    SERVICES,
    Resource,
)

Json = dict[str, Any]


def admitted(resource: Resource, obj: Json, before: Any = None, *taken: str) -> Any:
    named = {"name": "app", "namespace": "dev", **obj.get("metadata", {})}
    return admit(resource, {**obj, "metadata": named}, before, taken_ips=taken)


def deployment(container: Json | None = None, pod: Json | None = None, **spec: Any) -> Json:
    template = {
        "metadata": {"labels": {"app": "app"}},
        "spec": {
            "containers": [{"name": "app", "image": "app:1", **(container or {})}],
            **(pod or {}),
        },
    }
    return {"spec": {"selector": {"matchLabels": {"app": "app"}}, "template": template, **spec}}


def container_of(obj: Any) -> Any:
    return obj["spec"]["template"]["spec"]["containers"][0]


# ---- defaults


def test_a_new_object_has_the_status_in_which_nothing_is_set() -> None:
    pod = deployment()["spec"]["template"] | {"metadata": {"name": "app"}}
    assert admitted(PODS, pod)["status"] == {"phase": "Pending"}
    assert admitted(SERVICES, service())["status"] == {"loadBalancer": {}}


def test_a_deployment_gets_the_defaults_of_the_api_server() -> None:
    assert admitted(DEPLOYMENTS, deployment()) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "app", "namespace": "dev"},
        "status": {},
        "spec": {
            "replicas": 1,
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
            },
            "selector": {"matchLabels": {"app": "app"}},
            "template": {
                "metadata": {"labels": {"app": "app"}},
                "spec": {
                    "containers": [
                        {
                            "name": "app",
                            "image": "app:1",
                            "imagePullPolicy": "IfNotPresent",
                            "resources": {},
                            "terminationMessagePath": "/dev/termination-log",
                            "terminationMessagePolicy": "File",
                        }
                    ],
                    "restartPolicy": "Always",
                    "dnsPolicy": "ClusterFirst",
                    "terminationGracePeriodSeconds": 30,
                    "securityContext": {},
                    "schedulerName": "default-scheduler",
                },
            },
        },
    }


def test_what_was_said_is_not_defaulted() -> None:
    said = admitted(
        DEPLOYMENTS,
        deployment(replicas=0, strategy={"type": "Recreate"}, progressDeadlineSeconds=60),
    )
    spec = said["spec"]
    assert (spec["replicas"], spec["strategy"], spec["progressDeadlineSeconds"]) == (
        0,
        {"type": "Recreate"},
        60,
    )


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("app", "Always"),
        ("app:latest", "Always"),
        ("localhost:5000/app", "Always"),
        ("localhost:5000/app:1", "IfNotPresent"),
        ("app@sha256:" + "0" * 64, "IfNotPresent"),
        ("app:latest@sha256:" + "0" * 64, "IfNotPresent"),
    ],
)
def test_the_pull_policy_goes_by_the_tag(image: str, policy: str) -> None:
    got = admitted(DEPLOYMENTS, deployment({"image": image}))
    assert container_of(got)["imagePullPolicy"] == policy


def test_probes_ports_and_references_are_completed() -> None:
    container = {
        "ports": [{"containerPort": 80}],
        "readinessProbe": {"httpGet": {"port": 80}},
        "livenessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 3},
        "env": [
            {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        ],
        "lifecycle": {"preStop": {"httpGet": {"port": 80, "path": "/bye"}}},
    }
    got = container_of(admitted(DEPLOYMENTS, deployment(container)))
    timing = {"timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3}
    assert {field: got[field] for field in container} == {
        "ports": [{"containerPort": 80, "protocol": "TCP"}],
        "readinessProbe": {
            "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
            "periodSeconds": 10,
            **timing,
        },
        "livenessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 3, **timing},
        "env": [
            {
                "name": "IP",
                "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}},
            },
            {
                "name": "CPU",
                "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"}},
            },
        ],
        "lifecycle": {"preStop": {"httpGet": {"port": 80, "path": "/bye", "scheme": "HTTP"}}},
    }


def test_volumes_get_modes_and_a_bare_one_is_an_empty_dir() -> None:
    volumes = [
        {"name": "bare"},
        {"name": "s", "secret": {"secretName": "x"}},
        {"name": "p", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
        {"name": "h", "hostPath": {"path": "/"}},
    ]
    got = admitted(DEPLOYMENTS, deployment(pod={"volumes": volumes}))
    token = {"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}
    assert got["spec"]["template"]["spec"]["volumes"] == [
        {"name": "bare", "emptyDir": {}},
        {"name": "s", "secret": {"secretName": "x", "defaultMode": 420}},
        {"name": "p", "projected": {"sources": [token], "defaultMode": 420}},
        {"name": "h", "hostPath": {"path": "/", "type": ""}},
    ]


def test_a_pod_gets_an_account_a_priority_tolerations_and_requests() -> None:
    limits = {"cpu": "1", "memory": "1Gi"}
    container = {
        "name": "a",
        "image": "i",
        "resources": {"limits": limits, "requests": {"cpu": 0.5}},
    }
    spec = admitted(PODS, {"spec": {"containers": [container]}})["spec"]
    assert spec["containers"][0]["resources"] == {
        "limits": limits,
        "requests": {"cpu": "500m", "memory": "1Gi"},
    }
    assert spec["serviceAccountName"] == spec["serviceAccount"] == "default"
    assert (spec["priority"], spec["preemptionPolicy"]) == (0, "PreemptLowerPriority")
    assert [each["key"] for each in spec["tolerations"]] == [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ]


def test_a_job_runs_once_and_selects_its_own_pods() -> None:
    pod = {"containers": [{"name": "a", "image": "i"}], "restartPolicy": "Never"}
    job = admitted(JOBS, {"metadata": {"uid": "u-1"}, "spec": {"template": {"spec": pod}}})
    spec = job["spec"]
    template = spec.pop("template")
    assert spec == {
        "completions": 1,
        "parallelism": 1,
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "suspend": False,
        "manualSelector": False,
        "podReplacementPolicy": "TerminatingOrFailed",
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "u-1"}},
    }
    assert template["metadata"]["labels"] == {
        "batch.kubernetes.io/controller-uid": "u-1",
        "batch.kubernetes.io/job-name": "app",
        "controller-uid": "u-1",
        "job-name": "app",
    }


def test_a_job_without_labels_has_those_of_its_pods() -> None:
    pod = {"containers": [{"name": "a", "image": "i"}], "restartPolicy": "Never"}

    def labels(metadata: dict[str, Any], template: dict[str, Any]) -> dict[str, str]:
        spec = {"template": {"metadata": template, "spec": pod}}
        job = admitted(JOBS, {"metadata": {"uid": "u-1", **metadata}, "spec": spec})
        found: dict[str, str] = job["metadata"]["labels"]
        return found

    assert labels({"labels": {"a": "b"}}, {"labels": {"c": "d"}}) == {"a": "b"}
    assert labels({}, {"labels": {"c": "d"}}) == {"c": "d"}
    assert labels({}, {})["job-name"] == "app"


def test_an_autoscaler_goes_by_cpu_unless_told() -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"}
    autoscaler = {"spec": {"scaleTargetRef": target, "maxReplicas": 3}}
    assert admitted(HORIZONTAL_POD_AUTOSCALERS, autoscaler)["spec"] == {
        "scaleTargetRef": target,
        "maxReplicas": 3,
        "minReplicas": 1,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": 80},
                },
            }
        ],
    }


def test_a_network_policys_types_follow_its_rules() -> None:
    rule = {"ports": [{"port": 53}]}
    closed = admitted(NETWORK_POLICIES, {"spec": {"podSelector": {}}})
    leaving = admitted(NETWORK_POLICIES, {"spec": {"podSelector": {}, "egress": [rule]}})
    assert closed["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert leaving["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [{"ports": [{"port": 53, "protocol": "TCP"}]}],
    }


def test_a_secrets_plain_strings_become_data() -> None:
    secret = admitted(SECRETS, {"data": {"a": "YQ==", "b": "YQ=="}, "stringData": {"b": "bé"}})
    assert secret == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "app", "namespace": "dev"},
        "type": "Opaque",
        "data": {"a": "YQ==", "b": "YsOp"},
    }


def test_a_namespace_is_active_labelled_and_guarded() -> None:
    assert admit(NAMESPACES, {"metadata": {"name": "dev"}}, None, taken_ips=()) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "dev", "labels": {"kubernetes.io/metadata.name": "dev"}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def test_a_role_binding_means_roles_of_its_own_group() -> None:
    subjects = [{"kind": "User", "name": "ann"}, {"kind": "ServiceAccount", "name": "app"}]
    binding = admitted(
        ROLE_BINDINGS, {"roleRef": {"kind": "Role", "name": "r"}, "subjects": subjects}
    )
    group = "rbac.authorization.k8s.io"
    assert binding["roleRef"] == {"kind": "Role", "name": "r", "apiGroup": group}
    assert binding["subjects"] == [{**subjects[0], "apiGroup": group}, subjects[1]]


def test_a_limit_ranges_defaults_follow_its_bounds() -> None:
    item = {"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}}
    limits = admitted(LIMIT_RANGES, {"spec": {"limits": [item]}})
    assert limits["spec"]["limits"] == [
        {**item, "default": {"cpu": "2"}, "defaultRequest": {"memory": "1Mi", "cpu": "2"}}
    ]


# ---- services


def service(**spec: Any) -> Json:
    return {"spec": {"selector": {"app": "app"}, "ports": [{"port": 80}], **spec}}


def test_a_service_gets_an_address_that_nobody_has() -> None:
    first = admitted(SERVICES, service())
    again = admitted(SERVICES, service())
    other = admitted(SERVICES, service(), None, first["spec"]["clusterIP"])
    assert first["spec"] == {
        "selector": {"app": "app"},
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
        "clusterIP": first["spec"]["clusterIP"],
        "clusterIPs": [first["spec"]["clusterIP"]],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
    }
    assert first["spec"]["clusterIP"].startswith("10.")
    assert again == first
    assert other["spec"]["clusterIP"] != first["spec"]["clusterIP"]


def test_a_service_keeps_its_address() -> None:
    before = admitted(SERVICES, service(clusterIP="10.96.0.50"))
    after = admitted(SERVICES, service(ports=[{"port": 81}]), before, "10.96.0.50")
    assert after["spec"]["clusterIP"] == "10.96.0.50"


def test_a_headless_service_stays_headless_and_an_external_name_has_no_address() -> None:
    headless = admitted(SERVICES, service(clusterIP="None"))
    external = admitted(SERVICES, {"spec": {"type": "ExternalName", "externalName": "a.example"}})
    assert headless["spec"]["clusterIPs"] == ["None"]
    assert external["spec"] == {
        "type": "ExternalName",
        "externalName": "a.example",
        "sessionAffinity": "None",
    }


# ---- the stored form


def test_what_the_kind_leaves_out_is_left_out_and_what_it_does_not_know_is_dropped() -> None:
    container = {
        "args": [],
        "stdin": False,
        "imagee": "typo",
        "env": [{"name": "A", "value": ""}],
        "securityContext": {"runAsUser": 0, "capabilities": {}},
    }
    obj = deployment(container, paused=False, minReadySeconds=0, replicas=None)
    obj["metadata"] = {"annotations": {}, "labels": None}
    got = admitted(DEPLOYMENTS, obj)
    assert got["metadata"] == {"name": "app", "namespace": "dev"}
    assert got["spec"].keys() & {"paused", "minReadySeconds"} == set()
    assert got["spec"]["replicas"] == 1
    assert container_of(got).keys() & {"args", "stdin", "imagee"} == set()
    assert container_of(got)["env"] == [{"name": "A"}]
    assert container_of(got)["securityContext"] == {"runAsUser": 0, "capabilities": {}}


def test_an_empty_list_of_owners_is_kept_for_who_asks_to_forget_them() -> None:
    sent = {"metadata": {"managedFields": []}, "data": {"a": "1"}}
    assert admitted(CONFIG_MAPS, sent)["metadata"]["managedFields"] == []


def test_what_was_sent_is_not_changed() -> None:
    sent = {
        "metadata": {"name": "app", "namespace": "dev"},
        **deployment({"ports": [{"containerPort": 80}]}),
    }
    untouched = deepcopy(sent)
    admit(DEPLOYMENTS, sent, None, taken_ips=())
    assert sent == untouched


@pytest.mark.parametrize(
    ("container", "message"),
    [
        (
            {"env": [{"name": "A", "value": 1}]},
            "json: cannot unmarshal number into Go struct field "
            "EnvVar.spec.template.spec.containers.env.value of type string",
        ),
        (
            {"ports": [{"containerPort": "80"}]},
            "json: cannot unmarshal string into Go struct field "
            "ContainerPort.spec.template.spec.containers.ports.containerPort of type int32",
        ),
        (
            {"command": "run"},
            "json: cannot unmarshal string into Go struct field "
            "Container.spec.template.spec.containers.command of type []string",
        ),
        (
            {"resources": []},
            "json: cannot unmarshal array into Go struct field "
            "Container.spec.template.spec.containers.resources of type v1.ResourceRequirements",
        ),
        (
            {"securityContext": {"runAsUser": 1.5}},
            "json: cannot unmarshal number 1.5 into Go struct field "
            "SecurityContext.spec.template.spec.containers.securityContext.runAsUser of type int64",
        ),
        (
            {"resources": {"limits": {"cpu": "1x"}}},
            "quantities must match the regular expression "
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_refused_in_gos_words(
    container: Json, message: str
) -> None:
    with pytest.raises(Mistyped) as error:
        admitted(DEPLOYMENTS, deployment(container))
    assert error.value.message == message


@pytest.mark.parametrize(
    "time", ["", "noon", "2026-01-02", "2026-01-02T12:00:00", "2026-13-02T12:00:00Z"]
)
def test_times_are_of_one_form(time: str) -> None:
    with pytest.raises(Mistyped) as error:
        admitted(EVENTS, {"lastTimestamp": time})
    assert error.value.message == (
        f'parsing time "{time}" as "2006-01-02T15:04:05Z07:00": cannot parse it'
    )


@pytest.mark.parametrize("time", ["2026-01-02T12:00:00Z", "2026-01-02T12:00:00.123456789+01:00"])
def test_a_time_is_stored_as_it_was_sent(time: str) -> None:
    assert admitted(EVENTS, {"lastTimestamp": time})["lastTimestamp"] == time


@pytest.mark.parametrize(("data", "at"), [("!", 0), ("not base64!", 3), ("YWJjZ", 4)])
def test_a_secrets_data_is_base64(data: str, at: int) -> None:
    with pytest.raises(Mistyped, match=f"^illegal base64 data at input byte {at}$"):
        admitted(SECRETS, {"data": {"a": data}})


# ---- unknown fields


def test_unknown_fields_are_named_by_their_paths() -> None:
    obj = deployment({"imagee": 1, "ports": [{"containerPort": 80}, {"port": 1}]}, foo={"bar": 1})
    obj |= {"apiVersion": "apps/v1", "kind": "Deployment", "x": 1, "metadata": {"nam": "a"}}
    assert unknown_fields(DEPLOYMENTS, obj) == (
        "spec.template.spec.containers[0].imagee",
        "spec.template.spec.containers[0].ports[1].port",
        "spec.foo",
        "x",
        "metadata.nam",
    )


def test_free_form_maps_and_inlined_fields_are_known() -> None:
    container = {
        "livenessProbe": {"exec": {"command": ["a"]}},
        "resources": {"limits": {"example.com/gpu": "1"}},
    }
    pod = {"volumes": [{"name": "v", "emptyDir": {}}], "nodeSelector": {"any": "thing"}}
    obj = {
        "metadata": {"managedFields": [{"fieldsV1": {"f:any": {}}}]},
        **deployment(container, pod),
    }
    assert unknown_fields(DEPLOYMENTS, obj) == ()
