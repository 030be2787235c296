"""A values file in the working tree is not what a release brings: where they differ it is said, and how."""

from pathlib import Path

import pytest

from shipway.model.bundle import Bundle, ChartRef, ImageRef
from shipway.oci.bundles import Released
from shipway.oci.reference import Address
from shipway.pipeline.events import Note
from shipway.stages.changed_values import LINES, NoValues, check
from tests.stages.conftest import Voice, target_at

PLACE = target_at(Address("localhost:5000", plain_http=True)).place("dev")
BUNDLE = Bundle(ImageRef("app", "sha256:1"), ChartRef("c", "1.2.3", "sha256:2"), {}, "", "v1")


def notes(root: Path, text: str | None, then: str) -> list[str]:
    voice = Voice()
    if text is not None:
        file = root / PLACE.values_file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    check(root, PLACE, Released(BUNDLE, {"dev": then}), voice.say)
    assert all(isinstance(event, Note) for event in voice.events)
    return [event.text for event in voice.events if isinstance(event, Note)]


@pytest.mark.parametrize("text", ["replicas: 1\n", None])
def test_the_same_file_or_none_is_not_worth_a_word(tmp_path: Path, text: str | None) -> None:
    assert notes(tmp_path, text, "replicas: 1\n") == []


def test_the_changed_lines_are_shown_as_they_stand_in_the_repository(tmp_path: Path) -> None:
    then = "replicas: 1\nhost: ${HOST}\n"
    assert notes(tmp_path, "replicas: 2\nhost: ${HOST}\n", then) == [
        f"{PLACE.values_file} has changed since v1 was built, which brings its own:",
        "  @@ -1 +1 @@",
        "  -replicas: 1",
        "  +replicas: 2",
        "a new bundle takes the change: shipway build --tag TAG",
    ]


def test_of_a_long_difference_the_first_lines_are_shown(tmp_path: Path) -> None:
    said = notes(tmp_path, "".join(f"a{number}: 1\n" for number in range(40)), "")
    assert said[LINES : LINES + 2] == ["  +a10: 1", "  … 29 more lines"]


def test_a_release_that_knows_nothing_of_the_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoValues) as caught:
        check(tmp_path, PLACE, Released(BUNDLE, {"prod": ""}), Voice().say)
    assert caught.value.problem == "v1 has no values for dev: it was built before there was one"
    assert caught.value.remedy == "shipway build --tag TAG"
