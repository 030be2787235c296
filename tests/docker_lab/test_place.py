"""What is remembered of a lab, so that the next run can end what a killed one left."""

import os
from pathlib import Path

import psutil
from docker_lab.place import Place, Record, Records


def records(folder: Path) -> Records:
    return Records(folder / "lab.json")


def test_a_lab_whose_keeper_lives_or_that_was_asked_to_stay_is_not_abandoned(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path / "run-1", tmp_path / "data")
    kept = records(tmp_path)
    assert kept.read() is None
    for keep in (False, True):
        kept.write(place, keep=keep)
        found = kept.read()
        assert found is not None
        assert (found.place, found.abandoned) == (place, False)
    kept.forget()
    assert kept.read() is None


def test_a_lab_whose_keeper_was_killed_is_abandoned_even_when_its_pid_is_used_again() -> None:
    begun = psutil.Process().create_time()
    assert Record("/run/1", "/data", os.getpid(), begun).abandoned is False
    assert Record("/run/1", "/data", os.getpid(), begun - 1).abandoned is True
    assert Record("/run/1", "/data", 2**22 + 1, begun).abandoned is True


def test_names_are_short_enough_for_a_socket_and_for_a_bridge() -> None:
    place = Place(Path("/run/docker-lab-abcd1234"), Path("/a/long/way"))
    assert len(os.fsencode(place.socket)) < 108
    assert place.name == "lababcd1234"
    assert len(place.name) <= 15
