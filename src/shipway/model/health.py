"""How an environment is, in words: it serves, or what is wrong with it, most telling first, and what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shipway.model.diagnosis import Cause
from shipway.model.drift import Difference
from shipway.model.lease import Holder
from shipway.model.revision import FAILURE, Revision, current, last_good, previous_good
from shipway.model.rollout import Deployment, Done, Doomed, Underway


@dataclass(frozen=True, slots=True)
class Finding:
    words: str
    remedy: str = ""  # empty: what an earlier one says
    proof: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """The fields of `shipway diagnose --output json`, in their order."""

    environment: str
    healthy: bool
    findings: tuple[Finding, ...]  # of a healthy one, what it runs
    notes: tuple[str, ...] = ()  # what else one should know: whose turn it is
    evidence: str = ""  # the folder; empty: there is nothing to save


@dataclass(frozen=True, slots=True)
class Facts:
    """What one look at an environment saw."""

    environment: str
    namespace: str
    look: str  # the command that shows the pods
    history: Sequence[Revision] = ()
    deployment: Deployment | None = None
    verdict: Done | Underway | Doomed | None = None
    causes: Sequence[Cause] = ()
    old: int = 0  # pods of an earlier revision that serve
    holder: Holder | None = None
    dead: bool = False  # the holder was a process of this machine, and is no more
    renewed: str = ""  # its last sign of life, by its own clock
    address: str = ""
    absence: Finding | None = None  # why there is no load balancer
    changed: Sequence[Difference] = ()  # made beside helm, to a release that was good

    @property
    def worked_on(self) -> bool:
        return self.holder is not None and not self.dead


def judge(facts: Facts, evidence: str = "") -> Health:
    now = current(facts.history)
    wrong = [*_found(facts, now)] if now else [_nothing(facts)]
    healthy = now is not None and not wrong
    findings = [Finding(_serving(facts, now))] if now and healthy else _once(wrong)
    notes = (*_still(facts), *_turn(facts))
    return Health(facts.environment, healthy, tuple(findings), notes, evidence)


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """What to do is said once."""
    said = [each.remedy for each in findings]
    return [
        replace(each, remedy="") if each.remedy in said[:number] else each
        for number, each in enumerate(findings)
    ]


def _nothing(facts: Facts) -> Finding:
    deploy = f"shipway deploy --env {facts.environment} --tag TAG"
    return Finding("nothing was ever deployed", deploy)


def _found(facts: Facts, now: Revision) -> Iterator[Finding]:
    named = f"revision {now.number} ({now.tag})" if now.tag else f"revision {now.number}"
    tag = now.bundle if now.tag == "latest" else now.tag
    again = f"shipway deploy --env {facts.environment}" + (f" --tag {tag}" if tag else "")
    back = _back(facts)
    serves = isinstance(facts.verdict, Done)
    failed = now.status == "failed" or FAILURE in now.description
    if facts.deployment is None and now.status == "deployed":
        yield Finding(f"its Deployment is gone from namespace {facts.namespace}", again)
    elif not serves or failed:
        if facts.changed:
            yield _changed(facts, again)
        yield from _causes(facts, again if facts.changed else back)
    if not (serves or failed or facts.causes) and facts.verdict:
        stands = f": {facts.verdict}" if isinstance(facts.verdict, Underway) else ""
        later = f"shipway diagnose {facts.environment}, later; look closer: {facts.look}"
        yield Finding(f"a rollout is underway{stands}", later)
    if now.status == "uninstalled":
        yield Finding(f"it was uninstalled, {named} was the last", again)
    elif now.status.startswith("pending-"):
        yield Finding(f"{named} is {now.status}: {_who(facts)}", _pending_remedy(facts, again))
    elif failed:
        known = any(cause.cause in now.description for cause in facts.causes)
        reason = "" if known else f": {now.description.partition(FAILURE)[2] or now.description}"
        serving = "serves, but is" if serves else "is"
        yield Finding(f"{named} {serving} marked as failed{reason}", back)
    elif now.unproven and not facts.worked_on:
        unwatched = f"nobody watched the rollout of {named} to its end"
        yield Finding(unwatched, back if facts.causes else again)
    if serves and facts.absence:
        yield facts.absence


def _causes(facts: Facts, remedy: str) -> Iterator[Finding]:
    shown = {""}
    for cause in facts.causes:
        pod = f"pod {cause.pod} in namespace {facts.namespace}: {cause.state}"
        proof = () if cause.pod in shown else (pod, *(f"  {line}" for line in cause.log))
        shown.add(cause.pod)
        yield Finding(cause.cause, remedy, proof)


def _changed(facts: Facts, again: str) -> Finding:
    """Who goes back now would blame the release for it."""
    count = len(facts.changed)
    what = "a change was" if count == 1 else f"{count} changes were"
    return Finding(
        f"{what} made by hand since it was released", again, tuple(map(str, facts.changed))
    )


def _back(facts: Facts) -> str:
    closer = f"look closer: {facts.look}"
    if previous_good(facts.history):
        return f"shipway rollback {facts.environment}, or {closer}"
    return f"correct it, then: shipway run --env {facts.environment}; {closer}"


def _who(facts: Facts) -> str:
    if facts.holder is None:
        return "whoever was at it is gone"
    return f"{facts.holder} is {'gone' if facts.dead else 'at it'}"


def _pending_remedy(facts: Facts, again: str) -> str:
    """The next turn heals what nobody works on."""
    if not facts.worked_on:
        return again
    return f"wait for it; if it hangs: shipway unlock {facts.environment} --reason TEXT"


def _serving(facts: Facts, now: Revision) -> str:
    assert facts.deployment is not None
    ready = f"{facts.deployment.available} of {facts.deployment.wanted} pods ready"
    at = f", {facts.address}" if facts.address else ""
    return f"serves {now.tag}: revision {now.number}, {ready}{at}"


def _still(facts: Facts) -> Iterator[str]:
    before = last_good(sorted(facts.history, key=lambda each: each.number)[:-1])
    if facts.old and before:
        yield f"revision {before.number} ({before.tag}) still serves, with {facts.old} ready"
    if facts.changed and isinstance(facts.verdict, Done):
        yield f"it was changed by hand since: shipway drift --env {facts.environment}"


def _turn(facts: Facts) -> Iterator[str]:
    if facts.worked_on:
        heard = f", last heard of at {facts.renewed[11:19]} by its clock" if facts.renewed else ""
        yield f"it is the turn of {facts.holder}{heard}"
    elif facts.holder:
        yield f"{facts.holder} ended without giving its turn back; the next deploy takes it"
