"""Defaults and refusals of the workloads that are neither deployments nor jobs, in the API server's words."""

from typing import Any

import pytest

from drydock.admission import Invalid, admit, unknown_fields
from drydock.resources import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    CONTROLLER_REVISIONS,
    CRON_JOBS,
    DAEMON_SETS,
    JOBS,
    LIMIT_RANGES,
    PERSISTENT_VOLUME_CLAIMS,
    RESOURCE_QUOTAS,
    STATEFUL_SETS,
    Resource,
)

Json = dict[str, Any]


def admitted(resource: Resource, obj: Json, before: Any = None) -> Any:
    named = {"name": "web", "namespace": "dev", **obj.get("metadata", {})}
    return admit(resource, {**obj, "metadata": named}, before, taken_ips=())


def causes(resource: Resource, obj: Json, before: Any = None) -> list[str]:
    try:
        admitted(resource, obj, before)
    except Invalid as invalid:
        return [f"{cause.field}: {cause.message}" for cause in invalid.causes]
    return []


def workload(pod: Json | None = None, **spec: Any) -> Json:
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "image": "web:1"}], **(pod or {})},
    }
    return {"spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec}}


def cron_job(pod: Json | None = None, **spec: Any) -> Json:
    inner = {"restartPolicy": "Never", "containers": [{"name": "app", "image": "web:1"}]}
    template = {"spec": {"template": {"spec": {**inner, **(pod or {})}}}}
    return {"spec": {"schedule": "@daily", "jobTemplate": template, **spec}}


CLAIM: Json = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}


# ---- defaults


def test_a_stateful_set_gets_the_defaults_of_the_api_server() -> None:
    spec = admitted(STATEFUL_SETS, workload(volumeClaimTemplates=[CLAIM]))["spec"]
    del spec["template"]
    assert spec == {
        "selector": {"matchLabels": {"app": "web"}},
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "volumeClaimTemplates": [
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "data"},
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {},
                    "volumeMode": "Filesystem",
                },
                "status": {"phase": "Pending"},
            }
        ],
    }


def test_a_daemon_set_gets_the_defaults_of_the_api_server() -> None:
    spec = admitted(DAEMON_SETS, workload())["spec"]
    rolling = {"maxUnavailable": 1, "maxSurge": 0}
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": rolling}
    assert spec["revisionHistoryLimit"] == 10


def test_a_cron_job_gets_the_defaults_of_the_api_server_and_its_job_does_not_yet() -> None:
    spec = admitted(CRON_JOBS, cron_job())["spec"]
    job = spec.pop("jobTemplate")["spec"]
    assert spec == {
        "schedule": "@daily",
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    }
    assert list(job) == ["template"]
    assert job["template"]["spec"]["schedulerName"] == "default-scheduler"


def test_a_claim_template_may_name_its_kind_and_nothing_unknown() -> None:
    kind = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    it = workload(volumeClaimTemplates=[{**CLAIM, **kind, "size": 1}])
    assert unknown_fields(STATEFUL_SETS, it) == ("spec.volumeClaimTemplates[0].size",)


# ---- refusals


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        (
            {"podManagementPolicy": "Random"},
            "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or "
            "'Parallel'",
        ),
        (
            {"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 1}}},
            'spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for '
            "updateStrategy 'RollingUpdate'",
        ),
        (
            {"updateStrategy": {"rollingUpdate": {"partition": -1}}},
            "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than "
            "or equal to 0",
        ),
        (
            {"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Keep"}},
            'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": '
            'supported values: "Retain", "Delete"',
        ),
        (
            {"ordinals": {"start": -1}},
            "spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0",
        ),
        ({"replicas": -1}, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        (
            {"selector": {}},
            "spec.selector: Invalid value: {}: empty selector is invalid for statefulset",
        ),
    ],
)
def test_a_stateful_set_is_refused(spec: Json, wrong: str) -> None:
    assert causes(STATEFUL_SETS, workload(**spec)) == [wrong]


