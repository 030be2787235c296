"""Which rules hold for which kind."""

from collections.abc import Callable, Mapping
from typing import Final

from drydock.admission import (
    config_rules,
    job_rules,
    limit_rules,
    network_rules,
    priorities,
    set_rules,
    workload_rules,
)
from drydock.admission.invalid import Invalid
from drydock.admission.metadata_rules import check_metadata
from drydock.admission.rules import Causes
from drydock.resources import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    HORIZONTAL_POD_AUTOSCALERS,
    INGRESSES,
    JOBS,
    LEASES,
    LIMIT_RANGES,
    NETWORK_POLICIES,
    PERSISTENT_VOLUME_CLAIMS,
    POD_DISRUPTION_BUDGETS,
    PODS,
    PRIORITY_CLASSES,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICES,
    STATEFUL_SETS,
    STORAGE_CLASSES,
    Object,
    Resource,
)

_RULES: Final[Mapping[Resource, Callable[[Object, Object | None], Causes]]] = {
    CONFIG_MAPS: config_rules.check_config_map,
    SECRETS: config_rules.check_secret,
    LEASES: config_rules.check_lease,
    PRIORITY_CLASSES: priorities.check_class,
    STORAGE_CLASSES: config_rules.check_storage_class,
    ROLES: config_rules.check_role,
    ROLE_BINDINGS: config_rules.check_role_binding,
    CLUSTER_ROLES: config_rules.check_cluster_role,
    CLUSTER_ROLE_BINDINGS: config_rules.check_cluster_role_binding,
    LIMIT_RANGES: limit_rules.check_limit_range,
    RESOURCE_QUOTAS: limit_rules.check_resource_quota,
    PERSISTENT_VOLUME_CLAIMS: limit_rules.check_claim,
    PODS: workload_rules.check_pod,
    DEPLOYMENTS: workload_rules.check_deployment,
    REPLICA_SETS: workload_rules.check_replica_set,
    STATEFUL_SETS: set_rules.check_stateful_set,
    DAEMON_SETS: set_rules.check_daemon_set,
    CONTROLLER_REVISIONS: set_rules.check_controller_revision,
    JOBS: job_rules.check_job,
    CRON_JOBS: job_rules.check_cron_job,
    HORIZONTAL_POD_AUTOSCALERS: workload_rules.check_autoscaler,
    POD_DISRUPTION_BUDGETS: workload_rules.check_disruption_budget,
    SERVICES: network_rules.check_service,
    INGRESSES: network_rules.check_ingress,
    NETWORK_POLICIES: network_rules.check_network_policy,
    ENDPOINT_SLICES: network_rules.check_endpoint_slice,
}


def validate(resource: Resource, obj: Object, before: Object | None) -> None:
    """Every problem at once, in one Invalid."""
    causes = list(check_metadata(resource, obj, before))
    if rule := _RULES.get(resource):
        causes += rule(obj, before)
    if causes:
        raise Invalid(tuple(dict.fromkeys(causes)))
