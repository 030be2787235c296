"""What is known of a bundle, as bytes and as an answer."""

from dataclasses import replace

from shipway.model.record import Kept, Kind, Record, latest, quarantines

RECORD = Record(
    kind="proven",
    bundle="sha256:b",
    at="2026-01-01T00:00:00+00:00",
    who="ann on laptop",
    run="20260101T000000-1",
    environment="prod",
    revision=3,
    test="app answers",
)


def kept(kind: Kind, digest: str, at: str = "1", lifts: tuple[str, ...] = ()) -> Kept:
    return Kept(digest, Record(kind, "b", at, "ann", "run", "prod", lifts=lifts))


def test_its_json_has_what_belongs_to_its_kind_alone() -> None:
    assert RECORD.to_json() == (
        b'{"at":"2026-01-01T00:00:00+00:00","bundle":"sha256:b","environment":"prod","kind":"proven",'
        b'"revision":3,"run":"20260101T000000-1","test":"app answers","who":"ann on laptop"}'
    )
    assert Record.from_json(RECORD.to_json()) == RECORD


def test_what_a_later_version_writes_is_passed_over() -> None:
    assert Record.from_json(RECORD.to_json().replace(b"proven", b"blessed")) is None
    assert Record.from_json(b"[" * 100_000) is None
    assert Record.from_json(b"") is None


def test_words_of_others_do_not_command_a_terminal() -> None:
    loud = replace(RECORD, who="ann\x1b[2J", reason="gone\r\nfine")
    found = Record.from_json(loud.to_json())
    assert found == replace(RECORD, who="ann\ufffd[2J", reason="gone\ufffd\ufffdfine")


def test_a_quarantine_lasts_until_it_is_lifted_by_name() -> None:
    first, second = kept("quarantined", "q1", "3"), kept("quarantined", "q2", "1")
    assert quarantines([first, second], "prod") == [first, second]
    assert quarantines([first, second], "staging") == []
    lifted = kept("forced", "f", "0", lifts=("q1",))  # by a clock that is late
    assert quarantines([lifted, first, second], "prod") == [second]
    assert quarantines([kept("approved", "a", lifts=("q1",)), first], "prod") == [first]


def test_the_latest_is_so_by_its_own_time() -> None:
    found = [kept("proven", "1", "2026-01-02"), kept("proven", "2", "2026-01-03")]
    assert latest(found, "proven", "prod") == found[1].record
    assert latest(found, "proven", "dev") is None
