"""What a history means."""

from typing import Any

from shipway.model.revision import UNDERWAY, Revision, current, previous_good


def revision(number: int, status: str, tag: str, description: str = "") -> Revision:
    values: dict[str, Any] = {
        "image": {"repository": "localhost/app", "tag": tag, "digest": f"sha256:{tag}"},
        "release": {"bundle": f"sha256:b-{tag}", "chartDigest": "sha256:c"},
    }
    return Revision(number, status, "0.1.0", "2026-01-01T00:00:00Z", description, values)


def test_a_revision_tells_what_it_runs() -> None:
    one = revision(1, "deployed", "v1")
    assert (one.tag, one.image, one.chart_digest, one.bundle) == (
        "v1",
        "localhost/app@sha256:v1",
        "sha256:c",
        "sha256:b-v1",
    )


def test_a_release_that_is_not_ours_tells_nothing_and_breaks_nothing() -> None:
    foreign = Revision(1, "deployed", "1.0", "", "", {"image": "nginx"})
    assert (foreign.tag, foreign.image_digest, foreign.bundle) == ("", "", "")


def test_the_current_revision_is_the_latest_whatever_became_of_it() -> None:
    history = [revision(1, "superseded", "v1"), revision(2, "failed", "v2")]
    assert current(history) == history[1]
    assert current([]) is None


def test_a_rollback_goes_to_the_last_one_that_served() -> None:
    history = [
        revision(1, "superseded", "v1"),
        revision(2, "superseded", "v2"),
        revision(3, "failed", "v3"),
        revision(4, "failed", "v4"),
    ]
    assert previous_good(history) == history[1]


def test_a_rollback_does_not_go_to_one_that_nobody_saw_serve() -> None:
    history = [
        revision(1, "superseded", "v1", "v1, bundle sha256:1"),
        revision(2, "superseded", "v2", f"v2, bundle sha256:2{UNDERWAY}"),
        revision(3, "deployed", "v3"),
    ]
    assert previous_good(history) == history[0]


def test_a_failed_revision_stays_bad_when_helm_calls_it_superseded() -> None:
    history = [
        revision(1, "superseded", "v1"),
        revision(2, "superseded", "v2", "rollout failed: container app exits with code 1"),
        revision(3, "deployed", "v3"),
    ]
    assert previous_good(history) == history[0]


def test_a_second_rollback_does_not_return_to_what_is_there_already() -> None:
    history = [
        revision(1, "superseded", "v1"),
        revision(2, "superseded", "v2"),
        revision(3, "superseded", "v3"),
        revision(4, "deployed", "v2"),  # after a rollback to 2
    ]
    assert previous_good(history) == history[2]


def test_a_first_revision_has_nothing_to_return_to() -> None:
    assert previous_good([revision(1, "deployed", "v1")]) is None
    assert previous_good([]) is None
