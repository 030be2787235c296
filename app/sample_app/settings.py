"""What the environment asks of the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingRefused(Exception):
    """One line that names the variable, its value and what it may be."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f'{name} is "{value}": set it to {allowed}')


@dataclass(frozen=True, slots=True)
class Settings:
    host: str = "0.0.0.0"  # noqa: S104 - a pod is reached from outside itself
    port: int = 3000
    tag: str | None = None
    digest: str | None = None
    log_level: str = "info"
    drain_seconds: int = 10  # how long requests in flight may take after SIGTERM

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """An unset variable and an empty one mean the same. SettingRefused names the first that is wrong."""
        default = cls()
        return cls(
            host=environment.get("HOST") or default.host,
            port=_whole(environment, "PORT", default.port, highest=65535),
            tag=environment.get("APP_TAG") or None,
            digest=environment.get("APP_DIGEST") or None,
            log_level=_level(environment.get("LOG_LEVEL") or default.log_level),
            drain_seconds=_whole(environment, "DRAIN_SECONDS", default.drain_seconds, highest=3600),
        )


def _whole(environment: Mapping[str, str], name: str, default: int, *, highest: int) -> int:
    value = environment.get(name) or str(default)
    if value.isascii() and value.isdigit() and int(value) <= highest:
        return int(value)
    raise SettingRefused(name, value, f"a whole number from 0 to {highest}")


def _level(value: str) -> str:
    if value.lower() in LOG_LEVELS:
        return value.lower()
    raise SettingRefused("LOG_LEVEL", value, f"one of {', '.join(LOG_LEVELS)}")