def test_a_stateful_sets_containers_may_mount_its_claims() -> None:
    mount = {"name": "data", "mountPath": "/data"}
    containers = [{"name": "app", "image": "web:1", "volumeMounts": [mount]}]
    it = workload({"containers": containers, "volumes": [{"name": "data", "emptyDir": {}}]})
    assert causes(STATEFUL_SETS, it) == []
    it = workload({"containers": containers})
    assert causes(STATEFUL_SETS, it) == [
        'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'
    ]
    it["spec"]["volumeClaimTemplates"] = [CLAIM]
    assert causes(STATEFUL_SETS, it) == []


def test_most_of_a_stateful_set_never_changes() -> None:
    before = admitted(STATEFUL_SETS, workload(serviceName="web"))
    again = workload(serviceName="web", replicas=3, minReadySeconds=3, ordinals={"start": 2})
    assert causes(STATEFUL_SETS, again, before) == []
    assert causes(STATEFUL_SETS, workload(serviceName="other"), before) == [
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', "
        "'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
        "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
    ]


@pytest.mark.parametrize(
    ("rolling", "wrong"),
    [
        (
            {"maxUnavailable": 0},
            "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when "
            "maxSurge is 0",
        ),
        (
            {"maxSurge": 1},
            "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when "
            "maxUnavailable is non-zero",
        ),
    ],
)
def test_a_daemon_set_moves_in_one_direction(rolling: Json, wrong: str) -> None:
    it = workload(updateStrategy={"type": "RollingUpdate", "rollingUpdate": rolling})
    assert causes(DAEMON_SETS, it) == [wrong]


def test_a_daemon_sets_selector_stays_and_its_pods_have_no_deadline() -> None:
    before = admitted(DAEMON_SETS, workload())
    it = workload({"activeDeadlineSeconds": 5})
    it["spec"]["selector"] = {"matchLabels": {"app": "web"}, "matchExpressions": []}
    it["spec"]["selector"]["matchExpressions"] = [{"key": "app", "operator": "Exists"}]
    found = causes(DAEMON_SETS, it, before)
    assert found[0] == (
        "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet "
        "is not Supported"
    )
    assert found[1].startswith("spec.selector: Invalid value: ")
    assert found[1].endswith(": field is immutable")


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        ({"schedule": ""}, "spec.schedule: Required value"),
        (
            {"schedule": "* * *"},
            'spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]',
        ),
        (
            {"schedule": "TZ=UTC 0 0 * * *"},
            'spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use TZ or CRON_TZ in '
            "schedule, use timeZone field instead",
        ),
        (
            {"timeZone": "Mars/Olympus"},
            'spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus',
        ),
        (
            {"concurrencyPolicy": "Queue"},
            'spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", '
            '"Forbid", "Replace"',
        ),
        (
            {"failedJobsHistoryLimit": -1},
            "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
        ),
    ],
)
def test_a_cron_job_is_refused(spec: Json, wrong: str) -> None:
    assert causes(CRON_JOBS, cron_job(**spec)) == [wrong]


def test_a_cron_jobs_name_and_its_jobs_pods_are_looked_at() -> None:
    it = {**cron_job({"restartPolicy": "Always"}), "metadata": {"name": "x" * 53}}
    assert causes(CRON_JOBS, it) == [
        f'metadata.name: Invalid value: "{"x" * 53}": must be no more than 52 characters',
        "spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "
        '"OnFailure", "Never"',
    ]


def test_an_indexed_job_says_how_many_and_a_policy_needs_pods_that_end() -> None:
    it = cron_job()["spec"]["jobTemplate"]["spec"] | {"completionMode": "Indexed", "parallelism": 1}
    assert causes(JOBS, {"spec": it}) == [
        "spec.completions: Required value: when completion mode is Indexed"
    ]
    rules = {"rules": [{"action": "Ignore"}]}
    spec = cron_job({"restartPolicy": "OnFailure"})["spec"]["jobTemplate"]["spec"]
    found = causes(JOBS, {"spec": {**spec, "podFailurePolicy": rules}})
    assert [each.partition(":")[0] for each in found] == [
        "spec.template.spec.restartPolicy",
        "spec.podFailurePolicy.rules[0]",
    ]


