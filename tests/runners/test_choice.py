"""What `auto` decides from what was seen."""

import pytest

from shipway.runners.choice import Choice, Facts, choose

DOWN = "no Docker engine answers at unix:///var/run/docker.sock"
NO_SDK = "Dagger's Python SDK is not installed"


@pytest.mark.parametrize(
    ("facts", "choice"),
    [
        (Facts(True, False, None), Choice(("dagger", "docker", "host"), ())),
        (Facts(False, False, None), Choice(("docker", "host"), (NO_SDK,))),
        (Facts(True, False, DOWN), Choice(("host",), (DOWN,))),
        (Facts(False, False, DOWN), Choice(("host",), (DOWN,))),
        (Facts(True, True, DOWN), Choice(("dagger", "host"), (DOWN,))),
        (Facts(False, True, DOWN), Choice(("host",), (NO_SDK, DOWN))),
    ],
)
def test_the_best_that_may_work_is_tried_first(facts: Facts, choice: Choice) -> None:
    assert choose(facts) == choice
