"""Admission: an object as it was sent becomes the object that is stored, or is refused with reasons."""

from collections.abc import Collection, Sequence

from drydock.admission import limits, priorities
from drydock.admission.defaults import apply_defaults
from drydock.admission.fields import Mistyped, conform, unknown_fields
from drydock.admission.ingress_class import default_class
from drydock.admission.invalid import Denied, FieldCause, Invalid
from drydock.admission.prepare import prepare
from drydock.admission.validation import validate
from drydock.resources import INGRESSES, PODS, Object, Resource

__all__ = ["Denied", "FieldCause", "Invalid", "Mistyped", "admit", "unknown_fields"]


def admit(
    resource: Resource,
    obj: Object,
    before: Object | None,
    *,
    taken_ips: Collection[str],
    limit_ranges: Sequence[Object] = (),
    ingress_classes: Sequence[Object] = (),
    priority_classes: Sequence[Object] = (),
) -> Object:
    """The object to store in place of `before`.

    Raises Mistyped where a value does not fit its field, then Invalid, then Denied. A Job needs its name and uid
    here already: they are in its selector. `limit_ranges` are those of the namespace that a new pod or claim is for.
    """
    admitted = conform(resource, obj)
    if resource == PODS:
        if before is None:
            priorities.fill(admitted, priority_classes)
        else:
            priorities.keep(admitted, before)
    apply_defaults(resource, admitted)
    if resource == PODS:
        limits.default_containers(admitted, limit_ranges)
    if resource == INGRESSES and before is None:
        default_class(admitted, ingress_classes)
    prepare(resource, admitted, before, taken_ips=taken_ips)
    validate(resource, admitted, before)
    limits.check(resource, admitted, limit_ranges)
    return admitted
