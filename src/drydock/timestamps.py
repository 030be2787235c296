"""Times as Kubernetes writes them."""

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(stamp: str) -> datetime:
    """Raises ValueError for what is no time."""
    return datetime.fromisoformat(stamp)


def seconds_since(stamp: str, now: datetime) -> float:
    return (now - moment(stamp)).total_seconds()
