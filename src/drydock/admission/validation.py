"""Which rules hold for which kind."""

from collections.abc import Callable, Mapping
from typing import Final

from drydock.admission import config_rules, network_rules, workload_rules
from drydock.admission.invalid import Invalid
from drydock.admission.metadata_rules import check_metadata
from drydock.admission.rules import Causes
from drydock.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    HORIZONTAL_POD_AUTOSCALERS,
    INGRESSES,
    JOBS,
    LEASES,
    NETWORK_POLICIES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICES,
    Object,
    Resource,
)

_RULES: Final[Mapping[Resource, Callable[[Object, Object | None], Causes]]] = {
    CONFIG_MAPS: config_rules.check_config_map,
    SECRETS: config_rules.check_secret,
    LEASES: config_rules.check_lease,
    ROLES: config_rules.check_role,
    ROLE_BINDINGS: config_rules.check_role_binding,
    PODS: workload_rules.check_pod,
    DEPLOYMENTS: workload_rules.check_deployment,
    REPLICA_SETS: workload_rules.check_replica_set,
    JOBS: workload_rules.check_job,
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
