"""An AWS account that is moto, in this process."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.aws.cloud import ACCESS_KEY, SECRET_KEY


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def moto(keys: None) -> Iterator[None]:
    with mock_aws():
        yield
