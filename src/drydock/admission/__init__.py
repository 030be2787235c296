"""Admission: an object as it was sent becomes the object that is stored, or is refused with reasons."""

from collections.abc import Collection

from drydock.admission.defaults import apply_defaults
from drydock.admission.fields import Mistyped, conform, unknown_fields
from drydock.admission.invalid import FieldCause, Invalid
from drydock.admission.prepare import prepare
from drydock.admission.validation import validate
from drydock.resources import Object, Resource

__all__ = ["FieldCause", "Invalid", "Mistyped", "admit", "unknown_fields"]


def admit(
    resource: Resource, obj: Object, before: Object | None, *, taken_ips: Collection[str]
) -> Object:
    """The object to store in place of `before`. Raises Invalid, and Mistyped where a value does not fit its field.

    A Job needs its name and uid here already: they are in its selector.
    """
    admitted = conform(resource, obj)
    apply_defaults(resource, admitted)
    prepare(resource, admitted, before, taken_ips=taken_ips)
    validate(resource, admitted, before)
    return admitted
