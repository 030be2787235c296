"""How an environment is, in a few words."""

from dataclasses import replace

import pytest

from shipway.model.lease import Holder
from shipway.model.revision import UNDERWAY, Revision
from shipway.model.rollout import Deployment, Pod
from shipway.model.status import Seen, state

READY = Pod("a", "Running", ready=True)
SERVING = Deployment(
    "app", generation=1, observed=1, wanted=2, updated=2, replicas=2, ready=2, available=2
)


def revision(number: int, status: str, tag: str, description: str = "") -> Revision:
    values = {"image": {"tag": tag, "digest": f"sha256:{tag}"}}
    return Revision(number, status, "0.1.0", "", description or tag, values)


V1 = revision(1, "deployed", "v1")
FAILED = revision(2, "failed", "v2", "rollout failed: no database")
RELEASED = Seen([V1], SERVING, (READY, READY), ("sha256:v1", "sha256:v1"))
HALF = replace(SERVING, replicas=4, available=2, ready=2)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (Seen(), "not deployed"),
        (RELEASED, "as released"),
        (replace(RELEASED, images=("sha256:v1", "")), "as released"),
        (replace(RELEASED, images=("sha256:v1", "sha256:x")), "1 of 2 pods run another image"),
        (replace(RELEASED, pods=(READY,)), "1 of 2 pods ready"),
        (Seen([V1]), "its Deployment is gone"),
        (
            replace(RELEASED, history=[revision(1, "deployed", "v1", f"v1{UNDERWAY}")]),
            "rolled out, nobody saw it serve",
        ),
        (
            replace(RELEASED, history=[V1, revision(2, "pending-upgrade", "v2")]),
            "pending-upgrade, nobody works on it",
        ),
        (
            Seen([revision(1, "superseded", "v1"), FAILED], HALF, ()),
            "failed: no database; v1 serves",
        ),
        (Seen([FAILED], replace(HALF, ready=0), ()), "failed: no database; nothing serves"),
        (replace(RELEASED, history=[V1, FAILED]), "failed: no database; v2 serves"),
        (replace(RELEASED, history=[revision(1, "uninstalled", "v1")]), "uninstalled"),
    ],
)
def test_the_most_telling_thing_comes_first(seen: Seen, words: str) -> None:
    assert state(seen) == words


@pytest.mark.parametrize(
    ("doing", "words"),
    [
        ("deploy dev", "rolling out (alice on laptop)"),
        ("helm-test dev", "being tested (alice on laptop)"),
        ("rollback dev", "going back (alice on laptop)"),
        ("heal dev", "heal (alice on laptop)"),
        ("", "changing (alice on laptop)"),
    ],
)
def test_whoever_is_at_it_is_named(doing: str, words: str) -> None:
    holder = Holder("alice on laptop", "laptop", "r1", 7, "", doing)
    assert state(replace(RELEASED, history=[V1, FAILED], holder=holder)) == words
