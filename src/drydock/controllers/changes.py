"""What a reconcile may ask for. It only decides; the loop applies, in the order given."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from drydock.lifecycle import Propagation
from drydock.resources import Object, Resource


@dataclass(frozen=True, slots=True)
class Create:
    resource: Resource
    object: Object


@dataclass(frozen=True, slots=True)
class Update:
    """Replace the object. Who updates the object under reconcile returns: the write brings it back."""

    resource: Resource
    object: Object


@dataclass(frozen=True, slots=True)
class Scale:
    """Replace `spec.replicas` as a write to the scale subresource would."""

    resource: Resource
    object: Object
    replicas: int


@dataclass(frozen=True, slots=True)
class UpdateStatus:
    resource: Resource
    object: Object


@dataclass(frozen=True, slots=True)
class Delete:
    resource: Resource
    object: Object
    propagation: Propagation = "Background"


@dataclass(frozen=True, slots=True)
class Record:
    """Say it as an Event about `object`."""

    resource: Resource
    object: Object
    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class After:
    """Come back in so many seconds, even if nothing changes."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Recommend:
    """A size the autoscaler computed: kept, for its windows look back at them."""

    at: datetime
    current: int
    replicas: int


Change = Create | Update | Scale | UpdateStatus | Delete | Record | After | Recommend

Reconcile = Generator[Change, Object, None]
"""Each change is answered by the object as it was stored, or by Refused, raised at the yield."""


class Refused(Exception):
    """The API would not take the change."""


class NameTaken(Refused):
    """An object of that name is there, and it is not the asker's."""
