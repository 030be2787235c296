"""Who owns whom: adoption and release by selector."""

from collections.abc import Generator, Iterable, Sequence

from drydock.controllers.changes import Change, Update
from drydock.metadata import controller, deleting, labels, reference, references
from drydock.resources import Object, Resource
from drydock.selectors import matches


def controlled(owner: Object, candidates: Iterable[Object]) -> list[Object]:
    uid = owner["metadata"]["uid"]
    return [
        each for each in candidates if (boss := controller(each)) is not None and boss["uid"] == uid
    ]


def claim(
    owner_resource: Resource, owner: Object, resource: Resource, candidates: Iterable[Object]
) -> Generator[Change, Object, list[Object] | None]:
    """Adopt orphans and let go of strangers. Returns what is the owner's; None if that has just changed."""
    uid = owner["metadata"]["uid"]
    mine: list[Object] = []
    settled = True
    for each in candidates:
        boss = controller(each)
        fits = matches(owner["spec"]["selector"], labels(each))
        if boss is not None and boss["uid"] == uid:
            if fits:
                mine.append(each)
            elif not deleting(each):
                settled = False
                others = [ref for ref in references(each) if ref["uid"] != uid]
                yield Update(resource, with_references(each, others))
        elif boss is None and fits and not deleting(each):
            settled = False
            adopted = [*references(each), reference(owner_resource, owner)]
            yield Update(resource, with_references(each, adopted))
    return mine if settled else None


def with_references(obj: Object, references: Sequence[Object]) -> Object:
    metadata = {key: value for key, value in obj["metadata"].items() if key != "ownerReferences"}
    if references:
        metadata["ownerReferences"] = references
    return {**obj, "metadata": metadata}
