"""The time of day as Kubernetes objects and log lines write it."""

from datetime import UTC, datetime

from drydock.timestamps import timestamp


def now() -> str:
    """Whole seconds, as in metadata and status."""
    return timestamp(datetime.now(UTC))


def precise() -> str:
    """Microseconds, as log lines begin."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