def test_a_revision_stays_what_it_is() -> None:
    before = admitted(CONTROLLER_REVISIONS, {"data": {"a": 1}, "revision": 1})
    assert causes(CONTROLLER_REVISIONS, {"data": {"a": 1}, "revision": 2}, before) == []
    assert causes(CONTROLLER_REVISIONS, {"data": {"a": 2}, "revision": 1}, before) == [
        'data: Invalid value: {"a":2}: field is immutable'
    ]


def test_cluster_roles_may_name_urls_and_their_bindings_name_only_cluster_roles() -> None:
    urls = {"verbs": ["get"], "nonResourceURLs": ["/metrics"]}
    assert causes(CLUSTER_ROLES, {"rules": [urls]}) == []
    assert causes(CLUSTER_ROLES, {"rules": [{**urls, "apiGroups": [""]}]}) == [
        'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: rules cannot apply to both regular '
        "resources and non-resource URLs"
    ]
    binding = {"roleRef": {"kind": "Role", "name": "r"}}
    assert causes(CLUSTER_ROLE_BINDINGS, binding) == [
        'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'
    ]


@pytest.mark.parametrize(
    ("item", "wrong"),
    [
        ({}, 'type: Invalid value: "": must be a standard limit type or fully qualified'),
        (
            {"type": "Pod", "default": {"cpu": "1"}},
            "default: Forbidden: may not be specified when `type` is 'Pod'",
        ),
        (
            {"type": "PersistentVolumeClaim"},
            "limits: Required value: either minimum or maximum storage value is required, but "
            "neither was provided",
        ),
        (
            {"type": "Pod", "min": {"cpu": "2"}, "max": {"cpu": "1"}},
            'min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
        ),
        (
            {"type": "Pod", "maxLimitRequestRatio": {"cpu": "500m"}},
            'maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
        ),
    ],
)
def test_a_limit_range_is_refused(item: Json, wrong: str) -> None:
    assert causes(LIMIT_RANGES, {"spec": {"limits": [item]}}) == [f"spec.limits[0].{wrong}"]


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        (
            {"hard": {"pods": "-1"}},
            'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
        ),
        ({"hard": {"pods": "500m"}}, 'spec.hard[pods]: Invalid value: "500m": must be an integer'),
        (
            {"scopes": ["BestEffort", "NotBestEffort"]},
            'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
        ),
        ({"scopes": ["Best"]}, 'spec.scopes: Invalid value: ["Best"]: unsupported scope'),
    ],
)
def test_a_quota_is_refused(spec: Json, wrong: str) -> None:
    assert causes(RESOURCE_QUOTAS, {"spec": spec}) == [wrong]


def test_a_claim_says_how_much_and_for_whom_and_stays_so() -> None:
    assert causes(PERSISTENT_VOLUME_CLAIMS, {"spec": {"accessModes": ["Anybody"]}}) == [
        'spec.accessModes: Unsupported value: "Anybody": supported values: "ReadOnlyMany", '
        '"ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
        "spec.resources[storage]: Required value",
    ]
    spec: Json = {**CLAIM["spec"], "resources": {"requests": {"storage": "1Gi"}}}
    before = admitted(PERSISTENT_VOLUME_CLAIMS, {"spec": spec})
    larger = {**spec, "resources": {"requests": {"storage": "2Gi"}}}
    assert causes(PERSISTENT_VOLUME_CLAIMS, {"spec": larger}, before) == []
    assert causes(PERSISTENT_VOLUME_CLAIMS, {"spec": {**spec, "volumeMode": "Block"}}, before) == [
        "spec: Forbidden: spec is immutable after creation except resources.requests and "
        "volumeAttributesClassName for bound claims"
    ]


def test_a_claim_template_has_a_name() -> None:
    template = {"spec": CLAIM["spec"]}
    assert causes(STATEFUL_SETS, workload(volumeClaimTemplates=[template])) == [
        "spec.volumeClaimTemplates[0].metadata.name: Required value"
    ]
