"""Durations as kubectl prints them."""

from datetime import datetime

from drydock.timestamps import moment, seconds_since


def since(time: str | None, now: datetime) -> str:
    """The age of a Kubernetes time; `<unknown>` where there is none."""
    if not time:
        return "<unknown>"
    return human(seconds_since(time, now))


def between(start: str, end: str) -> str:
    return human(seconds_since(start, moment(end)))


def human(duration: float) -> str:
    """Coarser the longer it is. Source: HumanDuration in k8s.io/apimachinery."""
    seconds = int(duration)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < -1:
        return "<invalid>"
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 365 * 2:
        return f"{days}d"
    if days < 365 * 8:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}" + (f"{small}{small_unit}" if small else "")
