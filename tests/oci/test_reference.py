"""References, read and written."""

import pytest

from shipway.oci.errors import BadReference
from shipway.oci.reference import Address, Reference

DIGEST = f"sha256:{'ab' * 32}"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("ghcr.io/team/app", Reference("ghcr.io", "team/app")),
        ("ghcr.io/team/app:v1", Reference("ghcr.io", "team/app", "v1")),
        (f"ghcr.io/team/app@{DIGEST}", Reference("ghcr.io", "team/app", None, DIGEST)),
        (f"localhost:5001/app:v1@{DIGEST}", Reference("localhost:5001", "app", "v1", DIGEST)),
        ("localhost/app", Reference("localhost", "app")),
        ("[::1]:5001/app:v1", Reference("[::1]:5001", "app", "v1")),
    ],
)
def test_what_is_read_is_written_the_same(text: str, reference: Reference) -> None:
    assert Reference.parse(text) == reference
    assert str(reference) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "an empty reference has no registry host"),
        ("python:3.12", "python:3.12 has no registry host"),
        ("library/python:3.12", "library/python:3.12 has no registry host"),
        ("ghcr.io/Team/app", "ghcr.io/Team/app has a bad repository, Team/app"),
        ("ghcr.io/", "ghcr.io/ has a bad repository, "),
        ("ghcr.io/app:", "ghcr.io/app: has a bad tag, "),
        ("ghcr.io/app:-v", "ghcr.io/app:-v has a bad tag, -v"),
        ("ghcr.io/app@", "ghcr.io/app@ has a bad digest, "),
        ("ghcr.io/app@sha256:ab", "ghcr.io/app@sha256:ab has a bad digest, sha256:ab"),
        ("user@ghcr.io/app", "user@ghcr.io/app has no registry host"),
        ("gh cr.io/app", "gh cr.io/app has a bad registry host, gh cr.io"),
    ],
)
def test_what_is_no_reference_says_why(text: str, problem: str) -> None:
    with pytest.raises(BadReference) as caught:
        Reference.parse(text)
    assert (caught.value.problem, caught.value.exit_code) == (problem, 2)


def test_an_address_names_what_is_there() -> None:
    address = Address("ghcr.io", prefix="team")
    assert str(address.reference("app", digest=DIGEST)) == f"ghcr.io/team/app@{DIGEST}"
    assert (address.url, Address("localhost:5001", plain_http=True).url) == (
        "https://ghcr.io",
        "http://localhost:5001",
    )
