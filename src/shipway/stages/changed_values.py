"""A values file that changed since the bundle was made: it is said, since a deploy uses what the bundle has."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import ClassVar

from shipway.errors import REFUSED, ShipwayError
from shipway.oci.bundles import Released
from shipway.pipeline.stage import Say
from shipway.targets.target import Place

LINES = 12  # of the difference


@dataclass(eq=False)
class NoValues(ShipwayError):
    """It was built before the environment was thought of."""

    exit_code: ClassVar[int] = REFUSED

    environment: str
    tag: str

    @property
    def problem(self) -> str:
        return f"{self.tag} has no values for {self.environment}: it was built before there was one"

    @property
    def remedy(self) -> str:
        return "shipway build --tag TAG"


def check(root: Path, place: Place, released: Released, say: Say) -> None:
    """The files as they stand in the repository: no variable has its value there. NoValues where the bundle has none."""
    then, tag = released.values.get(place.environment), released.bundle.tag
    if then is None:
        raise NoValues(place.environment, tag)
    try:
        now = (root / place.values_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return  # another checkout, or none of our files: the bundle has its own
    if now == then:
        return
    say.note(f"{place.values_file} has changed since {tag} was built, which brings its own:")
    for line in difference(then, now):
        say.note(f"  {line}")
    say.note("a new bundle takes the change: shipway build --tag TAG")


def difference(then: str, now: str) -> Iterator[str]:
    """The changed lines with where they are, at most LINES."""
    compared = unified_diff(then.splitlines(), now.splitlines(), n=0, lineterm="")
    found = list(compared)[2:]  # without the two names
    yield from found[:LINES]
    if len(found) > LINES:
        yield f"… {len(found) - LINES} more lines"
