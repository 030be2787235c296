"""What we pin, and what else will do."""

import re

import pytest

from shipway.tools.pins import HELM, KIND, KUBECTL, PACKAGE, Pin, Version


@pytest.mark.parametrize("tool", [HELM, KUBECTL], ids=lambda each: each.name)
def test_a_pin_fits_itself_and_is_in_the_package(tool: Pin) -> None:
    assert tool.fits(tool.version)
    assert PACKAGE.members[tool.name].endswith(f"/{tool.name}")
    assert re.fullmatch("[0-9a-f]{64}", tool.sha256[PACKAGE.platform])


@pytest.mark.parametrize(
    ("tool", "version", "fits"),
    [
        (HELM, (3, 19, 0), False),
        (HELM, (4, 1, 9), False),
        (HELM, (4, 2, 0), True),
        (HELM, (4, 11, 0), True),
        (HELM, (5, 2, 0), False),
        (KUBECTL, (1, 34, 9), False),
        (KUBECTL, (1, 35, 0), True),
        (KUBECTL, (1, 37, 4), True),
        (KUBECTL, (1, 38, 0), False),
        (KUBECTL, (2, 36, 0), False),
        (KIND, (0, 26, 9), False),
        (KIND, (0, 27, 0), True),
        (KIND, KIND.version, True),
        (KIND, (0, 33, 1), True),
        (KIND, (0, 34, 0), False),
        (KIND, (1, 30, 0), False),
    ],
)
def test_what_is_on_path_must_be_near_enough(tool: Pin, version: Version, fits: bool) -> None:
    assert tool.fits(version) is fits
