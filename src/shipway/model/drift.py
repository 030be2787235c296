"""What differs between what a release has and what is there now.

The API server is asked what it would make of the release's manifest now (a server-side dry run), so that its defaults
and its spellings are in both of what is compared.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from shipway.model.ownership import Object, Path, added, is_released, labels, owners

# Notes that say when or why, and not what runs. A restart is one: it makes the same pods again. No release says
# anything about it, so that told as a difference it would be one until the next change of the pods.
NOTES = frozenset(
    {
        "deployment.kubernetes.io/revision",
        "kubectl.kubernetes.io/last-applied-configuration",
        "kubectl.kubernetes.io/restartedAt",
        "kubernetes.io/change-cause",
    }
)
REPLICAS: Path = ("spec", "replicas")
COMPARED = ("labels", "annotations")  # of the metadata: the rest is the cluster's
QUANTITIES = frozenset({"limits", "requests", "hard", "capacity", "sizeLimit"})
# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
SUFFIXES = {
    suffix: Decimal(factor)
    for suffix, factor in (
        *(("Ki", 2**10), ("Mi", 2**20), ("Gi", 2**30), ("Ti", 2**40)),
        *(("k", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12)),
        *(("m", "1e-3"), ("u", "1e-6"), ("n", "1e-9")),
    )
}
PLAIN = re.compile(r"[A-Za-z0-9_-]+")  # a step that needs no brackets
HIDDEN = "(hidden)"
WIDTH = 200  # of a value in a line


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one field; of the object itself where `path` is empty."""

    object: str  # `Deployment/sample-app`
    path: Path = ()
    released: Any = None  # JSON; None: the release does not name it
    live: Any = None  # JSON; None: it is not there
    by: str = ""  # the field manager that made it so, where one is known
    refused: str = ""  # why the cluster would not make the object what was released

    @property
    def field(self) -> str:
        """`metadata.labels[app.kubernetes.io/name]`, `spec.template.spec.containers[app].image`."""
        words = ""
        for step in self.path:
            if step.startswith("["):
                words += step
            elif PLAIN.fullmatch(step):
                words += f".{step}" if words else step
            else:
                words += f"[{step}]"
        return words

    def __str__(self) -> str:
        if self.refused:
            why = " ".join(self.refused.split())
            return f"{self.object}: cannot become what was released: {why}"
        if not self.path:
            return f"{self.object}: is not there"
        release = "does not name it" if self.released is None else f"says {_shown(self.released)}"
        live = "is not there" if self.live is None else f"is {_shown(self.live)}"
        by = f" ({self.by})" if self.by else ""
        return f"{self.object} {self.field}: release {release}, live {live}{by}"


@dataclass(frozen=True, slots=True)
class Drift:
    """One environment against the latest revision of its release."""

    environment: str
    revision: int = 0  # 0: nothing was ever deployed
    status: str = ""  # helm's word
    tag: str = ""
    bundle: str = ""
    objects: int = 0
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        if not self.revision:
            return f"{self.environment}: not deployed"
        status = "" if self.status == "deployed" else f" {self.status}"
        tag = f", {self.tag}" if self.tag else ""
        number = len(self.differences)
        found = (
            f"{_counted(number, 'difference')} from what was released" if number else "as released"
        )
        objects = _counted(self.objects, "object")
        return f"{self.environment}: {found} (revision {self.revision}{status}{tag}), {objects}"

    @property
    def remedy(self) -> str | None:
        """A tag `latest` may have gone on to another bundle since."""
        if not self.differences:
            return None
        if not self.tag:
            return f"shipway history {self.environment}"
        release = self.bundle if self.tag == "latest" and self.bundle else self.tag
        return f"shipway deploy --env {self.environment} --tag {release}"


def as_sent(obj: Object, release: str, namespace: str) -> Object:
    """An object of the manifest with what helm adds when it applies it."""
    metadata = obj.get("metadata") or {}
    marks = {"app.kubernetes.io/managed-by": "Helm"}
    notes = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace}
    return {
        **obj,
        "metadata": {
            **metadata,
            "labels": {**(metadata.get("labels") or {}), **marks},
            "annotations": {**(metadata.get("annotations") or {}), **notes},
        },
    }


def differences(name: str, released: Object, live: Object, *, autoscaled: bool) -> list[Difference]:
    """`released` is what the API server would make of the manifest, on top of `live`. What the release says comes
    first, then what others added.

    Additions are told only where helm owns a part of the object: of one that was made anew they cannot be told from
    defaults.
    """
    who = owners(live)
    hide = released.get("kind") == "Secret"
    found = {
        path: Difference(name, path, said, is_now, who.get(path, ""))
        for path, said, is_now in _compared(_content(released), _content(live), ())
    }
    if is_released(live):
        for each in sorted(added(released), key=lambda each: each.path):
            if each.path not in found and _is_content(each.path):
                found[each.path] = Difference(name, each.path, None, each.value, each.manager)
    return [
        _hidden(each) if hide else each
        for each in found.values()
        if each.path[-1] not in NOTES and not (autoscaled and each.path == REPLICAS)
    ]


def _content(obj: Object) -> Object:
    """What a release can say about an object."""
    metadata = {key: obj["metadata"].get(key) or {} for key in COMPARED}
    rest = {key: value for key, value in obj.items() if _is_content((key,))}
    return {"metadata": metadata, **rest}


def _is_content(path: Path) -> bool:
    if path[0] == "metadata":
        return path[1:2] in {(part,) for part in COMPARED}
    return path[0] not in {"apiVersion", "kind", "status"}


def _compared(released: Any, live: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if isinstance(released, Mapping) and isinstance(live, Mapping):
        for key in {**released, **live}:
            yield from _compared(released.get(key), live.get(key), (*path, key))
        return
    ours, theirs = labels(released), labels(live)
    if ours and theirs:
        one, other = dict(zip(ours, released, strict=True)), dict(zip(theirs, live, strict=True))
        for label in {**one, **other}:
            yield from _compared(one.get(label), other.get(label), (*path, label))
        return
    if isinstance(released, list) and isinstance(live, list) and len(released) == len(live):
        for index, (one_item, other_item) in enumerate(zip(released, live, strict=True)):
            yield from _compared(one_item, other_item, (*path, f"[{index}]"))
        return
    if not _same(released, live, path):
        yield path, released, live


def _same(released: Any, live: Any, path: Path) -> bool:
    if type(released) is bool or type(live) is bool:
        return released is live
    if released == live:
        return True
    if not QUANTITIES.isdisjoint(path):
        one, other = _quantity(released), _quantity(live)
        return one is not None and one == other
    return False


def _quantity(value: Any) -> Decimal | None:
    text = str(value)
    suffix = next((each for each in SUFFIXES if text.endswith(each)), "")
    try:
        return Decimal(text.removesuffix(suffix)) * SUFFIXES.get(suffix, 1)
    except InvalidOperation:
        return None


def _hidden(each: Difference) -> Difference:
    """Of a Secret: only that they differ."""
    released = None if each.released is None else HIDDEN
    live = None if each.live is None else HIDDEN
    return replace(each, released=released, live=live)


def _shown(value: Any) -> str:
    text = value if value == HIDDEN else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}…"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
