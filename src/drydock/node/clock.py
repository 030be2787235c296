"""The time of day as Kubernetes objects and log lines write it."""

from datetime import UTC, datetime


def now() -> str:
    """Whole seconds, as in metadata and status."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise() -> str:
    """Microseconds, as log lines and events begin."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)
