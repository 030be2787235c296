"""How pods run here, why, and what a person can do about it."""

from pathlib import Path

import pytest

from shipway.model.isolation import Isolation
from shipway.targets.isolation import isolation

REFUSED = "this machine does not allow user namespaces (Operation not permitted)"
AGAIN = "shipway teardown embedded, then: shipway setup embedded"


def status(node: str, because: str) -> dict[str, str]:
    return {"node": node, "node_because": because}


def test_isolated_pods_need_no_remedy(tmp_path: Path) -> None:
    found = isolation(status("isolated", "this machine allows user namespaces"), tmp_path)
    assert found == Isolation(isolated=True, because="this machine allows user namespaces")
    assert str(found) == "pods are isolated: this machine allows user namespaces"
    assert found.short == "pods isolated"


def test_where_nothing_is_known_to_help_nothing_is_advised(tmp_path: Path) -> None:
    found = isolation(status("loopback", REFUSED), tmp_path)
    assert found == Isolation(isolated=False, because=REFUSED)
    assert str(found) == f"pods are not isolated: {REFUSED}"
    assert found.short == f"pods not isolated: {REFUSED}"


def test_who_asked_for_it_can_ask_for_the_other(tmp_path: Path) -> None:
    assert isolation(status("loopback", "it was asked for"), tmp_path).remedy == AGAIN


@pytest.mark.parametrize(
    ("switch", "forbids", "allows"),
    [
        ("kernel.apparmor_restrict_unprivileged_userns", 1, 0),
        ("kernel.unprivileged_userns_clone", 0, 1),
        ("user.max_user_namespaces", 0, 16384),
    ],
)
def test_a_switch_of_the_kernel_that_forbids_is_named_and_one_that_allows_is_not(
    tmp_path: Path, switch: str, forbids: int, allows: int
) -> None:
    file = tmp_path / "proc" / "sys" / switch.replace(".", "/")
    file.parent.mkdir(parents=True)
    file.write_text(f"{forbids}\n")
    found = isolation(status("loopback", REFUSED), tmp_path)
    assert found.remedy == f"sudo sysctl -w {switch}={allows}; {AGAIN}"
    file.write_text(f"{allows}\n")
    assert isolation(status("loopback", REFUSED), tmp_path).remedy is None


def test_a_container_is_told_before_the_switches_of_its_host(tmp_path: Path) -> None:
    file = tmp_path / "proc" / "sys" / "user" / "max_user_namespaces"
    file.parent.mkdir(parents=True)
    file.write_text("0\n")
    (tmp_path / ".dockerenv").touch()
    assert isolation(status("loopback", REFUSED), tmp_path).remedy == (
        f"start this container with --privileged, or work outside of it; {AGAIN}"
    )
