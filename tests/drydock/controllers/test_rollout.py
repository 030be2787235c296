import pytest

from drydock.controllers.rollout import (
    MAX,
    Limits,
    grown,
    limits,
    proportional,
    share,
    shrunk,
)
from drydock.resources import Object


def replica_set(name: str, replicas: int, available: int = 0, most: int | None = None) -> Object:
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": f"2026-01-01T00:00:0{name[-1]}Z",
            "annotations": {} if most is None else {MAX: str(most)},
        },
        "spec": {"replicas": replicas},
        "status": {"replicas": replicas, "availableReplicas": available},
    }


def deployment(replicas: int, surge: int | str, unavailable: int | str) -> Object:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    return {"spec": {"replicas": replicas, "strategy": strategy}}


@pytest.mark.parametrize(
    ("value", "total", "up", "pods"),
    [
        (2, 10, True, 2),
        ("25%", 10, True, 3),
        ("25%", 10, False, 2),
        ("0%", 10, True, 0),
        ("100%", 3, False, 3),
        ("3", 10, True, 3),
    ],
)
def test_a_share_of_pods_is_a_number_or_a_rounded_percentage(
    value: int | str, total: int, *, up: bool, pods: int
) -> None:
    assert share(value, total, up=up) == pods


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        (4, "25%", "25%", Limits(4, 1, 1)),
        (10, "25%", "25%", Limits(10, 3, 2)),
        (2, 1, 0, Limits(2, 1, 0)),
        (3, 0, 0, Limits(3, 0, 1)),
        (1, 0, "10%", Limits(1, 0, 1)),
        (2, 0, 5, Limits(2, 0, 2)),
    ],
)
def test_limits_never_stand_still(
    replicas: int, surge: int | str, unavailable: int | str, expected: Limits
) -> None:
    assert limits(deployment(replicas, surge, unavailable)) == expected


def test_recreate_has_neither_surge_nor_tolerance() -> None:
    recreate = {"spec": {"replicas": 3, "strategy": {"type": "Recreate"}}}
    assert limits(recreate) == Limits(3, 0, 0)


@pytest.mark.parametrize(
    ("new", "everyone", "bounds", "size"),
    [
        (0, 0, Limits(3, 1, 0), 3),
        (0, 3, Limits(3, 1, 0), 1),
        (1, 4, Limits(3, 1, 0), 1),
        (1, 3, Limits(3, 1, 0), 2),
        (5, 5, Limits(3, 1, 0), 3),
        (0, 4, Limits(4, 0, 1), 0),
    ],
)
def test_the_new_set_grows_into_the_surge(
    new: int, everyone: int, bounds: Limits, size: int
) -> None:
    assert grown(new, everyone, bounds) == size


def test_old_pods_leave_as_new_ones_become_available() -> None:
    old = [replica_set("old-1", 3, available=3)]
    assert shrunk(replica_set("new-2", 1, available=0), old, Limits(3, 1, 0)) == {"old-1": 3}
    assert shrunk(replica_set("new-2", 1, available=1), old, Limits(3, 1, 0)) == {"old-1": 2}


def test_old_pods_that_never_became_available_leave_first_and_at_once() -> None:
    sick, well = replica_set("sick-1", 2, available=0), replica_set("well-2", 3, available=3)
    sizes = shrunk(replica_set("new-3", 1, available=0), [sick, well], Limits(3, 1, 0))
    assert sizes == {"sick-1": 0, "well-2": 3}


def test_unavailable_new_pods_protect_the_old_ones() -> None:
    old = [replica_set("old-1", 2, available=2)]
    assert shrunk(replica_set("new-2", 2, available=0), old, Limits(3, 1, 1)) == {"old-1": 2}


def test_a_resize_in_a_rollout_is_spread_in_proportion() -> None:
    sets = [replica_set("old-1", 6, most=10), replica_set("new-2", 4, most=10)]
    assert proportional(sets, Limits(16, 4, 0)) == {"old-1": 12, "new-2": 8}
    assert proportional(sets, Limits(4, 1, 0)) == {"old-1": 3, "new-2": 2}
    assert proportional(sets, Limits(0, 0, 0)) == {"old-1": 0, "new-2": 0}
