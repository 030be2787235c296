"""May this bundle go there? Every reason why not, with what a person can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from shipway.model.environment import Rules
from shipway.model.record import Kept, latest, quarantines


@dataclass(frozen=True, slots=True)
class Obstacle:
    why: str  # reads well after the bundle's name: `is not proven in staging`
    remedy: str  # where `TAG` stands for the bundle


def obstacles(rules: Rules, kept: Sequence[Kept]) -> list[Obstacle]:
    """`kept` is all that is known about the bundle. Empty: it may go there."""
    name, before = rules.environment, rules.before
    found = [
        Obstacle(
            f"is quarantined in {name}: {each.record.reason} ({each.record.who}, {each.record.at})",
            f"release another one to {name}",
        )
        for each in quarantines(kept, name)
    ]
    been_here = latest(kept, "proven", name) is not None
    if before and not been_here and latest(kept, "proven", before) is None:
        found.append(Obstacle(f"is not proven in {before}", f"shipway promote TAG --to {before}"))
    if rules.approval and latest(kept, "approved", name) is None:
        found.append(Obstacle(f"is not approved for {name}", f"shipway approve TAG --env {name}"))
    return found
