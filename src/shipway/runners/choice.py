"""Which runner `auto` means on this machine: decided from facts alone."""

from dataclasses import dataclass

from shipway.config.project import Runner as Name


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen without starting anything."""

    sdk: bool  # Dagger's Python SDK is installed
    own_engine: bool  # the environment names a Dagger session or engine
    no_engine: str | None  # why no Docker engine answers; None where one does


@dataclass(frozen=True, slots=True)
class Choice:
    """`order` is for trying; `passed` says of each runner that is not in it, why."""

    order: tuple[Name, ...]
    passed: tuple[str, ...]


def choose(facts: Facts) -> Choice:
    """The best first. The host is always the last: it needs nothing."""
    dagger = _against_dagger(facts)
    order: list[Name] = []
    if dagger is None:
        order.append("dagger")
    if facts.no_engine is None:
        order.append("docker")
    reasons = [reason for reason in (dagger, facts.no_engine) if reason]
    return Choice((*order, "host"), tuple(dict.fromkeys(reasons)))


def _against_dagger(facts: Facts) -> str | None:
    if not facts.own_engine and facts.no_engine:
        return facts.no_engine  # its engine is a container: one reason for both
    return None if facts.sdk else "Dagger's Python SDK is not installed"
