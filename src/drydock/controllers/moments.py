"""Reading times as Kubernetes writes them."""

from datetime import datetime


def moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def seconds_since(stamp: str, now: datetime) -> float:
    return (now - moment(stamp)).total_seconds()
