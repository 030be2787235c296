"""Which revision to return to, and why not to another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipway.model.bundle import Digest, means
from shipway.model.record import Kept, is_of, latest, quarantines
from shipway.model.revision import FAILURE, Revision, current, good

FEW = 3  # bundles that are asked about at once: most often the first one is it

Known = Mapping[Digest, Sequence[Kept]]
"""All that is recorded, by bundle. A bundle that is missing was not asked about."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The choice hangs on these, the most recent first."""

    bundles: tuple[Digest, ...]


def choose(
    history: Sequence[Revision], known: Known, environment: str
) -> Revision | Unknown | None:
    """The last revision before the present one that is proven, not quarantined, and not the same again."""
    now, left = current(history), possible(history, known, environment)
    for place, revision in enumerate(left):
        if now and _unknown([now, revision], known):
            return Unknown(tuple(_unknown([now, *left[place:]], known)[:FEW]))
        if not distrust(revision, known[revision.bundle], environment):
            return revision
    return None


def possible(history: Sequence[Revision], known: Known, environment: str) -> list[Revision]:
    """Those that nothing in helm's history speaks against, newest first."""
    now = current(history)
    if now is None:
        return []
    other = _settled(now, known, environment)
    return [
        each
        for each in _newest_first(history)
        if each.number < now.number
        and each.bundle
        and good(each)
        and not (other and same_content(each, now))
    ]


def why_not(
    history: Sequence[Revision], known: Known, environment: str
) -> list[tuple[Revision, str]]:
    """Of each earlier revision, newest first: what keeps a rollback from choosing it."""
    now = current(history)
    found = []
    for each in _newest_first(history):
        if now is None or each.number >= now.number:
            continue
        again = _settled(now, known, environment) and same_content(each, now)
        words = distrust(each, known.get(each.bundle, ()), environment)
        found.append(
            (each, "the image, chart and values that are there" if again else ", ".join(words))
        )
    return found


def distrust(revision: Revision, kept: Iterable[Kept], environment: str) -> list[str]:
    """Why only a person who insists may return there, most telling first; empty where nothing is against it."""
    if not revision.bundle:
        return ["no release of shipway's"]
    words = unproven(kept, environment)
    if FAILURE in revision.description:
        return [revision.description, *words]
    if not good(revision):
        return ["never seen to serve" if revision.unproven else revision.status, *words]
    return words


def unproven(kept: Iterable[Kept], environment: str) -> list[str]:
    """What the records of a bundle have against it in that environment."""
    known = list(kept)
    words = [
        f"quarantined in {environment}: {each.record.reason} ({each.record.who}, {each.record.at})"
        for each in quarantines(known, environment)
    ]
    if latest(known, "proven", environment) is None:
        words.append(f"not proven in {environment}")
    return words


def forgotten(history: Sequence[Revision], kept: Iterable[Kept], environment: str) -> int:
    """The number of a revision that helm's history holds no longer; 0 where it cannot be told."""
    proven = latest(kept, "proven", environment)
    number = proven.revision if proven else 0
    return number if all(number < each.number for each in history) else 0


def named(history: Sequence[Revision], reference: str) -> Revision | None:
    """By a bundle's id or a tag: the newest of that name that served, or the newest."""
    found = [
        each
        for each in history
        if reference in {each.bundle, each.tag} or means(reference, each.bundle)
    ]
    return current([each for each in found if good(each)] or found)


def crossed(history: Sequence[Revision], number: int, bundle: Digest) -> list[Revision]:
    """What has worked on the data since revision `number`, which is of `bundle`: newest first."""
    return [
        each
        for each in _newest_first(history)
        if each.number > number and each.bundle not in {"", bundle}
    ]


def condemned(now: Revision, bundle: Digest, known: Known, environment: str) -> bool:
    """Is what is left to be quarantined? Not where it stays, nor again, nor where a rollback is taken back."""
    return (
        now.bundle not in {"", bundle}
        and not quarantines(known.get(now.bundle, ()), environment)
        and not quarantines(known.get(bundle, ()), environment)
    )


def cause(now: Revision, kept: Iterable[Kept], environment: str) -> str:
    """Why the present revision failed; empty where it did not."""
    for each in kept:
        if is_of(each, "failed", environment) and each.record.revision == now.number:
            return each.record.reason
    return now.description if FAILURE in now.description else ""


def same_content(one: Revision, other: Revision) -> bool:
    """Would its pods be the same, whatever the release is called?"""
    return _content(one) == _content(other)


def _content(revision: Revision) -> tuple[str, Mapping[str, Any]]:
    values = {key: _without_name(key, value) for key, value in revision.values.items()}
    return revision.chart_version, values


def _without_name(key: str, value: Any) -> Any:
    name = {"image": "tag", "release": "bundle"}.get(key)
    if name is None or not isinstance(value, Mapping):
        return value
    return {each: found for each, found in value.items() if each != name}


def _settled(now: Revision, known: Known, environment: str) -> bool:
    """Its pods served, or were seen to fail. Where a way back was interrupted, the same again is its end."""
    return good(now) or any(
        is_of(each, "failed", environment) and each.record.revision == now.number
        for each in known.get(now.bundle, ())
    )


def _unknown(revisions: Sequence[Revision], known: Known) -> list[Digest]:
    bundles = dict.fromkeys(each.bundle for each in revisions)
    return [each for each in bundles if each and each not in known]


def _newest_first(history: Sequence[Revision]) -> list[Revision]:
    return sorted(history, key=lambda revision: -revision.number)
